import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { TimedVault } from './timed-vault.ts';
import type { Vault } from './vault.ts';

const never = new AbortController().signal;
const source = { path: '/nowhere', bytes: 65_536 * 120, sha256: '' };

/** A vault that never answers, but for what is given. */
function silent(answers: Partial<Vault> = {}) {
  const signals: AbortSignal[] = [];
  const wait = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<never>(() => {});
  };
  const clock = new FakeClock();
  const vault = new TimedVault(
    {
      name: 'silent:vault',
      put: (_name, _source, signal) => wait(signal),
      get: (_name, signal) => wait(signal),
      stat: (_name, signal) => wait(signal),
      list: (_prefix, signal) => wait(signal),
      remove: (_name, signal) => wait(signal),
      check: (signal) => wait(signal),
      create: (signal) => wait(signal),
      ...answers,
    },
    clock,
  );
  return { vault, clock, signals };
}

const calls: readonly (readonly [string, number, (vault: Vault, signal: AbortSignal) => Promise<unknown>])[] =
  [
    ['get', 60_000, (vault, signal) => vault.get('x', signal)],
    ['stat', 60_000, (vault, signal) => vault.stat('x', signal)],
    ['list', 60_000, (vault, signal) => vault.list('', signal)],
    ['remove', 60_000, (vault, signal) => vault.remove('x', signal)],
    ['check', 60_000, (vault, signal) => vault.check(signal)],
    ['create', 60_000, (vault, signal) => vault.create(signal)],
    ['put, by its size,', 180_000, (vault, signal) => vault.put('x', source, signal)],
  ];

describe('a vault that does not answer', () => {
  it.each(calls)('is given up on in time by %s', async (_what, ms, call) => {
    const { vault, clock, signals } = silent();
    const answer = call(vault, never);
    const refused = expect(answer).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('silent:vault did not answer'),
    });
    await clock.advance(ms - 1);
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(1);
    await refused;
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it.each(calls)('is left at once by a %s that is called off', async (_what, _ms, call) => {
    const { vault, clock, signals } = silent();
    const stop = new AbortController();
    const answer = call(vault, stop.signal);
    stop.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('in the middle of a file is given up on as well', async () => {
    const stream = new PassThrough();
    const { vault, clock } = silent({ get: async () => stream });
    const reading = buffer(await vault.get('x', never));
    const refused = expect(reading).rejects.toMatchObject({ code: 'vault_unavailable' });
    for (let piece = 0; piece < 5; piece++) {
      stream.write('some');
      await settle();
      await clock.advance(59_999);
    }
    await clock.advance(1);
    await refused;
    expect(stream.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

it('passes on what a vault answers', async () => {
  const object = { name: 'x', bytes: 3, modifiedAt: '2026-01-01T00:00:00.000Z', problem: null };
  const { vault, clock } = silent({
    put: async () => {},
    get: async () => Readable.from([Buffer.from('a'), Buffer.from('bc')]),
    stat: async () => object,
    list: async () => [object],
    remove: async () => true,
  });
  expect(vault.name).toBe('silent:vault');
  await vault.put('x', source, never);
  expect(String(await buffer(await vault.get('x', never)))).toBe('abc');
  expect(await vault.stat('x', never)).toEqual(object);
  expect(await vault.list('', never)).toEqual([object]);
  expect(await vault.remove('x', never)).toBe(true);
  expect(clock.pending).toBe(0);
});

it('passes on what a vault refuses, and a stream that breaks off', async () => {
  const { vault } = silent({
    stat: async () => {
      throw new Error('refused');
    },
    get: async () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('some');
          throw new Error('broken');
        })(),
      ),
  });
  await expect(vault.stat('x', never)).rejects.toThrow('refused');
  await expect(buffer(await vault.get('x', never))).rejects.toThrow('broken');
});
