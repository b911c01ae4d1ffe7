import { describe, expect, it } from 'vitest';
import { RemoteError } from './errors.ts';
import { settled, startedPair } from './testing/pair.ts';

const patient = { timeoutMs: 60_000 };

describe('a request', () => {
  it('is answered with what the handler returns, both ways and out of order', async () => {
    const { daemon, host, clock } = startedPair();
    const slow = Promise.withResolvers<string>();
    host.handle('slow', () => slow.promise);
    host.handle('double', (params) => (params as number) * 2);
    daemon.handle('who', async () => ({ name: 'daemon' }));

    const late = daemon.request('slow', undefined, patient);
    expect(await daemon.request<number>('double', 21, patient)).toBe(42);
    expect(await host.request('who', null, patient)).toEqual({ name: 'daemon' });
    slow.resolve('at last');
    expect(await late).toBe('at last');
    expect(clock.armed).toBe(0);
  });

  it('may have no params and no result', async () => {
    const { daemon, host } = startedPair();
    host.handle('nothing', (params) => params);
    expect(await daemon.request('nothing', undefined, patient)).toBeUndefined();
  });

  it('fails with name, message and code of what the handler threw, and nothing else of it', async () => {
    const { daemon, host } = startedPair();
    host.handle('fail', () => {
      throw Object.assign(new TypeError('no such page'), { code: 'PAGE_GONE', secret: 'x' });
    });
    const error = await daemon.request('fail', {}, patient).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ remoteName: 'TypeError', message: 'no such page', code: 'PAGE_GONE' });
    expect(error).not.toHaveProperty('secret');
  });

  it('fails when the handler throws something that is no error, or cannot even be described', async () => {
    const { daemon, host } = startedPair();
    host.handle('string', () => Promise.reject('just words'));
    host.handle('hostile', () => Promise.reject(Object.create(null)));
    await expect(daemon.request('string', {}, patient)).rejects.toThrow('just words');
    await expect(daemon.request('hostile', {}, patient)).rejects.toThrow('cannot be described');
  });

  it('fails when nobody answers that method', async () => {
    const { daemon } = startedPair();
    await expect(daemon.request('toString', {}, patient)).rejects.toMatchObject({ code: 'IPC_NO_METHOD' });
  });

  it('fails at the asker when its params are no JSON or too large, and nothing is left behind', async () => {
    const { daemon, clock } = startedPair();
    await expect(daemon.request('x', 1n, patient)).rejects.toThrow(TypeError);
    await expect(daemon.request('x', 'a'.repeat(5_000_000), patient)).rejects.toMatchObject({
      code: 'IPC_TOO_LARGE',
    });
    expect([clock.armed, daemon.queuedBytes]).toEqual([0, 0]);
  });

  it('fails when its result is no JSON or too large', async () => {
    const { daemon, host } = startedPair();
    host.handle('bigint', () => 1n);
    host.handle('huge', () => 'a'.repeat(5_000_000));
    await expect(daemon.request('bigint', {}, patient)).rejects.toMatchObject({ remoteName: 'TypeError' });
    await expect(daemon.request('huge', {}, patient)).rejects.toMatchObject({ code: 'IPC_TOO_LARGE' });
  });

  it('is refused without a sensible deadline', async () => {
    const { daemon } = startedPair();
    for (const timeoutMs of [Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31]) {
      await expect(daemon.request('x', {}, { timeoutMs })).rejects.toThrow(RangeError);
    }
  });

  it('is refused as busy while the peer works on 1024 of them', async () => {
    const { daemon, host } = startedPair();
    const gate = Promise.withResolvers<void>();
    host.handle('wait', () => gate.promise);
    const asked = Array.from({ length: 1024 }, () => daemon.request('wait', {}, patient));
    await expect(daemon.request('wait', {}, patient)).rejects.toMatchObject({ code: 'IPC_BUSY' });
    gate.resolve();
    await Promise.all(asked);
  });
});

