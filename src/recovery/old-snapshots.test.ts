import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeptSnapshot, outdated } from './old-snapshots.ts';
import { nextSnapshotTime, snapshotId, snapshotManifestName, snapshotTime } from './snapshot-format.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1, 2);
const installation = 'ab'.repeat(16);

const snapshot = (days: number, changes: Partial<KeptSnapshot> = {}): KeptSnapshot => {
  const at = start + days * day;
  return { id: snapshotId(installation, at, '0'.repeat(64)), at, sessions: 3, registry: false, ...changes };
};
const stay = (all: readonly KeptSnapshot[]) => {
  const gone = outdated(all, all.at(-1)?.id ?? '');
  return all.filter(({ id }) => !gone.has(id));
};

describe('of the snapshots of an installation', () => {
  it('the newest of each of the last seven days stays', () => {
    const all = Array.from({ length: 40 }, (_, quarter) => snapshot(quarter / 4));
    const days = stay(all).map(({ at }) => Math.floor((at - start) / day));
    expect(days).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it('the newest with a registry stays, however often records have changed since', () => {
    const many = Array.from({ length: 50 }, (_, count) => snapshot(10 + count / 5));
    const all = [snapshot(1, { registry: true }), snapshot(9, { registry: true }), ...many];
    expect(stay(all).filter(({ registry }) => registry)).toEqual([all[1]]);
  });

  it('one that holds more sessions than the newest stays for a week', () => {
    const full = [snapshot(8.1, { sessions: 9 }), snapshot(8.2, { sessions: 9 }), snapshot(8.3)];
    const nights = Array.from({ length: 9 }, (_, night) => snapshot(8.5 + night, { sessions: 3 }));
    expect(stay([...full, ...nights.slice(0, 6)])).toEqual(expect.arrayContaining(full.slice(0, 2)));
    expect(stay([...full, ...nights])).not.toContain(full[0]);
    // For a clock that is a year ahead it is not a week old.
    expect(stay([...full, snapshot(365)])).toEqual(expect.arrayContaining(full.slice(0, 2)));
  });

  it('nothing goes where the newest is not among them, and nothing ever that cannot be read', () => {
    const all = [snapshot(1), snapshot(1.1, { sessions: null }), snapshot(1.2)];
    expect(outdated(all, 'another').size).toBe(0);
    expect(stay(all)).toEqual(all.slice(1));
  });

  it('whatever the clocks said: what is promised stays, and the rest is bounded', () => {
    const one = fc.record({
      place: fc.integer({ min: 0, max: 400 }),
      at: fc.integer({ min: -400, max: 400 }),
      sessions: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 10 }),
      registry: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { selector: ({ place }) => place, minLength: 1, maxLength: 30 }),
        (found) => {
          const all = found
            .toSorted((a, b) => a.place - b.place)
            .map(({ place, at, sessions, registry }) => ({
              ...snapshot(place, { sessions, registry }),
              at: start + at * day,
            }));
          const left = stay(all);
          const newest = all.at(-1);
          expect(left).toContain(newest);
          const withRegistry = all.findLast(({ registry }) => registry);
          if (withRegistry) expect(left).toContain(withRegistry);
          const most = newest?.sessions ?? null;
          const others = left.filter(
            ({ sessions }) => sessions !== null && (most === null || sessions <= most),
          );
          expect(others.length).toBeLessThanOrEqual(9);
        },
      ),
    );
  });

  it('each comes after the one before, whatever the clock says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: Date.UTC(9999, 0, 1) }), { maxLength: 20 }),
        (clocks) => {
          const names: { name: string }[] = [];
          let before = -1;
          for (const now of clocks) {
            const at = nextSnapshotTime(names, installation, now);
            const id = snapshotId(installation, at, '0'.repeat(64));
            expect(snapshotTime(id)).toBeGreaterThan(before);
            before = snapshotTime(id);
            names.push({ name: snapshotManifestName(id) });
          }
        },
      ),
    );
  });
});
