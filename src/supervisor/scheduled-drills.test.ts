import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { type SessionId, sessionId } from '../session/id.ts';
import type { DrillView } from './backup-operations.ts';
import type { DrillStanding } from './drills.ts';
import { RecordedBackupIncidents } from './recorded-backup-incidents.ts';
import { ScheduledDrills, type ScheduledDrillsPorts } from './scheduled-drills.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const main = sessionId('main');
const sales = sessionId('sales');

/** A vault that exists only in memory: what it says of each session, and which drills were asked for. */
function scene(changes: Partial<ScheduledDrillsPorts> = {}) {
  const clock = new FakeClock();
  const log = createLogger({ level: 'silent', clock, write: () => {} });
  const incidents = new RecordedBackupIncidents({ clock, log, history: { incident() {} } });
  const vault = new Map<SessionId, DrillStanding>();
  const drilled: string[] = [];
  const asked: SessionId[] = [];
  /** What the next drill comes to. */
  const outcomes: (boolean | VigilError)[] = [];
  let called = 0;
  const world = { drills: 0, most: 0, lasts: 0 };
  const holds = (id: SessionId, lastPassed: number | null, backup = 'newest') =>
    vault.set(id, { backup, takenAt: clock.now() - hour, isDrilled: false, lastPassed });
  const drills: ScheduledDrillsPorts['drills'] = {
    async standing(id) {
      asked.push(id);
      return vault.get(id) ?? null;
    },
    async run(id, which, { signal }) {
      const { id: backup } = which as { readonly id: string };
      world.most = Math.max(world.most, ++world.drills);
      try {
        drilled.push(`${id} ${backup}`);
        await clock.sleep(world.lasts, signal);
        const outcome = outcomes.shift() ?? true;
        if (outcome instanceof VigilError) throw outcome;
        const standing = vault.get(id);
        if (outcome && standing) vault.set(id, { ...standing, isDrilled: true, lastPassed: clock.now() });
        return { passed: outcome } as DrillView;
      } finally {
        world.drills--;
      }
    },
    async end() {
      called++;
    },
  };
  const schedule = new ScheduledDrills({
    clock,
    log,
    every: week,
    sessions: () => [main, sales],
    settled: () => true,
    busy: () => false,
    drills,
    incidents,
    ...changes,
  });
  return { clock, incidents, vault, holds, drilled, asked, outcomes, schedule, world, called: () => called };
}

