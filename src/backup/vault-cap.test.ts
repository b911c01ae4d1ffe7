import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionId } from '../session/id.ts';
import { backupId, markKinds } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import { isGood } from './retention.ts';
import { type CappedBackup, type CappedSession, goodOnesKept, overCap } from './vault-cap.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const now = start + 30 * day;
const year = 365 * day;

const backup = (days: number, changes: Partial<CappedBackup> = {}): CappedBackup => ({
  id: backupId({
    at: start + days * day,
    epoch: 1,
    sha256: Math.abs(Math.round(days * 1_000))
      .toString(16)
      .padStart(12, '0'),
  }),
  bytes: 10,
  marks: [],
  state: 'usable',
  ...changes,
});
const session = (
  id: string,
  backups: readonly CappedBackup[],
  changes: Partial<CappedSession> = {},
): CappedSession => ({ session: sessionId(id), backups, inUse: new Set(), untouched: false, ...changes });
const held = (sessions: readonly CappedSession[]) =>
  sessions.flatMap(({ backups }) => backups).reduce((sum, { bytes }) => sum + bytes, 0);
const gone = (sessions: readonly CappedSession[], cap = 0) =>
  overCap(sessions, { held: held(sessions), cap, now }).remove.map(({ session: of, id }) => `${of} ${id}`);
const named = (of: string, ...days: readonly number[]) => days.map((one) => `${of} ${backup(one).id}`);

describe('a vault that holds more than it may', () => {
  it('gives up the oldest, whichever session’s, until it fits', () => {
    const all = [
      session(
        'a',
        [26, 27, 28, 29].map((days) => backup(days)),
      ),
      session(
        'b',
        [25, 26, 27, 28].map((days) => backup(days)),
      ),
    ];
    expect(gone(all, 60)).toEqual([...named('b', 25), ...named('a', 26)]);
    expect(gone(all, 80)).toEqual([]);
  });

  it('keeps the two newest good ones of each, and the latest whatever came of it', () => {
    const all = [
      session('a', [
        backup(1),
        backup(2),
        backup(3),
        backup(4, { marks: ['rejected'] }),
        backup(5, { state: 'broken' }),
        backup(6, { marks: ['demoted'] }),
        backup(7, { marks: ['demoted'] }),
      ]),
    ];
    expect(new Set(gone(all))).toEqual(new Set(named('a', 1, 4, 5, 6)));
  });

  it('takes nothing of a session that has fewer good ones, that nobody knows or that is not all listed', () => {
    const few = [backup(1, { marks: ['rejected'] }), backup(2, { state: 'broken' }), backup(3)];
    const many = [1, 2, 3, 4].map((days) => backup(days));
    expect(gone([session('a', few), session('b', many, { untouched: true })])).toEqual([]);
  });

  it('takes nothing that a record names, or that nobody could look into', () => {
    const many = [backup(1), backup(2, { state: 'unread' }), backup(3), backup(4), backup(5)];
    expect(gone([session('a', many, { inUse: new Set([many[0]?.id ?? '']) })])).toEqual(named('a', 3));
  });

  it('does not let one session pay for a clock that was wrong at the backups of another', () => {
    const ahead = [25, 26, 27, 28].map((days) => backup(days + 365));
    const right = [1, 2, 28, 29].map((days) => backup(days));
    // Those of the year ahead are of no age; they go all the same once the others are at their floor.
    expect(gone([session('a', ahead), session('b', right)])).toEqual([
      ...named('b', 1, 2),
      ...named('a', 390, 391),
    ]);
    const behind = [1, 2, 3, 4].map((days) => backup(days - 365));
    const theirs = [1, 5, 9, 13].map((days) => backup(days));
    // What lies between its backups counts, and no year.
    expect(gone([session('a', behind), session('b', theirs)])).toEqual([
      ...named('b', 1, 5),
      ...named('a', -364, -363),
    ]);
  });

  it('never gives up what stays, says how much is left, and gives up no more than it must', () => {
    const one = fc.record({
      days: fc.integer({ min: -400, max: 400 }),
      bytes: fc.integer({ min: 1, max: 100 }),
      state: fc.constantFrom('usable', 'usable', 'broken', 'unread'),
      marks: fc.subarray([...markKinds]),
      inUse: fc.boolean(),
    });
    const some = fc.uniqueArray(one, { selector: ({ days }) => days, maxLength: 8 });
    const three = fc.tuple(some, some, some);
    fc.assert(
      fc.property(three, fc.integer({ min: 0, max: 2_000 }), fc.boolean(), (found, cap, untouched) => {
        const all = found.map((backups, at) =>
          session(
            ['a', 'b', 'c'][at] ?? '',
            backups.map(({ days, inUse: _, ...rest }) => backup(days, rest)),
            {
              untouched: untouched && at === 0,
              inUse: new Set(backups.filter(({ inUse }) => inUse).map(({ days }) => backup(days).id)),
            },
          ),
        );
        const before = held(all);
        const { remove, left } = overCap(all, { held: before, cap, now });
        expect(left).toBe(before - remove.reduce((sum, { bytes }) => sum + bytes, 0));
        const last = remove.at(-1);
        if (last) expect(left + last.bytes).toBeGreaterThan(cap);
        for (const { session: id, backups, inUse, untouched: kept } of all) {
          const its = new Set(remove.filter((it) => it.session === id).map((it) => it.id));
          const good = backups.filter(isGood).toSorted((a, b) => newestFirst(a.id, b.id));
          if (kept || good.length < goodOnesKept) expect(its.size).toBe(0);
          for (const { id: stays } of good.slice(0, goodOnesKept)) expect(its).not.toContain(stays);
          for (const { id: stays, state } of backups)
            if (inUse.has(stays) || state === 'unread') expect(its).not.toContain(stays);
        }
      }),
    );
  });

  it('gives up two days at most for a clock that is a year ahead now', () => {
    const all = [
      session(
        'a',
        [26, 27, 28, 29].map((days) => backup(days)),
      ),
    ];
    const at = (when: number) => overCap(all, { held: 40, cap: 30, now: when }).remove;
    expect(at(now + year)).toEqual(at(now));
  });
});
