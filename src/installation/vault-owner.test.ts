import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { inMemory, type SharedCall, SharedVault } from '../../test/doubles/shared-vault.ts';
import type { Vault } from '../backup/vault.ts';
import { VigilError } from '../errors.ts';
import { owners } from './owner-record.ts';
import type { Standing } from './standing.ts';
import { VaultOwner } from './vault-owner.ts';

const never = new AbortController().signal;
const hour = 3_600_000;
const minute = 60_000;

interface Party {
  readonly owner: VaultOwner;
  readonly clock: FakeClock;
  readonly standings: Standing[];
  /** `owner`, an error's code, or null while nothing was said. */
  readonly stands: () => string | null;
}

function party(
  vault: Vault,
  { installation = 'a', run = '1', clock = new FakeClock(), random = 0.5 } = {},
): Party {
  const standings: Standing[] = [];
  const owner = new VaultOwner({
    vault,
    self: { installation: installation.repeat(32), run: run.repeat(12), host: `host-${installation}${run}` },
    clock,
    random: () => random,
    staged: inMemory,
    onStanding: (standing) => standings.push(standing),
  });
  onTestFinished(() => owner.stop());
  const stands = () => {
    const last = standings.at(-1);
    return last === undefined ? null : last.owner ? 'owner' : last.error.code;
  };
  return { owner, clock, standings, stands };
}

/** Time passes for the vault and for everybody alike. */
async function pass(shared: SharedVault, ms: number, ...parties: Party[]): Promise<void> {
  shared.now += ms;
  for (const { clock } of parties) await clock.advance(ms);
  await settle();
}

const owned = { code: 'vault_owned' };

describe('a vault', () => {
  it('belongs to who asks first, and says so in one object', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    expect(a.stands()).toBe('owner');
    expect(shared.read(owners)).toMatchObject([{ phase: 'owner', host: 'host-a1', turn: 1 }]);
  });

  it('is refused to a second installation, which is told whose it is and leaves nothing', async () => {
    const shared = new SharedVault();
    await party(shared.as()).owner.require(never);
    shared.now += 10 * minute;
    const b = party(shared.as(), { installation: 'b' });
    await expect(b.owner.require(never)).rejects.toMatchObject({
      ...owned,
      message: expect.stringMatching(/aaaa.*host-a1.*2026-06-01T00:00:00/),
      remedy: expect.stringContaining('--take-over'),
      details: { host: 'host-a1', kind: 'owner' },
    });
    expect(shared.read(owners)).toMatchObject([{ host: 'host-a1' }]);
  });

  it('is renewed every hour, one object at a time', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    a.owner.keep();
    const [first] = shared.objects.keys();
    for (let passed = 0; passed < 30; passed++) {
      await pass(shared, hour, a);
      await expect.poll(() => [...shared.objects.values()].map(({ at }) => at)).toEqual([shared.now]);
    }
    expect([...shared.objects.keys()]).not.toContain(first);
    const b = party(shared.as(), { installation: 'b' });
    await expect(b.owner.require(never)).rejects.toMatchObject(owned);
  });

  it.each([
    ['23 h 59 min', 24 * hour - minute, 'vault_owned'],
    ['more than 24 h', 24 * hour + 1, 'owner'],
  ])('whose owner has been silent for %s is %#', async (_what, silence, stands) => {
    const shared = new SharedVault();
    await party(shared.as()).owner.require(never);
    shared.now += silence;
    const b = party(shared.as(), { installation: 'b' });
    await b.owner.require(never).catch(() => {});
    expect(b.stands()).toBe(stands);
  });

  it.each([
    ['years behind', Date.UTC(2001, 0, 1)],
    ['years ahead', Date.UTC(2090, 0, 1)],
  ])('goes by its own clock: one machine that is %s is refused all the same', async (_what, epoch) => {
    const shared = new SharedVault();
    await party(shared.as()).owner.require(never);
    shared.now += hour;
    const b = party(shared.as(), { installation: 'b', clock: new FakeClock(epoch) });
    await expect(b.owner.require(never)).rejects.toMatchObject(owned);
    const again = party(shared.as(), { run: '2', clock: new FakeClock(epoch) });
    await again.owner.require(never);
    expect(again.stands()).toBe('owner');
  });

  it('comes to a second installation by itself once the first has been silent for a day', async () => {
    const shared = new SharedVault();
    await party(shared.as()).owner.require(never);
    const b = party(shared.as(), { installation: 'b' });
    await expect(b.owner.require(never)).rejects.toMatchObject(owned);
    b.owner.keep();
    for (let passed = 0; passed < 26; passed++) await pass(shared, hour, b);
    await expect.poll(b.stands).toBe('owner');
  });

  it('counts a record that nobody can read as its owner’s', async () => {
    const shared = new SharedVault();
    const name = `${owners}20260601T000000Z-${'c'.repeat(32)}-${'1'.repeat(12)}.json`;
    shared.objects.set(name, { bytes: Buffer.from('{"version":2}'), at: shared.now });
    shared.objects.set(`${owners}notes.txt`, { bytes: Buffer.from('mine'), at: shared.now });
    await expect(party(shared.as()).owner.require(never)).rejects.toMatchObject(owned);
  });

  it('does not miss an owner that renews while it is looked at', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    a.owner.keep();
    let renewed = false;
    const b = party(
      shared.as(async (call) => {
        if (call !== 'get' || renewed) return;
        renewed = true;
        await pass(shared, hour, a);
        await expect.poll(() => [...shared.objects.values()].some(({ at }) => at === shared.now)).toBe(true);
        await settle();
      }),
      { installation: 'b' },
    );
    await expect(b.owner.require(never)).rejects.toMatchObject(owned);
    expect(renewed).toBe(true);
  });
});