describe('every week', () => {
  it('each session with a good backup is drilled once, one at a time, whenever the daemon was started', async () => {
    const { clock, schedule, holds, drilled } = scene();
    holds(main, null);
    holds(sales, clock.now() - 6 * day);
    schedule.start();
    await clock.advance(10 * minute);
    expect(drilled).toEqual(['main newest']);
    await clock.advance(day);
    expect(drilled).toEqual(['main newest', 'sales newest']);
    await clock.advance(5 * day);
    expect(drilled).toHaveLength(2);
    await clock.advance(day + hour);
    expect(drilled).toEqual(['main newest', 'sales newest', 'main newest']);
    await clock.advance(day);
    expect(drilled).toHaveLength(4);
  });

  it('a vault is asked once in six hours what it holds where nothing is due', async () => {
    const { clock, schedule, holds, asked } = scene({ sessions: () => [main] });
    holds(main, clock.now());
    schedule.start();
    await clock.advance(day);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it('one that has no backup yet is looked for again', async () => {
    const { clock, schedule, holds, drilled } = scene();
    schedule.start();
    await clock.advance(hour);
    expect(drilled).toEqual([]);
    holds(main, null);
    await clock.advance(hour + 5 * minute);
    expect(drilled).toEqual(['main newest']);
  });

  it('a mark of a time that has not come is none, once', async () => {
    const { clock, schedule, holds, drilled } = scene();
    holds(main, clock.now() + 365 * day);
    schedule.start();
    await clock.advance(day);
    expect(drilled).toEqual(['main newest']);
  });

  it('nothing is drilled where that is off, and nothing is overdue', async () => {
    const { clock, schedule, holds, asked, incidents } = scene({ every: null });
    holds(main, null);
    incidents.raise('drill_overdue', main, { problem: 'There was no browser.', remedy: null });
    schedule.start();
    await clock.advance(30 * day);
    expect(asked).toEqual([]);
    expect(incidents.open).toEqual([]);
  });
});

describe('a drill by schedule', () => {
  it('comes after the boot, and not while backups are taken', async () => {
    let isReady = false;
    let isBusy = true;
    const { clock, schedule, holds, drilled } = scene({ settled: () => isReady, busy: () => isBusy });
    holds(main, null);
    schedule.start();
    await clock.advance(14 * minute);
    isReady = true;
    await clock.advance(hour);
    expect(drilled).toEqual([]);
    isBusy = false;
    await clock.advance(5 * minute);
    expect(drilled).toEqual(['main newest']);
  });

  it('does not wait for ever for a boot', async () => {
    const { clock, schedule, holds, drilled } = scene({ settled: () => false });
    holds(main, null);
    schedule.start();
    await clock.advance(20 * minute);
    expect(drilled).toEqual(['main newest']);
  });

  it('is one at a time, however long it takes', async () => {
    const { clock, schedule, holds, drilled, world } = scene();
    world.lasts = 40 * minute;
    holds(main, null);
    holds(sales, null);
    schedule.start();
    await clock.advance(2 * hour);
    expect({ drilled, most: world.most }).toEqual({ drilled: ['main newest', 'sales newest'], most: 1 });
  });

  it('is called off with the daemon', async () => {
    const { clock, schedule, holds, drilled, world, called, incidents } = scene();
    world.lasts = day;
    holds(main, null);
    schedule.start();
    await clock.advance(10 * minute);
    expect(world.drills).toBe(1);
    await schedule.stop();
    await clock.advance(week);
    expect({ drilled, running: world.drills, called: called() }).toEqual({
      drilled: ['main newest'],
      running: 0,
      called: 1,
    });
    expect(incidents.open).toEqual([]);
  });

  it('leaves the sessions of another installation alone', async () => {
    const { clock, schedule, holds, drilled, incidents } = scene();
    holds(main, null);
    incidents.raise('vault_owned', null, { problem: 'Another one.', remedy: null });
    schedule.start();
    await clock.advance(day);
    expect(drilled).toEqual([]);
    incidents.resolve('vault_owned', null);
    await clock.advance(2 * hour);
    expect(drilled).toEqual(['main newest']);
  });
});

describe('after a drill that a backup failed', () => {
  it('the next older one is drilled within two hours, and then the first that was taken since', async () => {
    const { clock, schedule, holds, vault, drilled, outcomes, incidents } = scene({ sessions: () => [main] });
    holds(main, null);
    outcomes.push(false);
    schedule.start();
    await clock.advance(10 * minute);
    incidents.raise('drill_failed', main, { problem: 'It is empty.', remedy: null });
    holds(main, null, 'older');
    await clock.advance(2 * hour);
    expect(drilled).toEqual(['main newest', 'main older']);
    const takenAt = clock.now();
    vault.set(main, { backup: 'later', takenAt, isDrilled: false, lastPassed: takenAt - hour });
    await clock.advance(day);
    expect(drilled).toEqual(['main newest', 'main older', 'main later']);
  });
});

describe('a drill that does not come to its end', () => {
  const away = new VigilError('chromium_not_found', 'There is no browser.', { remedy: 'Install one.' });

  it('is tried again after pauses that grow, and said when it lasts, until one comes to its end', async () => {
    const { clock, schedule, holds, drilled, outcomes, incidents } = scene({ sessions: () => [main] });
    holds(main, null);
    outcomes.push(away, away, away, away);
    schedule.start();
    await clock.advance(2 * hour);
    expect(drilled).toHaveLength(2);
    expect(incidents.open).toEqual([]);
    await clock.advance(2 * hour);
    expect(incidents.open).toMatchObject([
      { cause: 'drill_overdue', session: 'main', problem: 'There is no browser.', remedy: 'Install one.' },
    ]);
    await clock.advance(day);
    expect(drilled).toHaveLength(5);
  });

  it('does not keep the next session from its own', async () => {
    const { clock, schedule, holds, drilled, outcomes } = scene();
    holds(main, null);
    holds(sales, null);
    outcomes.push(away);
    schedule.start();
    await clock.advance(15 * minute);
    expect(drilled).toEqual(['main newest', 'sales newest']);
  });
});
