import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactUtc } from '../system/timestamp.ts';
import {
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
const backed: QuarantineFacts = { now, backup: { at: now - day, device: 'mine' } };
const unbacked: QuarantineFacts = { now, backup: null };
/** The newest one, so that others are not the last that shows a login. */
const last = entry(0.5, 'replaced');
const goes = (one: QuarantineEntry, facts: QuarantineFacts) => judgeQuarantine([one, last], facts)[0]?.goes;

describe('a profile in quarantine', () => {
  it('goes when a good backup of the same login is newer', () => {
    expect(goes(entry(2), backed)).toBe(true);
    expect(goes(entry(2), unbacked)).toBe(false);
    expect(goes(entry(1), backed)).toBe(false);
    expect(goes(entry(2, 'damaged', { device: 'theirs' }), backed)).toBe(false);
    expect(goes(entry(2, 'damaged', { device: null }), backed)).toBe(false);
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
    expect(goes(entry(9, 'logged_out', { evidence: null }), backed)).toBe(false);
    expect(goes({ ...entry(9), name: 'a-copy-of-mine' }, backed)).toBe(false);
    expect(goes({ ...entry(9), name: '20269999T999999Z-logout' }, backed)).toBe(false);
  });

  it('that shows no login goes after a week, with any newer backup of the session', () => {
    expect(goes(entry(8, 'damaged', { device: null, evidence: false }), backed)).toBe(true);
    expect(goes(entry(8, 'damaged', { device: null, evidence: false }), unbacked)).toBe(false);
    expect(goes(entry(6, 'damaged', { device: null, evidence: false }), backed)).toBe(false);
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
      at: fc.integer({ min: -20, max: 100 }),
      device: fc.constantFrom('mine', 'theirs'),
      known: fc.boolean(),
    });
    fc.assert(
      fc.property(any, facts, (found, { at, device, known }) => {
        const entries = found.map(({ days, reason, ...rest }) => entry(days, reason, rest));
        const judged = judgeQuarantine(entries, {
          now,
          backup: known ? { at: now - at * day, device } : null,
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
      }),
    );
  });
});
