import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DueRules, dueSince, isServed, jitterOf, pauseAfter, type Standing } from './backup-due.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const run = Date.UTC(2026, 0, 2, 2);

const online = (newest: number | null): Standing => ({ id: 'main', newest, writtenAt: null });
const stopped = (newest: number | null, writtenAt: number): Standing => ({ id: 'main', newest, writtenAt });
const nightly: DueRules = { run, spread: 0, every: null };

describe('a backup is due', () => {
  it.each([
    ['after the run, with one of the day before', online(run - day), nightly, run, run],
    ['long after the run', online(run - 9 * day), nightly, run + 9 * hour, run],
    ['with none at all', online(null), nightly, run + hour, run + hour],
    ['when the newest is of tomorrow', online(run + 2 * day), nightly, run + hour, run + hour],
    ['when it was stopped since', stopped(run - day, run - hour), nightly, run + hour, run],
    [
      'when it is as old as it may be',
      online(run),
      { run, spread: 0, every: 6 * hour },
      run + 6 * hour,
      run + 6 * hour,
    ],
  ])('%s', (_, standing, rules, now, since) => {
    expect(dueSince(standing, rules, now)).toBe(since);
  });

  it.each([
    ['with one that was taken since the run', online(run + 1), nightly, run + hour],
    ['with one of which the clock says that it comes in a minute', online(run + minute), nightly, run],
    ['when nothing has written since', stopped(run - day, run - day - 1), nightly, run + hour],
    ['where nothing is scheduled', online(null), { run: null, spread: 0, every: null }, run],
    ['before it is as old as it may be', online(run), { run: null, spread: 0, every: hour }, run + hour - 1],
  ])('not %s', (_, standing, rules, now) => {
    expect(dueSince(standing, rules, now)).toBeNull();
  });
});

describe('whatever happens', () => {
  const ids = fc.string({ minLength: 1, maxLength: 64 });
  const times = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) });

  it('a session has a moment of its own in the spread, the same whenever it is asked', () => {
    fc.assert(
      fc.property(ids, times, fc.integer({ min: 0, max: 12 * hour }), (id, at, spread) => {
        const jitter = jitterOf(id, at, spread);
        expect(jitter).toBe(jitterOf(id, at, spread));
        expect(jitter).toBeGreaterThanOrEqual(0);
        expect(jitter).toBeLessThanOrEqual(Math.max(0, spread - 1));
      }),
    );
  });

  it('one that was just taken is enough: no storm', () => {
    fc.assert(
      fc.property(ids, times, times, fc.integer({ min: 0, max: hour }), (id, now, latest, spread) => {
        const rules = { run: Math.min(latest, now), spread, every: 6 * hour };
        expect(dueSince({ id, newest: now, writtenAt: null }, rules, now)).toBeNull();
        expect(isServed({ id, newest: now, writtenAt: null }, rules.run)).toBe(true);
      }),
    );
  });

  it('whatever is older than the run is due once the spread is over: never none', () => {
    fc.assert(
      fc.property(ids, times, fc.integer({ min: 1, max: 999 * day }), (id, at, age) => {
        const rules = { run: at, spread: hour, every: null };
        expect(dueSince({ id, newest: at - age, writtenAt: null }, rules, at + hour)).not.toBeNull();
        expect(isServed({ id, newest: at - age, writtenAt: null }, at)).toBe(false);
      }),
    );
  });

  it('a hundred sessions are spread over all of it', () => {
    const moments = Array.from({ length: 100 }, (_, n) => jitterOf(`s${n}`, run, hour));
    for (let quarter = 0; quarter < 4; quarter++) {
      const within = moments.filter((at) => Math.floor(at / (hour / 4)) === quarter);
      expect(within.length).toBeGreaterThan(10);
    }
    expect(jitterOf('s1', run, hour)).not.toBe(jitterOf('s1', run + day, hour));
  });
});

it('pauses grow and stay bounded', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((n) => pauseAfter(n) / minute)).toEqual([2, 4, 8, 16, 32, 60, 60]);
});
