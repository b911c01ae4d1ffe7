import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised } from '../../test/doubles/supervised.ts';
import { VigilError } from '../errors.ts';
import type { SessionRecord } from '../session/record.ts';
import type { BackupMark } from '../session/state.ts';
import { parseCron } from '../system/cron.ts';
import { RecordedBackupIncidents } from './recorded-backup-incidents.ts';
import { ScheduledBackups, type ScheduleRules } from './scheduled-backups.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Where the clock of a test begins. */
const start = Date.UTC(2026, 0, 1);
const away = new VigilError('vault_unavailable', 'The vault is away.');

/** Its probes are of no matter here, and would make a day of the test long. */
const backedUp = (at: number): Partial<SessionRecord> => ({
  settings: { heartbeat: 0, activity: 0, watchdog: day },
  backup: { id: 'before', at: new Date(at).toISOString() },
});

function scene(changes: Partial<ScheduleRules> = {}) {
  const supervised = new Supervised();
  const { world, supervisor } = supervised;
  const { clock, log, history } = world;
  const incidents = new RecordedBackupIncidents({ clock, log, history });
  const pings: string[] = [];
  const demoted = new Map<string, BackupMark>();
  const scheduled = () =>
    new ScheduledBackups({
      clock,
      log,
      rules: {
        at: parseCron('0 2 * * *'),
        timeZone: 'UTC',
        spread: hour,
        every: null,
        concurrency: 2,
        maxAge: 2 * day,
        ...changes,
      },
      sessions: () => supervisor.all,
      settled: () => supervisor.ready,
      incidents,
      demoted: async (session) => demoted.get(session) ?? null,
      ping: async () => void pings.push(new Date(clock.now()).toISOString()),
    });
  const schedule = scheduled();
  const online = async (record: Partial<SessionRecord>, ...ids: string[]) => {
    supervisor.boot(ids.map((id) => world.paired(id, record)));
    await settle();
    for (const id of ids) await supervised.ready(id);
  };
  const taken = () => world.steps.filter((step) => step.startsWith('back up'));
  const causes = (id: string) => supervisor.all.flatMap((one) => (one.id === id ? incidents.of(one.id) : []));
  return {
    ...supervised,
    supervised,
    world,
    supervisor,
    clock,
    schedule,
    scheduled,
    incidents,
    pings,
    demoted,
    online,
    taken,
    causes,
  };
}

describe('every night', () => {
  it('each session that is online is backed up once, within the spread, and the good run is told', async () => {
    const { clock, schedule, online, taken, pings } = scene();
    await online(backedUp(start - hour), 'main', 'sales', 'shop');
    schedule.start();
    await clock.advance(2 * hour - 1);
    expect(taken()).toEqual([]);
    await clock.advance(hour + 2 * minute);
    expect(taken().toSorted()).toEqual(['back up main', 'back up sales', 'back up shop']);
    expect(pings).toHaveLength(1);
    await clock.advance(20 * hour);
    expect({ taken: taken().length, pings: pings.length }).toEqual({ taken: 3, pings: 1 });
    await clock.advance(6 * hour);
    expect({ taken: taken().length, pings: pings.length }).toEqual({ taken: 6, pings: 2 });
  });

  it('no more are backed up at a time than may be, and the others follow at once', async () => {
    const { clock, world, schedule, online, taken } = scene({ spread: 0 });
    await online(backedUp(start - hour), 'a', 'b', 'c', 'd', 'e');
    let copying = 0;
    let most = 0;
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      const host = world.hosts.of(id);
      const copy = host.copy;
      host.copy = async (...given: Parameters<typeof copy>) => {
        most = Math.max(most, ++copying);
        await settle();
        copying--;
        return copy(...given);
      };
    }
    schedule.start();
    await clock.advance(2 * hour + minute);
    for (let turn = 0; turn < 10; turn++) await settle();
    expect({ most, taken: taken().length }).toEqual({ most: 2, taken: 5 });
  });

  it('one that a person took since counts, and one that is under way is joined', async () => {
    const { clock, world, supervisor, schedule, online, taken } = scene({ spread: 0 });
    await online(backedUp(start - hour), 'main');
    schedule.start();
    world.copying.shut();
    const [main] = supervisor.all;
    const asked = main?.backup();
    await clock.advance(2 * hour + minute);
    world.copying.open();
    await asked;
    await clock.advance(hour);
    expect(taken()).toEqual(['back up main']);
  });

  it('a stopped session is backed up when it has run since its backup, and else left alone', async () => {
    const { clock, world, supervisor, schedule, taken, pings } = scene({ spread: 0 });
    const seen = (at: number) => ({ wanted: 'stopped', lastSeen: new Date(at).toISOString() }) as const;
    supervisor.boot([
      world.paired('ran', { ...backedUp(start - 2 * day), ...seen(start - day) }),
      world.paired('rested', { ...backedUp(start - day), ...seen(start - 2 * day) }),
      world.paired('failed', { ...backedUp(start - day), failure: 'logged_out' }),
      world.paired('empty', { login: 'none', wanted: 'stopped' }),
    ]);
    schedule.start();
    await clock.advance(3 * day);
    expect(taken()).toEqual(['back up ran']);
    // Of the night before as well, which was made up for.
    expect(pings).toHaveLength(4);
  });

  it('one that rests is not forced, and is made up for when it is back', async () => {
    const { clock, world, supervised, schedule, online, taken } = scene({ spread: 0 });
    await online(backedUp(start - hour), 'main');
    schedule.start();
    await clock.advance(hour);
    world.hosts.of('main').say({ type: 'gone', cause: 'unreachable', detail: '' });
    await settle();
    world.preparing.shut();
    await clock.advance(2 * hour);
    expect(taken()).toEqual([]);
    world.preparing.open();
    await clock.advance(5 * minute);
    await supervised.ready('main');
    await clock.advance(5 * minute);
    expect(taken()).toEqual(['back up main']);
  });
});

