import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CronTimes, parseCron } from './cron.ts';
import { latestRun, nextRun } from './cron-runs.ts';

function cron(text: string): CronTimes {
  const times = parseCron(text);
  if (!times) throw new Error(`no cron expression: ${text}`);
  return times;
}

const nightly = cron('0 2 * * *');
const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
const next = (times: CronTimes, zone: string, now: string) => iso(nextRun(times, zone, Date.parse(now)));

/** All runs of a stretch of time. */
function runs(times: CronTimes, zone: string, from: string, until: string): readonly (string | null)[] {
  const found: (string | null)[] = [];
  let at = nextRun(times, zone, Date.parse(from));
  for (; at !== null && at < Date.parse(until); at = nextRun(times, zone, at)) found.push(iso(at));
  return found;
}

describe('the next run', () => {
  it.each([
    ['UTC', '2026-01-01T00:00:00Z', '2026-01-01T02:00:00.000Z'],
    ['UTC', '2026-01-01T02:00:00Z', '2026-01-02T02:00:00.000Z'],
    ['Europe/Berlin', '2026-01-01T00:59:59Z', '2026-01-01T01:00:00.000Z'],
    ['Europe/Berlin', '2026-07-01T12:00:00Z', '2026-07-02T00:00:00.000Z'],
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T20:30:00.000Z'],
    ['Pacific/Kiritimati', '2026-01-01T00:00:00Z', '2026-01-01T12:00:00.000Z'],
  ])('at 02:00 in %s after %s', (zone, now, expected) => {
    expect(next(nightly, zone, now)).toBe(expected);
  });

  it('comes right after the hour that daylight saving skips, once', () => {
    expect(runs(nightly, 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:00:00.000Z',
    ]);
  });

  it('comes in the first of two hours that daylight saving doubles, once', () => {
    expect(runs(nightly, 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-26T01:00:00.000Z',
    ]);
  });

  it('knows zones that turn by half an hour, and dates that a zone left out', () => {
    expect(runs(nightly, 'Australia/Lord_Howe', '2026-10-02T20:00:00Z', '2026-10-04T20:00:00Z')).toEqual([
      '2026-10-03T15:30:00.000Z',
      '2026-10-04T15:00:00.000Z',
    ]);
    // The 30th of December never was; its run comes with the first moment of the 31st.
    expect(runs(nightly, 'Pacific/Apia', '2011-12-29T00:00:00Z', '2011-12-31T00:00:00Z')).toEqual([
      '2011-12-29T12:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-30T12:00:00.000Z',
    ]);
  });

  it('comes on the days that are named alone', () => {
    expect(next(cron('30 4 * * sun'), 'UTC', '2026-01-01T00:00:00Z')).toBe('2026-01-04T04:30:00.000Z');
    expect(next(cron('0 2 29 feb *'), 'UTC', '2026-03-01T00:00:00Z')).toBe('2028-02-29T02:00:00.000Z');
    const never = { ...nightly, daysOfMonth: [30], months: [2] };
    expect(next(never, 'UTC', '2026-01-01T00:00:00Z')).toBeNull();
    expect(latestRun(never, 'UTC', Date.parse('2026-01-01T00:00:00Z'))).toBeNull();
  });
});

describe('runs, whatever the zone and the moment', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'America/Santiago',
  ];
  const moments = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) });

  it('come about once a day, and the latest and the next have none between them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), moments, fc.integer({ min: 0, max: 23 }), (zone, now, hour) => {
        const times = cron(`0 ${hour} * * *`);
        const latest = latestRun(times, zone, now);
        const following = nextRun(times, zone, now);
        if (latest === null || following === null) throw new Error('a daily run has no end');
        expect(latest).toBeLessThanOrEqual(now);
        expect(following).toBeGreaterThan(now);
        expect(nextRun(times, zone, latest)).toBe(following);
        expect(latestRun(times, zone, following)).toBe(following);
        const hours = (following - latest) / 3_600_000;
        expect(hours).toBeGreaterThanOrEqual(22);
        expect(hours).toBeLessThanOrEqual(26);
      }),
      { numRuns: 100 },
    );
  });
});
