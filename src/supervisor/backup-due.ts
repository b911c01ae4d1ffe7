/** When a session is to be backed up, and how long after a failure it is tried again. Pure. */
import { createHash } from 'node:crypto';

const minute = 60_000;
const hour = 60 * minute;

/** What of a session decides. Milliseconds since the epoch; null where there is no such moment. */
export interface Standing {
  readonly id: string;
  /** When its newest backup was taken. */
  readonly newest: number | null;
  /** When its profile may have been written last; null while it is, all the time. */
  readonly writtenAt: number | null;
}

export interface DueRules {
  /** The latest scheduled run that has come; null where none has, or none is scheduled. */
  readonly run: number | null;
  readonly spread: number;
  /** How old the newest backup may become; null where the runs alone count. */
  readonly every: number | null;
}

/** A clock that was a little ahead is no reason to doubt a backup. */
const skew = 5 * minute;

/** Stays the same for a session and a run, and is another in every run. In [0, spread). */
export function jitterOf(session: string, run: number, spread: number): number {
  const digest = createHash('sha256').update(`${session} ${run}`).digest();
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * spread);
}

/**
 * Since when the session is to be backed up; null where it is not. It is decided by its newest backup alone: whoever took
 * it, and whatever happened to the clock or the daemon since. One that lies in the future was taken before the clock was
 * set back; how old it is nobody knows, so another one comes, once.
 */
export function dueSince({ id, newest, writtenAt }: Standing, rules: DueRules, now: number): number | null {
  if (newest !== null && writtenAt !== null && writtenAt <= newest) return null;
  const { run, spread, every } = rules;
  if (run === null && every === null) return null;
  if (newest === null || newest > now + skew) return now;
  const moments: number[] = [];
  if (run !== null && newest < run) moments.push(run + jitterOf(id, run, spread));
  if (every !== null) moments.push(newest + every + jitterOf(id, newest, Math.min(spread, every / 4)));
  const first = Math.min(...moments);
  return first <= now ? first : null;
}

/** Every session that was due for this run has a backup of it, or nothing to put into one. */
export function isServed({ newest, writtenAt }: Standing, run: number): boolean {
  return newest !== null && (newest >= run || (writtenAt !== null && writtenAt <= newest));
}

/** Milliseconds until the next try after so many failures in a row: 2, 4, 8 … minutes, at most an hour. */
export function pauseAfter(failures: number): number {
  return Math.min(hour, 2 * minute * 2 ** Math.min(10, Math.max(0, failures - 1)));
}

/** So many tries in vain are said to a person. */
export const triesInVain = 3;

/** The newest backup is older than it may be. One in the future is not. */
export function isOverdue(newest: number, maxAge: number, now: number): boolean {
  return now - newest > maxAge;
}
