/**
 * When a cron expression comes, in a time zone. Pure. An hour that daylight saving skips comes at the first moment after
 * it; one that is doubled comes the first time alone: each date has each of its times exactly once.
 */
import type { CronTimes } from './cron.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
/** A 29th of February comes within eight years, once a century is left out. */
const farthest = 9 * 366;

/** The latest at or before `now`; null where there is none. Milliseconds since the epoch. */
export function latestRun(times: CronTimes, timeZone: string, now: number): number | null {
  const wall = wallClock(timeZone);
  let date = wall(now) + day;
  for (let back = 0; back <= farthest; back++, date -= day) {
    const found = runsOn(times, date, wall).findLast((at) => at <= now);
    if (found !== undefined) return found;
  }
  return null;
}

/** The first after `now`; null where there is none. */
export function nextRun(times: CronTimes, timeZone: string, now: number): number | null {
  const wall = wallClock(timeZone);
  let date = wall(now) - day;
  for (let on = 0; on <= farthest; on++, date += day) {
    const found = runsOn(times, date, wall).find((at) => at > now);
    if (found !== undefined) return found;
  }
  return null;
}

/** What the clock on the wall shows, as the milliseconds that UTC would have for it. */
type WallClock = (at: number) => number;

/** Of one date, in order. */
function runsOn(times: CronTimes, wallTime: number, wall: WallClock): readonly number[] {
  const date = new Date(wallTime);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  if (!times.months.includes(date.getUTCMonth() + 1)) return [];
  if (!times.daysOfMonth.includes(date.getUTCDate())) return [];
  if (!times.daysOfWeek.includes(date.getUTCDay())) return [];
  const runs = times.hours.flatMap((hour) =>
    times.minutes.map((past) => firstAt(midnight + (hour * 60 + past) * minute, wall)),
  );
  return [...new Set(runs)].sort((a, b) => a - b);
}

/** The first moment at which the clock on the wall shows this or, where it never does, what comes after it. */
function firstAt(shown: number, wall: WallClock): number {
  // Between these the clock shows it for the first time: no zone is farther from UTC, and no clock is turned farther.
  let before = shown - day;
  let after = shown + day;
  // Where the clock is turned back it shows a time twice; the offset before the turn is that of the first.
  const offsets = [before, shown, after].map((at) => wall(at) - at);
  const candidates = offsets.map((offset) => shown - offset).filter((at) => wall(at) === shown);
  if (candidates.length > 0) return Math.min(...candidates);
  // Skipped: it shows less before the gap and more after it, and is turned only once in these two days.
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (wall(middle) < shown) before = middle;
    else after = middle;
  }
  return after;
}

const clocks = new Map<string, WallClock>();

function wallClock(timeZone: string): WallClock {
  const known = clocks.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const wall = (at: number) => {
    const parts = format.formatToParts(at);
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return shown + (((at % 1_000) + 1_000) % 1_000);
  };
  clocks.set(timeZone, wall);
  return wall;
}