describe('what was missed', () => {
  it('is made up for after the boot, spread, once the sessions have come somewhere; and told', async () => {
    const { clock, schedule, online, taken, pings } = scene();
    await clock.advance(8 * hour);
    await online(backedUp(start - day), 'a', 'b', 'c', 'd', 'e', 'f');
    schedule.start();
    await clock.advance(3 * minute);
    const soon = taken().length;
    await clock.advance(10 * minute);
    expect(soon).toBeLessThan(6);
    expect(taken()).toHaveLength(6);
    expect(pings).toHaveLength(1);
  });

  it('is nothing where the night went well before the restart, and is not told again', async () => {
    const { clock, schedule, online, taken, pings } = scene();
    await clock.advance(8 * hour);
    await online(backedUp(start + 3 * hour), 'main');
    schedule.start();
    await clock.advance(5 * hour);
    expect({ taken: taken(), pings }).toEqual({ taken: [], pings: [] });
  });
});

describe('a clock that is set', () => {
  it.each([
    ['back by a day', -day],
    ['back by a year', -365 * day],
    ['ahead by a day', day],
    ['ahead by a year', 365 * day],
  ])('%s leads to one backup each at most, and the nights go on', async (_, by) => {
    const { clock, schedule, online, taken } = scene();
    await online(backedUp(start - hour), 'main', 'sales');
    schedule.start();
    await clock.advance(12 * hour);
    expect(taken()).toHaveLength(2);
    clock.set(clock.now() + by);
    await clock.advance(5 * hour);
    expect(taken().length).toBeLessThanOrEqual(4);
    const before = taken().length;
    await clock.advance(2 * day);
    expect(taken()).toHaveLength(before + 4);
  });
});

it('one that is demoted is enough for its night, but no good one, and is not told', async () => {
  const { clock, world, schedule, online, taken, pings } = scene({ spread: 0 });
  await online(backedUp(start - hour), 'main');
  schedule.start();
  world.demoted = 'It holds much less than the one before.';
  await clock.advance(day);
  expect({ taken: taken().length, pings }).toEqual({ taken: 1, pings: [] });
  world.demoted = null;
  await clock.advance(day);
  expect({ taken: taken().length, pings: pings.length }).toEqual({ taken: 2, pings: 1 });
});