describe('the owner', () => {
  it('goes on after a restart, and clears away what the run before left', async () => {
    const shared = new SharedVault();
    await party(shared.as()).owner.require(never);
    shared.now += minute;
    const again = party(shared.as(), { run: '2' });
    await again.owner.require(never);
    expect(shared.read(owners)).toMatchObject([{ host: 'host-a2', turn: 1 }]);
  });

  it('looks at most once a minute, however much is written', async () => {
    const shared = new SharedVault();
    let lists = 0;
    const a = party(
      shared.as(async (call) => {
        if (call === 'list') lists++;
      }),
    );
    for (let writes = 0; writes < 100; writes++) await a.owner.require(never);
    expect(lists).toBe(2);
    await pass(shared, 2 * minute, a);
    await a.owner.require(never);
    expect(lists).toBe(3);
  });

  it('is told at its next write that a person gave the vault to another, and does not get it back by a restart', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    shared.now += minute;
    const b = party(shared.as(), { installation: 'b' });
    await b.owner.takeOver(never);
    expect(b.stands()).toBe('owner');
    await pass(shared, 2 * minute, a, b);
    await expect(a.owner.require(never)).rejects.toMatchObject(owned);
    expect(a.stands()).toBe('vault_owned');
    await b.owner.require(never);
    const restarted = party(shared.as(), { run: '2' });
    await expect(restarted.owner.require(never)).rejects.toMatchObject({
      ...owned,
      details: { host: 'host-b1' },
    });
  });

  it('may take it back by the same word', async () => {
    const shared = new SharedVault();
    const [a, b] = [party(shared.as()), party(shared.as(), { installation: 'b' })];
    await a.owner.require(never);
    await b.owner.takeOver(never);
    await pass(shared, 2 * minute, a, b);
    await a.owner.takeOver(never);
    await pass(shared, 2 * minute, a, b);
    await a.owner.require(never);
    await expect(b.owner.require(never)).rejects.toMatchObject(owned);
  });

  it('that slept for two days finds that it has lost the vault meanwhile', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    shared.now += 48 * hour;
    const b = party(shared.as(), { installation: 'b' });
    await b.owner.require(never);
    await a.clock.advance(48 * hour);
    await expect(a.owner.require(never)).rejects.toMatchObject(owned);
    await pass(shared, 2 * minute, b);
    await b.owner.require(never);
  });

  it('notices that a copy of its volume writes as well, and stops; the two do not take it from each other in turns', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    a.owner.keep();
    shared.now += minute;
    const copy = party(shared.as(), { run: '2' });
    await copy.owner.require(never);
    copy.owner.keep();
    for (let passed = 0; passed < 5; passed++) {
      await pass(shared, hour, a, copy);
      await expect.poll(a.stands).toBe('vault_owned');
      expect(copy.stands()).toBe('owner');
    }
    await expect(a.owner.require(never)).rejects.toMatchObject({
      details: { kind: 'copy', host: 'host-a2' },
      message: expect.stringContaining('copy of this volume'),
    });
  });

  it('says that it lost the vault beyond doubt to another at once, and to a copy only when that one renews', async () => {
    const shared = new SharedVault();
    const a = party(shared.as());
    await a.owner.require(never);
    shared.now += minute;
    const copy = party(shared.as(), { run: '2' });
    await copy.owner.require(never);
    await expect(a.owner.renew(never)).rejects.toMatchObject(owned);
    expect(a.standings.at(-1)).toMatchObject({ owner: false, by: null });
    // What is only a late word of a run that is dead stays the only one.
    await expect(a.owner.renew(never)).rejects.toMatchObject(owned);
    expect(a.standings.at(-1)).toMatchObject({ owner: false, by: null });
    await pass(shared, hour, a, copy);
    await copy.owner.renew(never);
    await expect(a.owner.renew(never)).rejects.toMatchObject(owned);
    expect(a.standings.at(-1)).toMatchObject({ owner: false, by: { kind: 'copy' } });
    const b = party(shared.as(), { installation: 'b' });
    await b.owner.takeOver(never);
    await pass(shared, hour, copy, b);
    await expect(copy.owner.renew(never)).rejects.toMatchObject(owned);
    expect(copy.standings.at(-1)).toMatchObject({ owner: false, by: { kind: 'owner' } });
  });

  it('claims anew what another had while it was out of reach, so that the other one finds itself below', async () => {
    const shared = new SharedVault();
    let down = false;
    const a = party(
      shared.as(async () => {
        if (down) throw new VigilError('vault_unavailable', 'down');
      }),
    );
    await a.owner.require(never);
    down = true;
    const b = party(shared.as(), { installation: 'b' });
    await pass(shared, 25 * hour, a, b);
    await b.owner.require(never);
    await pass(shared, 25 * hour, a, b);
    down = false;
    await a.owner.renew(never);
    expect(a.stands()).toBe('owner');
    await expect(b.owner.renew(never)).rejects.toMatchObject(owned);
    await pass(shared, hour, a, b);
    await a.owner.renew(never);
    expect([a.stands(), b.stands()]).toEqual(['owner', 'vault_owned']);
  });

  it('writes nothing while the vault cannot be asked, and goes on when it answers', async () => {
    const shared = new SharedVault();
    let down = false;
    const a = party(
      shared.as(async () => {
        if (down) throw new VigilError('vault_unavailable', 'down');
      }),
    );
    await a.owner.require(never);
    down = true;
    await pass(shared, 5 * hour, a);
    await expect(a.owner.require(never)).rejects.toMatchObject({ code: 'vault_unavailable' });
    down = false;
    await a.owner.require(never);
    expect(a.stands()).toBe('owner');
  });
});

