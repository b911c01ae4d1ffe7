/**
 * What goes when a vault on the volume itself holds more than it may: the oldest first, whichever session's, beyond what
 * the rules of retention would keep; but never the newest good backup of a session, nor anything of a session that has
 * none. Pure.
 */
import { parseBackupId } from './backup-names.ts';
import type { BackupRef } from './catalogue.ts';

export interface CappedBackup extends BackupRef {
  /** Of all its objects. */
  readonly bytes: number;
  /** Stays, whatever it takes. */
  readonly stays: boolean;
}

export interface Capped {
  /** In the order in which they go. */
  readonly remove: readonly CappedBackup[];
  /** What is held once they are gone. */
  readonly left: number;
}

/** `held`: bytes of everything in the vault. */
export function overCap(backups: readonly CappedBackup[], held: number, cap: number): Capped {
  const oldestFirst = backups
    .filter(({ stays }) => !stays)
    .toSorted((a, b) => timeOf(a) - timeOf(b) || (a.id < b.id ? -1 : 1));
  const remove: CappedBackup[] = [];
  let left = held;
  for (const backup of oldestFirst) {
    if (left <= cap) break;
    remove.push(backup);
    left -= backup.bytes;
  }
  return { remove, left };
}

function timeOf({ id }: BackupRef): number {
  return parseBackupId(id)?.at ?? 0;
}
