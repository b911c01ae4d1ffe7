import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { createLogger } from '../log.ts';
import type { Incident } from '../session/history.ts';
import { sessionId } from '../session/id.ts';
import { RecordedBackupIncidents } from './recorded-backup-incidents.ts';

const main = sessionId('main');
const sales = sessionId('sales');
const clock = new FakeClock();

function scene(registry = new Map<string, Incident>()) {
  const log = createLogger({ level: 'silent', clock, write: () => {} });
  const history = { incident: (one: Incident) => void registry.set(one.id, one) };
  return { registry, incidents: new RecordedBackupIncidents({ clock, log, history }) };
}

const full = { problem: 'The disk is full.', remedy: 'Make room.' };

describe('an incident of backups', () => {
  it('is one for as long as it lasts, and shows what was found last', async () => {
    const { registry, incidents } = scene();
    incidents.raise('backup_failed', main, full);
    await clock.advance(60_000);
    incidents.raise('backup_failed', main, { problem: 'The vault refuses.', remedy: null });
    expect(incidents.of(main)).toEqual([
      {
        cause: 'backup_failed',
        session: main,
        since: '2026-01-01T00:00:00.000Z',
        problem: 'The vault refuses.',
        remedy: null,
      },
    ]);
    expect([...registry.values()]).toMatchObject([
      {
        steps: ['2026-01-01T00:00:00.000Z The disk is full.', '2026-01-01T00:01:00.000Z The vault refuses.'],
      },
    ]);
  });

  it('is kept apart by session and cause; what concerns all is shown with each', () => {
    const { incidents } = scene();
    incidents.raise('vault_unreachable', null, { problem: 'It is away.', remedy: null });
    incidents.raise('backup_failed', main, full);
    incidents.raise('backup_failed', sales, full);
    incidents.raise('backup_overdue', main, full);
    incidents.resolve('backup_failed', main);
    incidents.resolve('drill_failed', main);
    expect(incidents.of(main).map(({ cause }) => cause)).toEqual(['backup_overdue', 'vault_unreachable']);
    expect(incidents.of(sales).map(({ cause }) => cause)).toEqual(['backup_failed', 'vault_unreachable']);
  });

  it('is closed under its id by the run that comes after, and opens anew under another', () => {
    const { registry, incidents } = scene();
    incidents.raise('backup_failed', main, full);
    const { incidents: later } = scene(registry);
    later.resume([...registry.values()]);
    later.raise('backup_failed', main, { problem: 'Still full.', remedy: null });
    expect(registry.size).toBe(1);
    later.resolve('backup_failed', main);
    expect([...registry.values()]).toMatchObject([
      { outcome: 'recovered', remedy: null, steps: [{}, {}].map(() => expect.any(String)) },
    ]);
    later.raise('backup_failed', main, full);
    expect(registry.size).toBe(2);
    expect(later.of(main)).toHaveLength(1);
  });

  it("takes up none of a session's own, none that is over, and none twice", () => {
    const { registry, incidents } = scene();
    incidents.raise('vault_unreachable', main, full);
    const [one] = [...registry.values()];
    if (!one) throw new Error('nothing was written');
    const { registry: written, incidents: later } = scene();
    const other = { ...one, id: 'backup-other', openedAt: '2025-01-01T00:00:00.000Z' };
    later.resume([
      { ...one, id: 'of-the-session' },
      { ...one, id: 'backup-over', closedAt: one.openedAt },
      one,
      other,
    ]);
    expect(later.open).toHaveLength(1);
    expect([...written.values()]).toMatchObject([{ id: 'backup-other', outcome: 'superseded' }]);
  });

  it('ends with its session', () => {
    const { registry, incidents } = scene();
    incidents.raise('backup_failed', main, full);
    incidents.raise('backup_failed', sales, full);
    incidents.raise('vault_unreachable', null, full);
    incidents.keepOnly((id) => id === sales);
    expect(incidents.open.map(({ session }) => session)).toEqual([sales, null]);
    expect([...registry.values()].filter(({ closedAt }) => closedAt !== null)).toMatchObject([
      { session: main },
    ]);
  });

  it('that lasts for weeks stays of a bounded size', () => {
    const { registry, incidents } = scene();
    for (let n = 0; n < 1_000; n++)
      incidents.raise('vault_unreachable', null, { problem: `${n}`, remedy: null });
    expect([...registry.values()][0]?.steps).toHaveLength(50);
    expect(incidents.open[0]?.problem).toBe('999');
  });
});
