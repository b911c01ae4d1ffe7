import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactUtc } from '../system/timestamp.ts';
import {
  countedAge,
  entryTime,
  judgeQuarantine,
  type QuarantineEntry,
  type QuarantineFacts,
} from './quarantine-policy.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const entry = (
  days: number,
  reason = 'replaced',
  changes: Partial<QuarantineEntry> = {},
): QuarantineEntry => ({
  name: `${compactUtc(now - days * day)}-${reason}`,
  device: 'mine',
  evidence: true,
  ...changes,
});
/** Nightly, as long as anything here is old. */
const times = Array.from({ length: 400 }, (_, night) => now - night * day);
const unbacked: QuarantineFacts = { now, superseding: null, times };
/** A good backup has just been taken; these lay there before its copy was made. */
const backed = (...before: readonly QuarantineEntry[]): QuarantineFacts => ({
  ...unbacked,
  superseding: { device: 'mine', before: new Set(before.map(({ name }) => name)) },
});
/** The newest one, so that others are not the last that shows a login. */
const last = entry(0.5, 'replaced');
const goes = (one: QuarantineEntry, facts: QuarantineFacts) => judgeQuarantine([one, last], facts)[0]?.goes;

describe('a profile in quarantine', () => {
  it('goes when a good backup of the same login is newer', () => {
    expect(goes(entry(2), backed(entry(2)))).toBe(true);
    expect(goes(entry(2), unbacked)).toBe(false);
    for (const device of ['theirs', null]) {
      const other = entry(2, 'damaged', { device });
      expect(goes(other, backed(other))).toBe(false);
    }
  });

  it('stays where it came while the backup was taken, or after it, whatever the clock said at either', () => {
    for (const days of [2, 400, -400]) expect(goes(entry(days), backed(entry(3)))).toBe(false);
  });

  it.each(['logged_out', 'logout', 'forfeited', 'logged_out-2'])(
    'goes a week after its login was dead (%s)',
    (reason) => {
      expect(goes(entry(8, reason), unbacked)).toBe(true);
      expect(goes(entry(6, reason), unbacked)).toBe(false);
      expect(goes(entry(-300, reason), unbacked)).toBe(false);
    },
  );

  it('stays for every other reason, however old', () => {
    for (const reason of ['damaged', 'replaced', 'banned', 'no_sound_profile', 'unknown'])
      expect(goes(entry(900, reason), unbacked)).toBe(false);
  });

  it('stays where nobody knows', () => {
    expect(goes(entry(9, 'logged_out', { evidence: null }), backed(entry(9, 'logged_out')))).toBe(false);
    for (const name of ['a-copy-of-mine', '20269999T999999Z-logout']) {
      const one = { ...entry(9), name };
      expect(goes(one, backed(one))).toBe(false);
    }
  });

  it('that shows no login goes after a week, with any newer backup of the session', () => {
    const empty = (days: number) => entry(days, 'damaged', { device: null, evidence: false });
    expect(goes(empty(8), backed(empty(8)))).toBe(true);
    expect(goes(empty(8), unbacked)).toBe(false);
    expect(goes(empty(8), backed())).toBe(false);
    expect(goes(empty(6), backed(empty(6)))).toBe(false);
  });

  it('is no older for a clock that was set a year ahead, or back', () => {
    const dead = entry(3, 'logged_out');
    const nights = [3, 2, 1].map((night) => now - night * day);
    for (const ahead of [0, 365 * day]) {
      const later = now + ahead;
      // One backup with the clock as it is now, and one in the future of a clock that was set back since.
      const facts = { now: later, superseding: null, times: [...nights, later, later + 365 * day] };
      expect(goes(dead, facts)).toBe(false);
      const aWeekLater = [1, 2, 3, 4, 5].map((night) => later + night * day);
      const then = { ...facts, now: later + 5 * day, times: [...facts.times, ...aWeekLater] };
      expect(goes(dead, then)).toBe(true);
    }
  });

  it('stays as the last one that shows a login, whatever else is so', () => {
    const any = fc.uniqueArray(
      fc.record({
        days: fc.integer({ min: -20, max: 100 }),
        reason: fc.constantFrom('logged_out', 'forfeited', 'damaged', 'replaced'),
        device: fc.constantFrom('mine', 'theirs', null),
        evidence: fc.constantFrom(true, true, false, null),
      }),
      { selector: ({ days, reason }) => `${days}${reason}`, maxLength: 12 },
    );
    const facts = fc.record({
      before: fc.integer({ min: 0, max: 12 }),
      device: fc.constantFrom('mine', 'theirs'),
      known: fc.boolean(),
      ahead: fc.integer({ min: -400, max: 400 }),
    });
    fc.assert(
      fc.property(any, facts, (found, { before, device, known, ahead }) => {
        const entries = found.map(({ days, reason, ...rest }) => entry(days, reason, rest));
        const names = new Set(entries.slice(0, before).map(({ name }) => name));
        const judged = judgeQuarantine(entries, {
          now: now + ahead * day,
          times,
          superseding: known ? { device, before: names } : null,
        });
        expect(judged.map(({ name }) => name)).toEqual(entries.map(({ name }) => name));
        const gone = new Set(judged.filter(({ goes }) => goes).map(({ name }) => name));
        const shows = entries.filter(({ evidence }) => evidence === true);
        const newest = Math.max(...shows.map(({ name }) => entryTime(name) ?? 0));
        if (shows.length > 0) {
          const left = shows.filter(({ name }) => !gone.has(name));
          expect(left.some(({ name }) => entryTime(name) === newest)).toBe(true);
        }
        for (const one of entries) if (one.evidence === null) expect(gone).not.toContain(one.name);
        if (!known) for (const name of gone) expect(name).toMatch(/logged_out|forfeited/);
        for (const name of gone) expect(names.has(name) || /logged_out|forfeited/.test(name)).toBe(true);
      }),
    );
  });
});

it('its age is never more than two days for each thing that is known to have come after it', () => {
  const some = fc.array(fc.integer({ min: -500 * day, max: 500 * day }), { maxLength: 10 });
  fc.assert(
    fc.property(some, fc.integer({ min: -500 * day, max: 500 * day }), (others, ahead) => {
      const age = countedAge(
        now,
        others.map((one) => now + one),
        now + ahead,
      );
      expect(age).toBeGreaterThanOrEqual(0);
      expect(age).toBeLessThanOrEqual(Math.max(0, ahead));
      expect(age).toBeLessThanOrEqual(2 * day * (1 + others.filter((one) => one > 0).length));
    }),
  );
});
