import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { type ErrorCode, VigilError } from '../errors.ts';
import { CircuitVault } from './circuit-vault.ts';
import { RetryingVault } from './retrying-vault.ts';
import { steadyVault } from './steady-vault.ts';
import { ThrottledVault } from './throttled-vault.ts';
import type { Vault } from './vault.ts';

const never = new AbortController().signal;
const source = { path: '/nowhere', bytes: 10, sha256: '' };
const failure = (code: ErrorCode, words = 'It is far away.') => new VigilError(code, words);
const away = failure('vault_unavailable');

/** Answers each call with the next of what is scripted for it; an error is thrown, and what is last stays. */
function scripted(script: Partial<Record<keyof Vault, readonly unknown[]>> = {}) {
  const asked: string[] = [];
  const answer = (call: keyof Vault) => async () => {
    const answers = script[call] ?? [undefined];
    const one = answers[Math.min(asked.filter((each) => each === call).length, answers.length - 1)];
    asked.push(call);
    if (one instanceof Error) throw one;
    return (typeof one === 'function' ? one() : one) as never;
  };
  const vault: Vault = {
    name: 'far:vault',
    put: answer('put'),
    get: answer('get'),
    stat: answer('stat'),
    list: answer('list'),
    remove: answer('remove'),
    check: answer('check'),
    create: answer('create'),
  };
  return { vault, asked, clock: new FakeClock() };
}

/** Half of the longest pause each time: 0.5, 1, 2 and 4 s. */
const half = () => 0.5;

async function* pieces(texts: readonly string[], end?: Error) {
  for (const text of texts) yield Buffer.from(text);
  if (end) throw end;
}
const stream = (texts: readonly string[], end?: Error) =>
  Readable.from(pieces(texts, end), { objectMode: false });

