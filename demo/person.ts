/**
 * The person who looks after the bare program: does what its users do, and what each of them reads first when it
 * does not work. Decides only; counted as help by the scoreboard. The daemon's
 * owner is in owner.ts.
 */
import type { Session } from './cast.ts';

export interface Finding {
  /** Milliseconds, as all moments here. */
  readonly now: number;
  /** Sessions that are not online. */
  readonly down: readonly Session[];
  /** Those of them that show a QR, with when it was first seen. */
  readonly qrs: ReadonlyMap<Session, number>;
  readonly lastFault: number;
  /** When the program was last started. */
  readonly startedAt: number;
  /** When it ended, by itself, since the last fault or act. */
  readonly ends: readonly number[];
  readonly lastAct: number;
  readonly hasStaleLock: boolean;
  readonly mayScan: boolean;
}

export type Act =
  | { readonly is: 'restart' }
  | { readonly is: 'remove_locks' }
  | { readonly is: 'scan'; readonly sessions: readonly Session[] };

/** Nobody sits beside a program that has been well for months; here somebody looks this soon, if nothing moves. */
export const looksAfter = 6_000;
/** A QR is seen and the phone is fetched. */
const scanTakes = 3_000;
/** Longer than three browsers take to start, on a slow machine too. */
const startTakes = 25_000;
/** Ends in a row by which one sees that it does not start any more. */
const endsSeen = 2;

export function decide(finding: Finding): Act | null {
  const { now, down, qrs, lastFault, startedAt, ends, lastAct } = finding;
  if (down.length === 0) return null;
  const scannable = [...qrs].filter(([, since]) => now - since >= scanTakes).map(([session]) => session);
  if (scannable.length > 0 && finding.mayScan) return { is: 'scan', sessions: scannable };
  if (now - Math.max(lastFault, lastAct) < looksAfter) {
    // It does not take that long to see that it ends again and again after one has started it.
    const failsAgain = ends.length >= endsSeen && lastAct > lastFault;
    return failsAgain && finding.hasStaleLock ? { is: 'remove_locks' } : null;
  }
  if (ends.length >= endsSeen) return finding.hasStaleLock ? { is: 'remove_locks' } : null;
  // It has been started since, by its loop or by the person: that is waited for.
  const isOnItsWay = startedAt > lastFault && now - startedAt < startTakes;
  if (isOnItsWay || down.every((session) => qrs.has(session))) return null;
  return { is: 'restart' };
}
