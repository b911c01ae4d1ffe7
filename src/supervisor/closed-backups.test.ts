import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised, standing } from '../../test/doubles/supervised.ts';
import { VigilError } from '../errors.ts';
import { backUpClosed } from './closed-backups.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);
const never = new AbortController().signal;

/** Sessions that ran and were closed, by the age of their newest backups. */
async function drained(ages: Readonly<Record<string, number | null>>) {
  const supervised = new Supervised();
  const { world, supervisor } = supervised;
  const records = Object.entries(ages).map(([id, age]) =>
    world.paired(id, {
      backup: age === null ? null : { id: 'before', at: new Date(start - age).toISOString() },
    }),
  );
  if (Object.values(ages).includes(null)) world.copying.shut();
  supervisor.boot(records);
  await settle();
  for (const id of Object.keys(ages)) await supervised.ready(id);
  const drain = supervisor.drain(25_000);
  world.copying.open();
  await drain;
  world.steps.length = 0;
  const { clock, log } = world;
  const ports = { clock, log, concurrency: 1 };
  const taken = () => world.steps.filter((step) => step.startsWith('back up'));
  const backUp = (budget: number, force = never) => backUpClosed(supervisor.all, budget, force, ports);
  return { world, clock, supervisor, taken, backUp };
}

describe('a daemon that ends', () => {
  it('backs up what it has closed, the oldest first, and not what has a backup of the last hour', async () => {
    const { world, supervisor, taken, backUp } = await drained({
      a: 2 * hour,
      b: 9 * hour,
      c: minute,
      d: 5 * hour,
    });
    expect(await backUp(20_000)).toBe(3);
    expect(taken()).toEqual(['back up b', 'back up d', 'back up a']);
    // The next daemon knows of them.
    for (const { id, record } of supervisor.all) expect(world.disk.get(id)?.backup).toEqual(record.backup);
    expect(world.disk.get(supervisor.all[0]?.id ?? ('' as never))?.backup?.id).toMatch(/^a-/);
    expect(await backUp(20_000)).toBe(0);
  });

  it('leaves what does not end in time, and never takes longer than it may', async () => {
    const { world, clock, taken, backUp } = await drained({ a: 2 * hour, b: 3 * hour });
    world.copying.shut();
    const done = backUp(20_000);
    await clock.advance(19_999);
    expect(await standing(done)).toBe('waiting');
    await clock.advance(1);
    expect(await done).toBe(0);
    expect(taken()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('leaves it at once when it is forced, and begins nothing without the time for it', async () => {
    const { world, clock, taken, backUp } = await drained({ a: 2 * hour });
    expect(await backUp(4_000)).toBe(0);
    world.copying.shut();
    const force = new AbortController();
    const done = backUp(20_000, force.signal);
    await settle();
    force.abort();
    await clock.advance(0);
    expect(await done).toBe(0);
    expect(taken()).toEqual([]);
  });

  it('asks a vault that does not answer once, and leaves out what is no settled login or has failed', async () => {
    const { world, supervisor, taken, backUp } = await drained({ a: 2 * hour, b: 3 * hour });
    world.vaultRefusal = new VigilError('vault_unavailable', 'It is away.');
    const before = world.lines.filter((line) => line.includes('No backup could be taken')).length;
    expect(await backUp(20_000)).toBe(0);
    const tries = world.lines.filter((line) => line.includes('No backup could be taken')).length - before;
    expect(tries).toBe(1);
    expect(taken()).toEqual([]);
    expect(supervisor.all.every(({ atRest }) => atRest)).toBe(true);
  });
});
