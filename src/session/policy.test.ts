import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restBeforeRestart, startArrived, startBegan, startFaulted } from './policy.ts';
import type { StartEntry } from './record.ts';

const minute = 60_000;
const now = Date.UTC(2026, 0, 1, 12);

/** A start that ended `ago` ms ago after `online` ms online; never online when that is null. */
const ended = (ago: number, online: number | null): StartEntry => ({
  at: now - ago - (online ?? 0) - 1_000,
  onlineAt: online === null ? null : now - ago - online,
  faultAt: now - ago,
});

describe('the rest before a restart', () => {
  it.each([
    ['the first fault ever', [ended(0, 60 * minute)], 0],
    ['the first fault in ten minutes', [ended(11 * minute, 5 * minute), ended(0, 10 * minute)], 0],
    ['the second fault in ten minutes', [ended(2 * minute, minute), ended(0, minute)], 1_000],
    ['the third', [ended(4 * minute, minute), ended(2 * minute, minute), ended(0, minute)], 2_000],
    ['the fifth that never came online', [4, 3, 2, 1, 0].map((m) => ended(m * minute, null)), 52_500],
    ['the seventh', [6, 5, 4, 3, 2, 1, 0].map((m) => ended(m * minute, null)), 210_000],
  ] as const)('%s', (_what, starts, rest) => {
    expect(restBeforeRestart(starts, now, 0.5)).toBe(rest);
  });

  it('does not open the breaker for starts that stayed online for a minute', () => {
    const starts = [8, 6, 4, 2, 0].map((m) => ended(m * minute, 61_000));
    expect(restBeforeRestart(starts, now, 0.999)).toBeLessThan(16_001);
  });

  it('lies between nothing and a quarter of an hour, whatever the history and the clock', () => {
    const time = fc.oneof(fc.constant(null), fc.integer({ min: now - 90 * minute, max: now + 90 * minute }));
    const start = fc.record({
      at: fc.integer({ min: now - 90 * minute, max: now }),
      onlineAt: time,
      faultAt: time,
    });
    fc.assert(
      fc.property(
        fc.array(start, { maxLength: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (starts, random) => {
          const rest = restBeforeRestart(starts, now, random);
          expect(rest).toBeGreaterThanOrEqual(0);
          expect(rest).toBeLessThanOrEqual(15 * minute);
        },
      ),
    );
  });
});

describe('a clock that was wrong once', () => {
  it('is forgiven: what lies in the future says nothing', () => {
    const ahead = [5, 4, 3, 2, 1].map((day) => ended(-day * 24 * 60 * minute, null));
    expect(restBeforeRestart([...ahead, ended(0, 10 * minute)], now, 0.5)).toBe(0);
  });
});

describe('the history of starts', () => {
  it('keeps the first moment online and the first fault of a start', () => {
    let starts = startBegan([], 1);
    starts = startArrived(starts, 2);
    starts = startArrived(starts, 3);
    starts = startFaulted(starts, 4);
    starts = startFaulted(starts, 5);
    expect(starts).toEqual([{ at: 1, onlineAt: 2, faultAt: 4 }]);
  });

  it('is bounded', () => {
    let starts: readonly StartEntry[] = [];
    for (let n = 0; n < 100; n++) starts = startBegan(starts, n);
    expect(starts).toHaveLength(32);
  });
});
