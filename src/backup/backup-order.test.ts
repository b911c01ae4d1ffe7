import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupId, isBackupId, parseBackupId } from './backup-names.ts';
import { newestFirst, nextPlace } from './backup-order.ts';

const sha256 = 'abcdef012345'.padEnd(64, '0');
const noon = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;
const idOf = (at: number, epoch: number, hash = sha256) => backupId({ at, epoch, sha256: hash });

/** Takes one more, as the clock and the ownership have it; the newest first. */
function taken(ids: readonly string[], at: number, epoch: number, hash = sha256): readonly string[] {
  const place = nextPlace(ids, { at, epoch });
  return [...ids, backupId({ ...place, sha256: hash })].sort(newestFirst);
}

describe('the order of backups', () => {
  it('is by epoch, then by time, the newest first, and what is no id last', () => {
    const sorted = [idOf(3_000, 11), idOf(100_000, 10), idOf(200_000, 9), idOf(100_000, 9), 'latest'];
    expect(sorted.toReversed().sort(newestFirst)).toEqual(sorted);
  });

  it('takes a clock that was ahead in an earlier ownership for what it was', () => {
    const ahead = taken([], noon + 9_000 * hour, 7);
    const [newest] = taken(ahead, noon, 8);
    expect(newest).toBe(idOf(noon, 8));
  });

  it('goes on a second later where the clock went back within one ownership', () => {
    const ahead = taken([], noon + 9_000 * hour, 7);
    const [newest, before] = taken(ahead, noon, 7);
    expect(newest).toBe(idOf(noon + 9_000 * hour + 1_000, 7));
    expect(before).toBe(ahead[0]);
  });

  it('goes on counting above the vault where the records were lost that count epochs', () => {
    const [newest] = taken([idOf(noon, 41), idOf(noon, 40)], noon + hour, 1);
    expect(newest).toBe(idOf(noon + hour, 42));
  });

  it('changes nothing where clock and ownership are right', () => {
    expect(nextPlace([idOf(noon, 7)], { at: noon + 1_000, epoch: 7 })).toEqual({
      at: noon + 1_000,
      epoch: 7,
    });
    expect(nextPlace([], { at: noon, epoch: 0 })).toEqual({ at: noon, epoch: 0 });
  });

  it('is not kept from going on by an id that nothing can come after', () => {
    const last = Date.UTC(9_999, 11, 31, 23, 59, 59);
    const planted = [idOf(noon, Number.MAX_SAFE_INTEGER), idOf(last, 7), 'latest'];
    const [, , newest] = taken([...planted, idOf(noon, 6)], noon, 7).filter(isBackupId);
    expect(newest).toBe(idOf(noon, 7));
  });
});

describe('whatever the clock does', () => {
  const event = fc.oneof(
    { arbitrary: fc.constant('take' as const), weight: 4 },
    { arbitrary: fc.integer({ min: 0, max: Date.UTC(9_998, 0) }).map((clock) => ({ clock })), weight: 2 },
    { arbitrary: fc.constant('claim' as const), weight: 2 },
    { arbitrary: fc.constant('lose the records' as const), weight: 1 },
  );

  it('the backups lie in the order in which they were taken, the last one first', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.array(fc.nat(4_095)), (events, hashes) => {
        let clock = noon;
        let epoch = 1;
        let there: readonly string[] = [];
        const inOrder: string[] = [];
        for (const [index, one] of events.entries()) {
          if (one === 'claim') epoch++;
          else if (one === 'lose the records') epoch = 1;
          else if (one !== 'take') clock = one.clock;
          else {
            const hash = (hashes[index] ?? 0).toString(16).padStart(12, '0');
            const held = new Set(there);
            there = taken(there, clock, epoch, hash);
            inOrder.unshift(...there.filter((id) => !held.has(id)));
          }
        }
        expect(there).toEqual(inOrder);
        expect(new Set(there).size).toBe(there.length);
        expect(there.map(parseBackupId)).not.toContain(null);
      }),
      { numRuns: 500 },
    );
  });
});
