/**
 * Which backups of one session stay, and why. Pure, and asked only after a good backup was taken and listed: a history is
 * given up for nothing but a newer one.
 *
 * Time is counted by the backups and not by the clock: from one to the next as much as lies between them, but two days at
 * most. A clock that is a year ahead, or a daemon that was off for a year, makes what was there two days older and no
 * more; one that was set back makes nothing older. So no wrong clock removes more than two days of history at once, and
 * no bound on how much goes at once is needed beside it.
 */
import { type MarkKind, parseBackupId } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';

export interface RetentionRules {
  /** Milliseconds for which every backup stays. */
  readonly keep: number;
  /** The newest good ones that stay, however old. */
  readonly keepLast: number;
  /** Of so many of the latest weeks that have good ones, the newest stays. */
  readonly keepWeekly: number;
}

export interface RetainedBackup {
  readonly id: string;
  readonly marks: readonly MarkKind[];
  /** `unread`: nobody could look into it here, so it may be as good as any. */
  readonly state: 'usable' | 'broken' | 'unread';
}

export type RetentionReason =
  /** Nothing is removed where nothing is good. */
  | 'nothing good beside it'
  | 'the newest good one'
  | 'in use'
  | 'cannot be read'
  | 'among the last'
  | 'the newest of its week'
  | 'young'
  | 'old';

export interface Judgement {
  readonly id: string;
  readonly keep: boolean;
  readonly reason: RetentionReason;
}

/** Reasons that hold only for what is good: whoever removes others on their strength looks into these first. */
export const floors: ReadonlySet<RetentionReason> = new Set([
  'the newest good one',
  'among the last',
  'the newest of its week',
]);

/** Milliseconds. The longest time between two backups that counts. */
export const longestGap = 2 * 86_400_000;
const week = 7 * 86_400_000;

/** Verified, and neither rejected nor demoted. */
export function isGood({ marks, state }: Pick<RetainedBackup, 'marks' | 'state'>): boolean {
  return state === 'usable' && !marks.includes('rejected') && !marks.includes('demoted');
}

/** One of each, newest first. `inUse`: what a record names, whatever became of it. `now` in milliseconds since the epoch. */
export function judge(
  backups: readonly RetainedBackup[],
  rules: RetentionRules,
  { now, inUse }: { readonly now: number; readonly inUse: ReadonlySet<string> },
): readonly Judgement[] {
  const sorted = backups.toSorted((a, b) => newestFirst(a.id, b.id));
  const good = sorted.filter(isGood).map(({ id }) => id);
  const last = new Set(good.slice(0, rules.keepLast));
  const weekly = newestOfWeeks(good, rules.keepWeekly);
  const ages = agesOf(sorted, now);
  const reasonFor = (backup: RetainedBackup): RetentionReason => {
    const { id } = backup;
    if (good.length === 0) return 'nothing good beside it';
    if (id === good[0]) return 'the newest good one';
    if (inUse.has(id)) return 'in use';
    if (backup.state === 'unread') return 'cannot be read';
    if (last.has(id)) return 'among the last';
    if (weekly.has(id)) return 'the newest of its week';
    return (ages.get(id) ?? 0) <= rules.keep ? 'young' : 'old';
  };
  return sorted.map((backup) => {
    const reason = reasonFor(backup);
    return { id: backup.id, keep: reason !== 'old', reason };
  });
}

/** Milliseconds, as the backups of one session count them. */
export function agesOf(
  backups: readonly Pick<RetainedBackup, 'id'>[],
  now: number,
): ReadonlyMap<string, number> {
  const sorted = backups.toSorted((a, b) => newestFirst(a.id, b.id));
  const ages = new Map<string, number>();
  let age = 0;
  let after = now;
  for (const { id } of sorted) {
    const at = parseBackupId(id)?.at;
    if (at === undefined) continue;
    age += Math.min(Math.max(after - at, 0), longestGap);
    after = at;
    ages.set(id, age);
  }
  return ages;
}

/** Weeks are those of the backups' own times, so that the one that stays of a week is the same every day. */
function newestOfWeeks(good: readonly string[], weeks: number): ReadonlySet<string> {
  const newest = new Map<number, string>();
  for (const id of good) {
    const number = Math.floor((parseBackupId(id)?.at ?? 0) / week);
    if (!newest.has(number)) newest.set(number, id);
  }
  return new Set([...newest.values()].slice(0, weeks));
}