describe('a handler', () => {
  it('is one per method', () => {
    const { host } = startedPair();
    host.handle('probe', () => 1);
    expect(() => host.handle('probe', () => 2)).toThrow('"probe"');
  });
});

describe('giving up a request', () => {
  function withHungHandler() {
    const made = startedPair();
    const answer = Promise.withResolvers<string>();
    const signals: AbortSignal[] = [];
    made.host.handle('hang', (_, { signal }) => {
      signals.push(signal);
      return answer.promise;
    });
    return { ...made, answer, signals };
  }

  it('happens at the deadline, not before, and aborts the handler', async () => {
    const { daemon, clock, signals } = withHungHandler();
    const asked = daemon.request('hang', {}, { timeoutMs: 1000 });
    let outcome = 'pending';
    asked.catch(() => {
      outcome = 'rejected';
    });
    clock.advance(999);
    await settled();
    expect([outcome, signals[0]?.aborted]).toEqual(['pending', false]);
    clock.advance(1);
    await expect(asked).rejects.toMatchObject({
      code: 'IPC_TIMEOUT',
      message: expect.stringContaining('1000 ms'),
    });
    await settled();
    expect(signals[0]?.reason).toMatchObject({ code: 'IPC_CANCELLED' });
  });

  it('happens when its signal aborts, with the reason of the signal', async () => {
    const { daemon, clock, signals } = withHungHandler();
    const controller = new AbortController();
    const asked = daemon.request('hang', {}, { timeoutMs: 1000, signal: controller.signal });
    await settled();
    controller.abort(new Error('lease lost'));
    await expect(asked).rejects.toThrow('lease lost');
    await settled();
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.armed).toBe(0);
  });

  it('sends nothing when the signal was aborted before', async () => {
    const { daemon, signals } = withHungHandler();
    const asked = daemon.request(
      'hang',
      {},
      { timeoutMs: 1000, signal: AbortSignal.abort(new Error('too late')) },
    );
    await expect(asked).rejects.toThrow('too late');
    await settled();
    expect(signals).toHaveLength(0);
  });

  it('drops the answer that was already under way', async () => {
    const { daemon, host, answer, wires } = withHungHandler();
    const controller = new AbortController();
    const asked = daemon.request('hang', {}, { timeoutMs: 1000, signal: controller.signal });
    await settled();
    wires.daemon.pause();
    answer.resolve('too late');
    await settled();
    controller.abort(new Error('lease lost'));
    wires.daemon.resume();
    await expect(asked).rejects.toThrow('lease lost');
    host.handle('next', () => 'fine');
    expect(await daemon.request('next', {}, patient)).toBe('fine');
  });

  it('keeps the peer from sending an answer that nobody waits for', async () => {
    const { daemon, clock, answer, wires } = withHungHandler();
    const asked = daemon.request('hang', {}, { timeoutMs: 1000 });
    await settled();
    clock.advance(1000);
    await expect(asked).rejects.toMatchObject({ code: 'IPC_TIMEOUT' });
    await settled();
    const received: unknown[] = [];
    wires.daemon.on('data', (chunk) => received.push(chunk));
    answer.resolve('too late');
    await settled();
    expect(received).toEqual([]);
  });

  it('does not happen when the answer lay unread while this process was suspended', async () => {
    const { daemon, host, clock, wires } = startedPair();
    host.handle('probe', () => 'alive');
    // Stands for a suspension: the answer has arrived, and the timer is looked at before the socket.
    const asked = daemon.request('probe', {}, { timeoutMs: 1000 });
    wires.daemon.pause();
    await settled();
    clock.advance(90_000);
    const received: unknown[] = [];
    wires.host.on('data', (chunk) => received.push(chunk));
    wires.daemon.resume();
    expect(await asked).toBe('alive');
    await settled();
    expect(received).toEqual([]);
  });
});
