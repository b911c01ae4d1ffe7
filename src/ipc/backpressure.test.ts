import { describe, expect, it, vi } from 'vitest';
import { pair, settled } from './testing/pair.ts';

const patient = { timeoutMs: 60_000 };
const kibibyte = 'x'.repeat(1024);

/** A host whose daemon does not read, with 64 KiB of queue: 16 for droppable events, 32 for requests. */
function unread() {
  const made = pair({ maxQueuedBytes: 64 * 1024 });
  made.host.start();
  return made;
}

function dropUntilFull(host: ReturnType<typeof unread>['host']): void {
  while (host.emit('log', kibibyte, { droppable: true }));
}

describe('a peer that does not read', () => {
  it('costs no more memory than the bound', async () => {
    const { host } = unread();
    for (let index = 0; index < 1000; index += 1) {
      host.emit('log', kibibyte, { droppable: true });
      void host.request('x', kibibyte, patient);
      expect(host.queuedBytes).toBeLessThanOrEqual(64 * 1024);
    }
    expect(host.queuedBytes).toBeGreaterThan(16 * 1024);
  });

  it('loses droppable events, which are counted, and gets the others in order once it reads', async () => {
    const { daemon, host } = unread();
    const seen: string[] = [];
    daemon.onEvent((name) => seen.push(name));
    host.emit('first');
    dropUntilFull(host);
    expect(host.droppedEvents).toBe(1);
    expect(host.queuedBytes).toBeLessThanOrEqual(16 * 1024);
    expect(host.emit('last')).toBe(true);
    daemon.start();
    await settled();
    expect(seen.at(0)).toBe('first');
    expect(seen.at(-1)).toBe('last');
    expect(host.emit('log', kibibyte, { droppable: true })).toBe(true);
  });

  it('gets no more requests and streams, and gets them again once it reads', async () => {
    const { daemon, host, clock } = unread();
    daemon.handle('x', () => 'fine');
    const asked = Array.from({ length: 40 }, () => host.request('x', kibibyte, patient));
    const outcomes = Promise.allSettled(asked);
    await expect(asked.at(-1)).rejects.toMatchObject({ code: 'IPC_FULL' });
    await expect(host.openStream(kibibyte).write(new Uint8Array(1))).rejects.toMatchObject({
      code: 'IPC_FULL',
    });
    daemon.start();
    const answered = (await outcomes).filter(({ status }) => status === 'fulfilled');
    expect(answered.length).toBeGreaterThan(25);
    expect(await host.request('x', {}, patient)).toBe('fine');
    expect(clock.armed).toBe(0);
  });

  it('cannot be closed by what may be dropped or refused', async () => {
    const { host } = unread();
    const closed = vi.fn();
    void host.closed.then(closed);
    for (let index = 0; index < 500; index += 1) {
      host.emit('log', kibibyte, { droppable: true });
      void host.request('x', kibibyte, patient);
    }
    expect(host.emit('state')).toBe(true);
    await settled();
    expect(closed).not.toHaveBeenCalled();
  });

  it('is given up when something that may not be lost no longer fits', async () => {
    const { host } = unread();
    const asked = host.request('x', {}, patient);
    while (host.emit('state', kibibyte));
    expect(await host.closed).toMatchObject({ kind: 'overflow', error: { code: 'IPC_FULL' } });
    await expect(asked).rejects.toThrow(/the daemon does not read: \d+ bytes wait/);
  });
});

describe('an ordinary peer', () => {
  it('may be sent more than the bound, for only what it has not read counts', async () => {
    const { daemon, host } = unread();
    const listener = vi.fn();
    daemon.onEvent(listener);
    daemon.start();
    for (let index = 0; index < 300; index += 1) {
      expect(host.emit('state', kibibyte)).toBe(true);
      if (index % 20 === 0) await settled();
    }
    await settled();
    expect(listener).toHaveBeenCalledTimes(300);
    expect(host.queuedBytes).toBe(0);
  });
});