describe('a claim that dies', () => {
  const calls: readonly SharedCall[] = ['put', 'list', 'get', 'remove'];

  it.each([0, 1, 2, 3, 4, 5, 6])('after %d calls keeps nobody from the vault for good', async (left) => {
    const shared = new SharedVault();
    let calls = 0;
    const a = party(
      shared.as(async () => {
        if (calls++ >= left) throw new VigilError('vault_unavailable', 'dead');
      }),
    );
    await a.owner.require(never).catch(() => {});
    shared.now += 11 * minute;
    const again = party(shared.as(), { run: '2' });
    await again.owner.require(never);
    expect(again.stands()).toBe('owner');
  });

  it('before it was confirmed gives way to others after ten minutes', async () => {
    const shared = new SharedVault();
    let puts = 0;
    const a = party(
      shared.as(async (call) => {
        if (call === 'put') puts++;
        if (puts > 0 && call !== 'put') throw new VigilError('vault_unavailable', 'dead');
      }),
    );
    await a.owner.require(never).catch(() => {});
    shared.now += 11 * minute;
    const b = party(shared.as(), { installation: 'b' });
    await b.owner.require(never);
    expect(b.stands()).toBe('owner');
  });

  it('is tried at each kind of call', () => expect(calls).toHaveLength(4));
});

/** Each order in which the first calls of two can come: `abba…`. */
function orders(length: number): readonly string[] {
  if (length === 0) return [''];
  return orders(length - 1).flatMap((order) => [`${order}a`, `${order}b`]);
}

/** Long enough for whoever was answered to ask for the next thing. */
const turn = async () => {
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
};

/** Two that claim at once; their calls reach the vault in this order, then in turns. */
async function race(order: string, tick: number, installations: readonly [string, string], takeOver = false) {
  const shared = new SharedVault();
  const waiting: Record<string, (() => void)[]> = { a: [], b: [] };
  const gate = (who: string) => () => new Promise<void>((resolve) => waiting[who]?.push(resolve));
  const clock = new FakeClock();
  const [a, b] = [
    party(shared.as(gate('a')), { installation: installations[0], clock, random: 0.2 }),
    party(shared.as(gate('b')), { installation: installations[1], clock, random: 0.9 }),
  ];
  const done = Promise.allSettled([
    takeOver ? a.owner.takeOver(never) : a.owner.require(never),
    b.owner.require(never),
  ]);
  await turn();
  let over = false;
  void done.then(() => (over = true));
  const step = async (who: string) => {
    waiting[who]?.shift()?.();
    shared.now += tick;
    await turn();
  };
  for (const who of order) await step(who);
  for (let turns = 0; turns < 200 && !over; turns++) {
    await step('a');
    await step('b');
    // Who was told that the other only asks tries again.
    if (waiting['a']?.length === 0 && waiting['b']?.length === 0) await clock.advance(500);
  }
  return { stands: [a.stands(), b.stands()], shared };
}

describe('two that claim at the same moment', () => {
  const pairs = [
    ['a', 'b'],
    ['b', 'a'],
  ] as const;
  // On a vault whose clock tells the two apart, and on one whose clock has whole seconds.
  const cases = pairs.flatMap((pair) => [0, 5].map((tick) => [pair, tick] as const));

  it.each(cases)(
    '%j, %d ms a call: in every order one of them has it, and never both',
    async (pair, tick) => {
      for (const order of orders(6)) {
        const { stands, shared } = await race(order, tick, pair);
        expect([order, ...stands].join(' ')).toMatch(/ (owner vault_owned|vault_owned owner)$/);
        expect(shared.read(owners).filter(({ phase }) => phase === 'owner')).toHaveLength(1);
      }
    },
    60_000,
  );

  it('one of them on a person’s word: never both', async () => {
    for (const order of orders(6)) {
      const { stands } = await race(order, 0, ['b', 'a'], true);
      expect(stands.filter((one) => one === 'owner').length, order).toBeGreaterThan(0);
    }
  }, 60_000);
});
