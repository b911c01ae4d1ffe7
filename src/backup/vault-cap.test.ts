import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionId } from '../session/id.ts';
import { backupId } from './backup-names.ts';
import { type CappedBackup, overCap } from './vault-cap.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const backup = (session: string, hours: number, bytes: number, stays = false): CappedBackup => ({
  session: sessionId(session),
  id: backupId({ at: start + hours * hour, epoch: 1, sha256: `${session}${hours}`.padEnd(12, '0') }),
  bytes,
  stays,
});

describe('a vault that holds more than it may', () => {
  it('gives up the oldest, whichever session’s, until it fits', () => {
    const all = [
      backup('a', 9, 10, true),
      backup('a', 1, 10),
      backup('b', 8, 10, true),
      backup('b', 2, 10),
      backup('b', 3, 10),
    ];
    const { remove, left } = overCap(all, 55, 40);
    expect(remove.map(({ session }) => session)).toEqual(['a', 'b']);
    expect(left).toBe(35);
    expect(overCap(all, 40, 40)).toEqual({ remove: [], left: 40 });
  });

  it('never gives up what stays, says how much that is, and gives up no more than it must', () => {
    const any = fc.uniqueArray(
      fc.record({
        session: fc.constantFrom('a', 'b', 'c'),
        hours: fc.integer({ min: 0, max: 200 }),
        bytes: fc.integer({ min: 1, max: 100 }),
        stays: fc.boolean(),
      }),
      { selector: ({ session, hours }) => `${session}${hours}` },
    );
    fc.assert(
      fc.property(
        any,
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 0, max: 50 }),
        (found, cap, other) => {
          const all = found.map((one) => backup(one.session, one.hours, one.bytes, one.stays));
          const held = all.reduce((sum, { bytes }) => sum + bytes, other);
          const { remove, left } = overCap(all, held, cap);
          for (const one of remove) expect(one.stays).toBe(false);
          expect(left).toBe(held - remove.reduce((sum, { bytes }) => sum + bytes, 0));
          const free = all.filter(({ stays }) => !stays).length;
          expect(left <= cap || remove.length === free).toBe(true);
          const last = remove.at(-1);
          if (last) expect(left + last.bytes).toBeGreaterThan(cap);
        },
      ),
    );
  });
});
