/**
 * Which of a session's backups is the newest: the one place that says so, for the ladder, the lists and a look at the
 * latest alike. A wall clock alone cannot say it: one that was ahead once would make what was taken then the newest for
 * years. The epoch rises with each claim whatever a clock does, so it comes first, then the time; and a backup that is
 * taken gets an id that comes before all that the vault holds.
 *
 * Promised: of backups taken one after the other the last one comes first, whichever way the clock was wrong meanwhile,
 * also where the records that count epochs were lost in between. Of two that were taken at the same time without knowing
 * of each other, only that everybody sees them in the same order.
 */
import { backupId, isBackupId, parseBackupId } from './backup-names.ts';

/** What of an id says where it stands. */
export interface BackupPlace {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly epoch: number;
}

const second = 1_000;

/** For sorting the ids of one session. What is no id comes last. */
export function newestFirst(a: string, b: string): number {
  const [one, other] = [parseBackupId(a), parseBackupId(b)];
  if (!one || !other) return Number(one === null) - Number(other === null);
  return other.epoch - one.epoch || other.at - one.at || (a < b ? 1 : a > b ? -1 : 0);
}

/**
 * What a new id says, so that it comes before those that are `there`: the time and the ownership's epoch as they are,
 * where they do. Where the clock stands before the newest one of this epoch: a second after that one. Where the vault
 * knows a higher epoch, the records that count them were lost: counting goes on above it.
 */
export function nextPlace(there: readonly string[], now: BackupPlace): BackupPlace {
  for (const id of there.toSorted(newestFirst)) {
    const newest = parseBackupId(id);
    if (!newest) break;
    const place = placeAfter(newest, now);
    // Nothing comes after the last second that an id can say, or its highest epoch: no clock and no claim made that one.
    if (isBackupId(backupId({ ...place, sha256: '0'.repeat(12) }))) return place;
  }
  return now;
}

function placeAfter(newest: BackupPlace, now: BackupPlace): BackupPlace {
  if (now.epoch < newest.epoch) return { at: now.at, epoch: newest.epoch + 1 };
  if (now.epoch > newest.epoch || now.at >= newest.at + second) return now;
  return { at: newest.at + second, epoch: now.epoch };
}
