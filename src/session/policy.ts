/**
 * When to start again, and when to give it a rest. Pure: history and the present go in, a decision comes
 * out. The history lives in the record, so that a restart of the daemon launders no crash loop.
 */
import type { StartEntry } from './record.ts';

const seconds = 1_000;
const minutes = 60 * seconds;

export interface Policy {
  /** To find nobody on the profile: orphans get seconds to close before they are killed. */
  readonly prepare: number;
  /** Between two tries of a session's first backup. */
  readonly backupRetry: number;
  /** Between two steps forward of a restore: a backup may be large, and its vault far away. */
  readonly restoreSilence: number;
  /** For all of a restore, however often it moves. */
  readonly restoreCap: number;
  /** After this long a restore keeps nobody else from starting. */
  readonly restoreYield: number;
  /** From launch to a QR or a login: bot, browser, navigation and boot together. */
  readonly launch: number;
  /** From the login to the end of the synchronisation; starts anew at every step forward. */
  readonly sync: number;
  /** From its beginning, however often it moves. */
  readonly syncCap: number;
  /** How long a QR is offered before the browser is closed. */
  readonly pairing: number;
  /** From `ready` of a new login to the clean close that flushes it; null: settle without a restart. */
  readonly sealAfter: number | null;
  /** WhatsApp Web reloads itself some five minutes after pairing, and whenever it likes. */
  readonly navigationGrace: number;
  /** The page reconnects by itself as long as the network comes back. */
  readonly offlineGrace: number;
  readonly bridgeGrace: number;
  /** How often a suspect is asked. */
  readonly suspectProbe: number;
  /** Before the device is taken back from another browser, once an hour. */
  readonly conflictRest: number;
  readonly conflictWindow: number;
  /** Between two tries to reach WhatsApp, on average. */
  readonly unreachableRest: number;
  /** Between two looks at a profile that cannot be prepared. */
  readonly unreadyRest: number;
  /** Between two looks for backups that the vault should hold, which a person has to bring back. */
  readonly missingRest: number;
  /** Between two tries while another installation owns the vault; whoever gets it back does not wait for the next. */
  readonly ownedRest: number;
}

export const defaultPolicy: Policy = {
  prepare: 60 * seconds,
  backupRetry: 10 * minutes,
  restoreSilence: 5 * minutes,
  restoreCap: 6 * 60 * minutes,
  restoreYield: 2 * minutes,
  launch: 3.5 * minutes,
  sync: 5 * minutes,
  syncCap: 15 * minutes,
  pairing: 10 * minutes,
  sealAfter: 10 * seconds,
  navigationGrace: 60 * seconds,
  offlineGrace: 3 * minutes,
  bridgeGrace: 30 * seconds,
  suspectProbe: 5 * seconds,
  conflictRest: 60 * seconds,
  conflictWindow: 60 * minutes,
  unreachableRest: 20 * seconds,
  unreadyRest: 15 * seconds,
  missingRest: 5 * minutes,
  ownedRest: 60 * minutes,
};

/** A start that stays online this long was a good one. */
const proven = 60 * seconds;
/** After this long without a fault the next restart is immediate. */
const forgiven = 10 * minutes;
const backoffBase = 2 * seconds;
const backoffCap = 5 * minutes;
const breakerWindow = 15 * minutes;
const breakerLimit = 5;
const halfOpenBase = 60 * seconds;
const halfOpenCap = 15 * minutes;
/** More starts than this are never looked at. */
const historyLimit = 32;

export function startBegan(starts: readonly StartEntry[], now: number): readonly StartEntry[] {
  return [...starts, { at: now, onlineAt: null, faultAt: null }].slice(-historyLimit);
}

export function startArrived(starts: readonly StartEntry[], now: number): readonly StartEntry[] {
  return withLast(starts, (last) => (last.onlineAt === null ? { ...last, onlineAt: now } : last));
}

export function startFaulted(starts: readonly StartEntry[], now: number): readonly StartEntry[] {
  return withLast(starts, (last) => (last.faultAt === null ? { ...last, faultAt: now } : last));
}

/** Without the latest, where that never came online and has not been counted as a fault. */
export function withoutUnfinished(starts: readonly StartEntry[]): readonly StartEntry[] {
  const last = starts.at(-1);
  return last?.onlineAt === null && last.faultAt === null ? starts.slice(0, -1) : starts;
}

function withLast(
  starts: readonly StartEntry[],
  change: (last: StartEntry) => StartEntry,
): readonly StartEntry[] {
  const last = starts.at(-1);
  return last ? [...starts.slice(0, -1), change(last)] : starts;
}

/** A clock may be set; what lies further ahead than this was written by one that was wrong, and says nothing. */
const clockSlack = 60 * seconds;

/** Whether a moment lies within the window before now. */
export function within(at: number | null, window: number, now: number): boolean {
  return at !== null && at <= now + clockSlack && now - at < window;
}

function isBad(start: StartEntry): boolean {
  return start.faultAt !== null && (start.onlineAt === null || start.faultAt - start.onlineAt < proven);
}

/**
 * Milliseconds to wait before the next start, after the fault that `starts` ends with.
 *
 * The first fault in ten good minutes: none. Then full jitter over a doubling bound, 2 s to 5 min. Five bad
 * starts (never online, or not for 60 s) within 15 min: a rest of 1 min, doubling to 15 min with each more.
 *
 * @param random in [0, 1)
 */
export function restBeforeRestart(starts: readonly StartEntry[], now: number, random: number): number {
  const bad = starts.filter((start) => isBad(start) && within(start.faultAt, breakerWindow, now)).length;
  // Not all at the same moment: what opened one breaker has mostly opened the others.
  if (bad >= breakerLimit)
    return Math.floor(Math.min(halfOpenCap, halfOpenBase * 2 ** (bad - breakerLimit)) * (0.75 + random / 4));
  const recent = starts.filter((start) => within(start.faultAt, forgiven, now)).length;
  if (recent <= 1) return 0;
  return Math.floor(random * Math.min(backoffCap, backoffBase * 2 ** (recent - 2)));
}
