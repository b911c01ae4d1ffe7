import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupId, markKinds, parseBackupId } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import { floors, isGood, judge, longestGap, type RetainedBackup, type RetentionRules } from './retention.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1, 2);
const rules: RetentionRules = { keep: 30 * day, keepLast: 3, keepWeekly: 4 };
const none: ReadonlySet<string> = new Set();

const backup = (at: number, changes: Partial<RetainedBackup> = {}, epoch = 1): RetainedBackup => ({
  id: backupId({ at, epoch, sha256: at.toString(16).padStart(12, '0').slice(-12) }),
  marks: [],
  state: 'usable',
  ...changes,
});

/** One a night, the oldest first. */
const nightly = (nights: number, from = start) =>
  Array.from({ length: nights }, (_, night) => backup(from + night * day));

const removed = (backups: readonly RetainedBackup[], now: number, its = rules, inUse = none) =>
  new Set(
    judge(backups, its, { now, inUse })
      .filter(({ keep }) => !keep)
      .map(({ id }) => id),
  );

const newestGood = (backups: readonly RetainedBackup[]) =>
  backups
    .filter(isGood)
    .map(({ id }) => id)
    .toSorted(newestFirst)[0];

describe('what stays of the backups of a session', () => {
  it('is all of 30 days, and what is older goes', () => {
    const all = nightly(40);
    const gone = removed(all, start + 39 * day);
    expect(gone).toEqual(new Set(all.slice(0, 9).map(({ id }) => id)));
  });

  it('is the last three, and one a week, however short the time is', () => {
    const short = { ...rules, keep: day / 2 };
    let held: readonly RetainedBackup[] = [];
    for (let night = 0; night < 60; night++) {
      const now = start + night * day;
      held = [...held, backup(now)];
      const gone = removed(held, now, short);
      held = held.filter(({ id }) => !gone.has(id));
    }
    const nights = held.map(({ id }) => ((parseBackupId(id)?.at ?? 0) - start) / day).toReversed();
    expect(nights.slice(0, 3)).toEqual([59, 58, 57]);
    expect(held.length).toBeLessThanOrEqual(7);
    // The oldest that is left is of the fourth week before.
    expect(nights.at(-1)).toBeGreaterThanOrEqual(59 - 4 * 7);
    expect(nights.at(-1)).toBeLessThanOrEqual(59 - 2 * 7);
  });

  it('counts a demoted or a rejected one for nothing, and lets it go by its age', () => {
    const bad = (['rejected', 'demoted'] as const).map((mark, index) =>
      backup(start + index * 60_000, { marks: [mark] }),
    );
    const good = nightly(3, start - 100 * day);
    const now = start + 3_600_000;
    expect(removed([...good, ...bad], now)).toEqual(none);
    const later = [...good, ...bad, ...nightly(33, start + day)];
    const gone = removed(later, start + 33 * day);
    for (const { id } of bad) expect(gone).toContain(id);
  });

  it('is what a record names, and what cannot be looked into', () => {
    const all = nightly(60);
    const [oldest, second] = all;
    if (!oldest || !second) throw new Error('there are sixty');
    const unread = all.map((one) => (one === second ? { ...one, state: 'unread' as const } : one));
    const gone = removed(unread, start + 59 * day, rules, new Set([oldest.id]));
    expect(gone).not.toContain(oldest.id);
    expect(gone).not.toContain(second.id);
    expect(gone.size).toBeGreaterThan(10);
  });

  it('is everything where none is good', () => {
    const all = nightly(60).map((one) => ({ ...one, marks: ['demoted' as const] }));
    expect(removed(all, start + 500 * day)).toEqual(none);
  });
});

