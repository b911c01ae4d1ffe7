import { describe, expect, it, vi } from 'vitest';
import { ChannelClosedError } from './errors.ts';
import { encodeFrame } from './framing.ts';
import type { IncomingStream } from './incoming-stream.ts';
import { encodeMessage } from './messages.ts';
import { pair, settled, startedPair } from './testing/pair.ts';

const patient = { timeoutMs: 60_000 };

describe('a closed channel', () => {
  it('rejects what was pending and aborts what was running, on both sides', async () => {
    const { daemon, host, clock } = startedPair();
    const signals: AbortSignal[] = [];
    host.handle('hang', (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    daemon.handle('hang', () => new Promise(() => {}));
    const asked = daemon.request('hang', {}, patient);
    const askedBack = host.request('hang', {}, patient);
    await settled();

    daemon.close();

    await expect(asked).rejects.toMatchObject({ code: 'IPC_CLOSED', reason: { kind: 'closed' } });
    await expect(asked).rejects.toThrow('The channel to host sales is closed: this side closed it.');
    await expect(askedBack).rejects.toMatchObject({ reason: { kind: 'ended' } });
    expect(signals[0]?.reason).toBeInstanceOf(ChannelClosedError);
    expect(await daemon.closed).toEqual({ kind: 'closed' });
    expect(await host.closed).toEqual({ kind: 'ended' });
    expect(clock.armed).toBe(0);
  });

  it('resolves closed only after everything pending was rejected', async () => {
    const { daemon, host } = startedPair();
    host.handle('hang', () => new Promise(() => {}));
    const order: string[] = [];
    daemon.request('hang', {}, patient).catch(() => order.push('rejected'));
    void daemon.closed.then(() => order.push('closed'));
    daemon.close();
    await settled();
    expect(order).toEqual(['rejected', 'closed']);
  });

  it('refuses every later call at once, whatever it is', async () => {
    const { daemon } = startedPair();
    daemon.close();
    await expect(daemon.request('x', {}, patient)).rejects.toBeInstanceOf(ChannelClosedError);
    expect(daemon.emit('x')).toBe(false);
    const stream = daemon.openStream({});
    await expect(stream.write(new Uint8Array(1))).rejects.toBeInstanceOf(ChannelClosedError);
    await expect(stream.end()).rejects.toBeInstanceOf(ChannelClosedError);
    await daemon.drained();
    await daemon.end({ timeoutMs: 0 });
  });

  it('closes for a socket that fails, or was dead before the start', async () => {
    const failing = startedPair();
    failing.wires.daemon.destroy(new Error('read ECONNRESET'));
    expect(await failing.daemon.closed).toMatchObject({
      kind: 'failed',
      error: { message: 'read ECONNRESET' },
    });

    const dead = pair();
    dead.wires.daemon.destroy();
    await settled();
    dead.daemon.start();
    expect(await dead.daemon.closed).toEqual({ kind: 'ended' });
  });

  it.each([
    ['a frame that is too large', Buffer.from([255, 255, 255, 255, 1])],
    ['an unknown kind', encodeFrame(99, [])],
    ['something that is no JSON', encodeFrame(1, [Buffer.from('{')])],
    ['a request without a method', encodeFrame(1, [Buffer.from('{"id":1}')])],
    ['a chunk of a stream that was never opened', encodeFrame(7, [Buffer.from([0, 0, 0, 1, 42])])],
  ])('closes for %s', async (_, bytes) => {
    const { daemon, wires } = pair();
    daemon.start();
    wires.host.write(bytes);
    expect(await daemon.closed).toMatchObject({ kind: 'protocol', error: { code: 'IPC_PROTOCOL' } });
  });

  it('hears nothing more from the moment it is closed', async () => {
    const { daemon, wires } = pair();
    const seen: string[] = [];
    daemon.onEvent((name) => {
      seen.push(name);
      daemon.close();
    });
    daemon.start();
    const events = ['first', 'second'].map((name) => encodeMessage({ kind: 'event', name }));
    wires.host.write(Buffer.concat(events));
    await settled();
    expect(seen).toEqual(['first']);
  });

  it('handles nothing that came after the nonsense', async () => {
    const { daemon, wires } = pair();
    const listener = vi.fn();
    daemon.onEvent(listener);
    daemon.start();
    wires.host.write(Buffer.concat([encodeFrame(99, []), encodeFrame(5, [Buffer.from('{"name":"late"}')])]));
    await daemon.closed;
    await settled();
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('ending a channel', () => {
  it('delivers what was queued, and only then closes', async () => {
    const { daemon, host } = startedPair();
    const seen: string[] = [];
    daemon.onEvent((name) => seen.push(name));
    for (let index = 0; index < 50; index += 1) host.emit(`event ${index}`, 'x'.repeat(20_000));
    const ended = host.end({ timeoutMs: 1000 });
    expect(host.emit('too late')).toBe(false);
    await expect(host.request('too late', {}, patient)).rejects.toBeInstanceOf(ChannelClosedError);
    await ended;
    expect(await daemon.closed).toEqual({ kind: 'ended' });
    expect([seen.length, seen.at(-1)]).toEqual([50, 'event 49']);
  });

  it('still delivers the answer of a handler that ends it, when that is queued first', async () => {
    const { daemon, host } = startedPair();
    host.handle('stop', () => {
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => void host.end({ timeoutMs: 1000 }))));
      return 'stopping';
    });
    expect(await daemon.request('stop', {}, patient)).toBe('stopping');
    expect(await host.closed).toEqual({ kind: 'closed' });
  });

  it('does not wait longer than its deadline for a peer that does not read', async () => {
    const { host, clock } = pair();
    host.start();
    for (let index = 0; index < 10; index += 1) host.emit('event', 'x'.repeat(100_000));
    const ended = host.end({ timeoutMs: 1000 });
    await settled();
    clock.advance(1000);
    await ended;
    expect(await host.closed).toEqual({ kind: 'closed' });
    expect(clock.armed).toBe(0);
  });

  it('cuts off a stream that has not ended; credit that it gets meanwhile does not cut the rest short', async () => {
    const { daemon, host, wires } = startedPair();
    const opened = Promise.withResolvers<IncomingStream>();
    daemon.onStream((_, incoming) => opened.resolve(incoming));
    const written = host.openStream({}).write(new Uint8Array(10_000_000));
    const incoming = await opened.promise;
    await settled();
    wires.daemon.pause();
    const ended = host.end({ timeoutMs: 1000 });
    const closed = vi.fn();
    void host.closed.then(closed);
    for (let taken = 0; taken < 4; taken += 1) await incoming.next();
    await settled();
    expect(closed).not.toHaveBeenCalled();
    wires.daemon.resume();
    await ended;
    expect(await host.closed).toEqual({ kind: 'closed' });
    await expect(written).rejects.toBeInstanceOf(ChannelClosedError);
  });
});