it('one that is demoted is enough for its night, however often the daemon is started again', async () => {
  const { clock, world, schedule, scheduled, online, taken, demoted } = scene({ spread: 0 });
  await online(backedUp(start - hour), 'main');
  schedule.start();
  world.demoted = 'It holds much less than the one before.';
  await clock.advance(3 * hour);
  demoted.set('main', { id: 'main-1', at: new Date(clock.now() - hour + minute).toISOString() });
  let running = schedule;
  for (let restart = 0; restart < 3; restart++) {
    running.stop();
    running = scheduled();
    running.start();
    await clock.advance(hour);
  }
  expect(taken()).toHaveLength(1);
  await clock.advance(day);
  expect(taken()).toHaveLength(2);
});

describe('a backup that fails', () => {
  it('is tried again with growing pauses, and said after three tries in vain, until one is good', async () => {
    const { clock, world, schedule, online, pings, causes } = scene({ spread: 0 });
    await online(backedUp(start - hour), 'main');
    schedule.start();
    world.vaultRefusal = new VigilError('disk_full', 'The disk is full.');
    await clock.advance(2 * hour + 5 * minute);
    expect(causes('main')).toEqual([]);
    await clock.advance(10 * minute);
    expect(causes('main')).toMatchObject([{ cause: 'backup_failed', problem: 'The disk is full.' }]);
    await clock.advance(10 * hour);
    const tries = world.lines.filter((line) => line.includes('A backup is due')).length;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(20);
    expect(pings).toEqual([]);
    world.vaultRefusal = null;
    await clock.advance(2 * hour);
    expect(causes('main')).toEqual([]);
    expect(pings).toHaveLength(1);
  });

  it('for the vault is one incident, asked by one session at a time, and no storm when it is back', async () => {
    const { clock, world, schedule, online, taken, pings, causes } = scene();
    const ids = Array.from({ length: 20 }, (_, n) => `s${n}`);
    await online(backedUp(start - hour), ...ids);
    schedule.start();
    world.vaultRefusal = away;
    await clock.advance(8 * hour);
    expect(causes('s3')).toMatchObject([{ cause: 'vault_unreachable', session: null }]);
    const tries = world.lines.filter((line) => line.includes('A backup is due')).length;
    expect(tries).toBeLessThan(20);
    world.vaultRefusal = null;
    await clock.advance(90 * minute);
    expect(causes('s3')).toEqual([]);
    expect(taken()).toHaveLength(20);
    expect(pings).toHaveLength(1);
  });

  it('says so when the newest has become too old, once, until there is one', async () => {
    const { clock, world, schedule, online, causes } = scene({ spread: 0 });
    await online(backedUp(start - hour), 'main');
    schedule.start();
    world.vaultRefusal = away;
    await clock.advance(3 * day);
    expect(causes('main').map(({ cause }) => cause)).toEqual(['backup_overdue', 'vault_unreachable']);
    expect([...world.incidents.values()].find(({ cause }) => cause === 'backup_overdue')?.steps).toHaveLength(
      1,
    );
    world.vaultRefusal = null;
    await clock.advance(2 * hour);
    expect(causes('main')).toEqual([]);
  });

  it('is resolved by one that a person takes', async () => {
    const { clock, world, supervisor, incidents, schedule, online, causes } = scene();
    await online(backedUp(start - hour), 'main');
    schedule.start();
    const [main] = supervisor.all;
    if (!main) throw new Error('no session');
    incidents.raise('backup_failed', main.id, { problem: 'It was full.', remedy: null });
    world.vaultRefusal = null;
    await clock.advance(minute);
    expect(causes('main')).toHaveLength(1);
    await main.backup();
    await clock.advance(minute);
    expect(causes('main')).toEqual([]);
  });
});

it('comes every so many hours beside the nights', async () => {
  const { clock, schedule, online, taken } = scene({ every: 6 * hour, spread: 0 });
  await online(backedUp(start), 'main');
  schedule.start();
  await clock.advance(day + minute);
  // 02:00, 08:00, 14:00 and 20:00, give or take the minutes of the looks.
  expect(taken()).toHaveLength(4);
});

it('looks no more once it is stopped, and not at all where nothing is to be done by itself', async () => {
  const { clock, schedule, online, taken } = scene({ spread: 0 });
  await online(backedUp(start - hour), 'main');
  schedule.start();
  schedule.stop();
  await clock.advance(2 * day);
  expect(taken()).toEqual([]);
  const other = scene({ at: null });
  const before = other.clock.pending;
  other.schedule.start();
  expect(other.clock.pending).toBe(before);
});