describe('a clock that is wrong', () => {
  it('or a year without the daemon costs two days of history, whichever it was', () => {
    const all = nightly(31);
    const ahead = start + 30 * day + 365 * day;
    const gone = removed([...all, backup(ahead)], ahead);
    expect(gone).toEqual(new Set(all.slice(0, 2).map(({ id }) => id)));
  });

  it('costs no more for being ahead only once', () => {
    const all = nightly(31);
    const ahead = backup(start + 400 * day, {}, 2);
    const back = backup(start + 31 * day, {}, 3);
    const gone = removed([...all, ahead, back], start + 31 * day);
    expect(gone.size).toBeLessThanOrEqual(2);
  });

  it('by any amount, at any backup, removes no more than two days beyond what the right one does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: -3_000, max: 3_000 }),
        fc.integer({ min: 1, max: 59 }),
        (nights, jump, at) => {
          const right = nightly(nights);
          const wrong = right.map((one, night) =>
            night < at ? one : backup(start + (night + jump) * day, {}, 2),
          );
          const off = Math.min(at, nights) < nights ? jump : 0;
          const gone = removed(wrong, start + (nights - 1 + off) * day);
          const oldest = wrong.filter(({ id }) => gone.has(id)).length;
          expect(oldest).toBeLessThanOrEqual(Math.max(0, nights - 31) + longestGap / day);
        },
      ),
    );
  });
});

const anyBackup = fc
  .record({
    at: fc.integer({ min: 0, max: 3_000 }).map((days) => start + days * (day / 3)),
    epoch: fc.integer({ min: 0, max: 4 }),
    marks: fc.subarray([...markKinds]),
    state: fc.constantFrom('usable', 'usable', 'usable', 'broken', 'unread'),
  })
  .map(({ at, epoch, marks, state }) => backup(at, { marks, state } as Partial<RetainedBackup>, epoch));
const anyBackups = fc.uniqueArray(anyBackup, { selector: ({ id }) => id, maxLength: 80 });
const anyNow = fc.integer({ min: -4_000, max: 8_000 }).map((days) => start + days * day);
const anyRules = fc.record({
  keep: fc.integer({ min: 0, max: 400 }).map((days) => days * day),
  keepLast: fc.integer({ min: 0, max: 10 }),
  keepWeekly: fc.integer({ min: 0, max: 10 }),
});

describe('whatever there is, whatever the clock says', () => {
  it('each is judged once, and the newest that is good stays', () => {
    fc.assert(
      fc.property(anyBackups, anyNow, anyRules, (backups, now, its) => {
        const judged = judge(backups, its, { now, inUse: none });
        expect(judged.map(({ id }) => id).toSorted()).toEqual(backups.map(({ id }) => id).toSorted());
        const newest = newestGood(backups);
        const gone = removed(backups, now, its);
        if (newest === undefined) expect(gone).toEqual(none);
        else expect(judged.find(({ id }) => id === newest)).toMatchObject({ keep: true });
      }),
    );
  });

  it('the last good ones stay, and nothing goes that is in use or unread', () => {
    fc.assert(
      fc.property(anyBackups, anyNow, anyRules, fc.integer({ min: 0, max: 79 }), (backups, now, its, at) => {
        const used = new Set(backups.slice(at, at + 1).map(({ id }) => id));
        const gone = removed(backups, now, its, used);
        const good = backups.filter(isGood).map(({ id }) => id);
        for (const id of good.toSorted(newestFirst).slice(0, its.keepLast)) expect(gone).not.toContain(id);
        for (const { id, state } of backups)
          if (used.has(id) || state === 'unread') expect(gone).not.toContain(id);
      }),
    );
  });

  it('what is done again removes nothing more', () => {
    fc.assert(
      fc.property(anyBackups, anyNow, anyRules, (backups, now, its) => {
        const gone = removed(backups, now, its);
        const left = backups.filter(({ id }) => !gone.has(id));
        expect(removed(left, now, its)).toEqual(none);
      }),
    );
  });

  it('a rule that keeps more never removes more', () => {
    fc.assert(
      fc.property(anyBackups, anyNow, anyRules, anyRules, (backups, now, one, other) => {
        const more = {
          keep: Math.max(one.keep, other.keep),
          keepLast: Math.max(one.keepLast, other.keepLast),
          keepWeekly: Math.max(one.keepWeekly, other.keepWeekly),
        };
        const gone = removed(backups, now, one);
        for (const id of removed(backups, now, more)) expect(gone).toContain(id);
      }),
    );
  });

  it('only what is good stays for a reason that holds for good ones', () => {
    fc.assert(
      fc.property(anyBackups, anyNow, anyRules, (backups, now, its) => {
        const good = new Set(backups.filter(isGood).map(({ id }) => id));
        for (const { id, reason } of judge(backups, its, { now, inUse: none }))
          if (floors.has(reason)) expect(good).toContain(id);
      }),
    );
  });
});
