import { describe, expect, it, vi } from 'vitest';
import { pair, settled, startedPair } from './testing/pair.ts';

const patient = { timeoutMs: 60_000 };

describe('events', () => {
  it('reach every listener in the order in which they were emitted', async () => {
    const { daemon, host } = startedPair();
    const seen: unknown[] = [];
    daemon.onEvent((name, data) => seen.push([name, data]));
    daemon.onEvent((name) => seen.push(name));
    host.emit('qr', { code: 'x' });
    host.emit('ready');
    await settled();
    expect(seen).toEqual([['qr', { code: 'x' }], 'qr', ['ready', undefined], 'ready']);
  });

  it('keep their place among requests', async () => {
    const { daemon, host } = startedPair();
    const seen: string[] = [];
    daemon.onEvent((name) => seen.push(name));
    daemon.handle('ask', () => seen.push('ask'));
    host.emit('before');
    const asked = host.request('ask', {}, patient);
    host.emit('after');
    await asked;
    expect(seen).toEqual(['before', 'ask', 'after']);
  });

  it('no longer reach a listener that left', async () => {
    const { daemon, host } = startedPair();
    const listener = vi.fn();
    const leave = daemon.onEvent(listener);
    leave();
    host.emit('ready');
    await settled();
    expect(listener).not.toHaveBeenCalled();
  });

  it('survive listeners that throw or reject, which are reported', async () => {
    const faults: unknown[] = [];
    const { daemon, host } = startedPair({
      reportFault: (fault) => {
        faults.push(fault);
        throw new Error('the reporter throws too');
      },
    });
    const listener = vi.fn();
    daemon.onEvent(() => {
      throw new Error('sync');
    });
    daemon.onEvent(async () => {
      throw new Error('async');
    });
    daemon.onEvent(listener);
    host.emit('ready');
    await settled();
    expect(faults).toEqual([new Error('sync'), new Error('async')]);
    expect(listener).toHaveBeenCalledOnce();
  });

  it('that are no JSON throw at the emitter, unless they may be dropped', () => {
    const { host } = startedPair();
    expect(() => host.emit('bad', 1n)).toThrow(TypeError);
    expect(host.emit('bad', 1n, { droppable: true })).toBe(false);
    expect(host.droppedEvents).toBe(1);
  });
});

describe('nothing starts', () => {
  it('before start: what was sent waits', async () => {
    const { daemon, host } = pair();
    const listener = vi.fn();
    daemon.onEvent(listener);
    daemon.start();
    host.emit('ready');
    await settled();
    expect(listener).not.toHaveBeenCalled();
    host.start();
    await settled();
    expect(listener).toHaveBeenCalledOnce();
  });
});

describe('drained', () => {
  it('resolves after what had arrived was handled', async () => {
    const { daemon, host, wires } = startedPair();
    const seen: string[] = [];
    daemon.onEvent((name) => seen.push(name));
    wires.daemon.pause();
    host.emit('extend the deadline');
    await settled();
    expect(seen).toEqual([]);
    wires.daemon.resume();
    await daemon.drained();
    expect(seen).toEqual(['extend the deadline']);
  });

  it('does not wait for ever for a peer that never pauses', async () => {
    const { daemon, host } = startedPair();
    let sending = true;
    const keepSending = () => {
      if (!sending) return;
      host.emit('noise');
      setImmediate(keepSending);
    };
    keepSending();
    await daemon.drained();
    sending = false;
  });
});