describe('what a vault could not answer', () => {
  function retrying(script: Parameters<typeof scripted>[0], random = half) {
    const { vault, asked, clock } = scripted(script);
    return { vault: new RetryingVault(vault, { clock, random }), asked, clock };
  }

  it('is asked again after pauses that grow, and nobody hears of it', async () => {
    const { vault, asked, clock } = retrying({ list: [away, away, away, []] });
    const listing = vault.list('', never);
    for (const [pause, times] of [
      [500, 1],
      [1_000, 2],
      [2_000, 3],
    ] as const) {
      await clock.advance(pause - 1);
      expect(asked).toHaveLength(times);
      await clock.advance(1);
    }
    expect(await listing).toEqual([]);
    expect(asked).toHaveLength(4);
  });

  it('is left to chance, from at once to the whole pause', async () => {
    for (const [chance, ms] of [
      [0, 0],
      [0.999, 999],
    ] as const) {
      const { vault, asked, clock } = retrying({ list: [away, []] }, () => chance);
      const listing = vault.list('', never);
      await clock.advance(ms);
      expect(await listing).toEqual([]);
      expect(asked).toHaveLength(2);
    }
  });

  it('is asked five times and no more', async () => {
    const { vault, asked, clock } = retrying({ put: [away] });
    const refused = expect(vault.put('x', source, never)).rejects.toBe(away);
    await clock.advance(60_000);
    await refused;
    expect(asked).toHaveLength(5);
    expect(clock.pending).toBe(0);
  });

  it('is not asked for longer than two minutes', async () => {
    const { vault, clock } = scripted();
    let asked = 0;
    const slow = alteredVault(vault, {
      list: async () => {
        asked++;
        await clock.sleep(60_000);
        throw away;
      },
    });
    const refused = expect(new RetryingVault(slow, { clock, random: half }).list('', never)).rejects.toBe(
      away,
    );
    await clock.advance(600_000);
    await refused;
    expect(asked).toBe(2);
  });

  it.each(['vault_refused', 'backup_not_found', 'disk_full', 'internal'] as const)(
    'is asked once where the answer is %s',
    async (code) => {
      const error = failure(code);
      const { vault, asked } = retrying({ stat: [error] });
      await expect(vault.stat('x', never)).rejects.toBe(error);
      expect(asked).toHaveLength(1);
    },
  );

  it('is not asked any more by one who goes away', async () => {
    const { vault, asked, clock } = retrying({ list: [away] });
    const stop = new AbortController();
    const refused = expect(vault.list('', stop.signal)).rejects.toThrow('enough');
    await settle();
    stop.abort(new Error('enough'));
    await refused;
    await clock.advance(60_000);
    expect(asked).toHaveLength(1);
  });

  it('may have been removed the first time', async () => {
    const { vault, clock } = retrying({ remove: [away, false] });
    const removing = vault.remove('x', never);
    await clock.advance(1_000);
    expect(await removing).toBe(true);
    expect(await retrying({ remove: [false] }).vault.remove('x', never)).toBe(false);
  });

  it('is read on where it broke off', async () => {
    const { vault, asked, clock } = retrying({
      get: [
        away,
        () => stream(['one ', 'tw'], away),
        () => stream(['on'], away),
        () => stream(['one two ', 'three']),
      ],
    });
    const reading = vault.get('x', never).then(buffer);
    await clock.advance(60_000);
    expect(String(await reading)).toBe('one two three');
    expect(asked).toHaveLength(4);
  });

  it('is no shorter the second time', async () => {
    const { vault, clock } = retrying({ get: [() => stream(['one two'], away), () => stream(['one'])] });
    const refused = expect(vault.get('x', never).then(buffer)).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('gave back less'),
    });
    await clock.advance(60_000);
    await refused;
  });

  it('breaks off for its reader too when it does so each time, or for good', async () => {
    const bad = failure('vault_refused');
    for (const [end, times] of [
      [away, 5],
      [bad, 1],
    ] as const) {
      const { vault, asked, clock } = retrying({ get: [() => stream(['one'], end)] });
      const refused = expect(vault.get('x', never).then(buffer)).rejects.toBe(end);
      await clock.advance(60_000);
      await refused;
      expect(asked).toHaveLength(times);
    }
  });

  it('is let go of when its reader leaves, even in a pause', async () => {
    const below = stream(['one'], away);
    const { vault, clock } = retrying({ get: [() => below] });
    const reading = await vault.get('x', never);
    reading.resume();
    await settle();
    expect(clock.pending).toBe(1);
    reading.destroy();
    await settle();
    expect(below.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe('what is under way with a vault', () => {
  function throttled() {
    const { vault, clock } = scripted();
    const open: PassThrough[] = [];
    const waiting: (() => void)[] = [];
    let most = 0;
    const hold = () =>
      new Promise<never>((resolve) => {
        waiting.push(() => resolve(undefined as never));
        most = Math.max(most, waiting.length);
      });
    const held = alteredVault(vault, {
      put: hold,
      list: hold,
      get: async () => {
        const one = new PassThrough();
        open.push(one);
        return one;
      },
    });
    return {
      vault: new ThrottledVault(held, clock),
      clock,
      open,
      waiting,
      async endAll() {
        for (; waiting.length > 0; await settle()) waiting.shift()?.();
      },
      get most() {
        return most;
      },
    };
  }

  it('are four uploads at most, in the order in which they came; questions need not wait for them', async () => {
    const world = throttled();
    const puts = Array.from({ length: 10 }, (_, i) => world.vault.put(String(i), source, never));
    await settle();
    expect(world.waiting).toHaveLength(4);
    const listing = world.vault.list('', never);
    await settle();
    expect(world.waiting).toHaveLength(5);
    await world.endAll();
    await Promise.all([...puts, listing]);
    expect(world.most).toBe(5);
  });

  it('leaves the queue with the signal, and a place that was given up is another’s', async () => {
    const { vault, waiting, endAll } = throttled();
    const first = Array.from({ length: 4 }, () => vault.put('x', source, never));
    const stop = new AbortController();
    const gone = expect(vault.put('x', source, stop.signal)).rejects.toThrow('enough');
    const last = vault.put('x', source, never);
    stop.abort(new Error('enough'));
    await gone;
    waiting.shift()?.();
    await settle();
    expect(waiting).toHaveLength(4);
    await endAll();
    await Promise.all([...first, last]);
  });

  it('are eight downloads at most until their streams end, and a minute of waiting', async () => {
    const { vault, clock, open } = throttled();
    const gets = Array.from({ length: 10 }, (_, i) => vault.get(String(i), never));
    await settle();
    expect(open).toHaveLength(8);
    open[0]?.destroy();
    await settle();
    expect(open).toHaveLength(9);
    // A reader that never ends must keep nobody from a restore.
    await clock.advance(60_000);
    expect(open).toHaveLength(10);
    for (const one of open) one.destroy();
    await Promise.all(gets);
    expect(clock.pending).toBe(0);
  });
});

describe('a vault that is away', () => {
  function circuit(script: Parameters<typeof scripted>[0]) {
    const { vault, asked, clock } = scripted(script);
    return { vault: new CircuitVault(vault, clock), asked, clock };
  }
  const fail = async (vault: Vault, times: number) => {
    for (let time = 0; time < times; time++)
      await expect(vault.list('', never)).rejects.toMatchObject({ code: 'vault_unavailable' });
  };

  it('is not asked any more after five failures, and says so', async () => {
    const { vault, asked } = circuit({ list: [away] });
    await fail(vault, 5);
    await expect(vault.stat('x', never)).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringMatching(/far:vault has not answered.* in 15 s.*It is far away/),
    });
    expect(asked).toEqual(Array(5).fill('list'));
  });

  it('is looked at after a while by one of those who ask, and goes on when it is back', async () => {
    const { vault, asked, clock } = circuit({ list: [...Array(5).fill(away), []] });
    await fail(vault, 5);
    await clock.advance(15_000);
    const both = await Promise.allSettled([vault.list('', never), vault.list('', never)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(asked.slice(5)).toEqual(['check', 'list']);
    expect(await vault.list('', never)).toEqual([]);
  });

  it('rests twice as long after each look in vain, up to five minutes', async () => {
    const { vault, asked, clock } = circuit({ list: [away], check: [away] });
    await fail(vault, 5);
    for (const seconds of [15, 30, 60, 120, 240, 300, 300]) {
      await clock.advance(seconds * 1_000 - 1);
      const before = asked.length;
      await fail(vault, 1);
      expect(asked).toHaveLength(before);
      await clock.advance(1);
      await fail(vault, 1);
      expect(asked).toHaveLength(before + 1);
    }
  });

  it('answers where it refuses: only silence counts, and nobody who goes away', async () => {
    const refusal = failure('vault_refused');
    const { vault, asked } = circuit({ list: [away, away, away, away, refusal, away] });
    await fail(vault, 4);
    await expect(vault.list('', never)).rejects.toBe(refusal);
    await fail(vault, 4);
    const gone = AbortSignal.abort(new Error('enough'));
    await expect(vault.list('', gone)).rejects.toThrow('enough');
    await fail(vault, 1);
    expect(asked).toHaveLength(10);
  });

  it('is always asked when somebody asks whether it is there', async () => {
    const { vault, clock } = circuit({ list: [...Array(5).fill(away), []], check: [undefined] });
    await fail(vault, 5);
    await vault.check(never);
    expect(await vault.list('', never)).toEqual([]);
    expect(clock.now()).toBe(new FakeClock().now());
  });

  it('keeps a hundred who ask at once from waiting for it one by one', async () => {
    const { vault, clock, asked } = scripted();
    const hanging = alteredVault(vault, {
      list: () => {
        asked.push('list');
        return new Promise<never>(() => {});
      },
    });
    const steady = steadyVault(hanging, { clock, random: half });
    let told = 0;
    for (let each = 0; each < 100; each++) steady.list('', never).catch(() => told++);
    await clock.advance(61_000);
    expect(told).toBeGreaterThan(90);
    await clock.advance(60_000);
    expect(told).toBe(100);
    // Those who were let in at the same time, and the few who came before it was known.
    expect(asked.length).toBeLessThanOrEqual(20);
  });
});
