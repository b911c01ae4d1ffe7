/** How backups are said to people. */
import type { BackupView } from '../supervisor/backup-operations.ts';
import { roundBytes } from '../wording/bytes.ts';
import { relativeTime } from '../wording/relative-time.ts';
import type { Tone } from '../wording/words.ts';
import { printable } from './printable.ts';

export const backupMarks = {
  verified: ['good', 'verified'],
  demoted: ['asking', 'demoted'],
  rejected: ['asking', 'rejected'],
  broken: ['bad', 'broken'],
  unmanaged: ['idle', 'unmanaged'],
} as const satisfies Record<BackupView['state'], readonly [Tone, string]>;

/** To the second, as `--at` reads it; `–` when nobody knows. */
export function momentOf(iso: string | null): string {
  const at = new Date(iso ?? '');
  return Number.isNaN(at.getTime()) ? '–' : `${at.toISOString().slice(0, 19)}Z`;
}

/** `the backup of 2 h ago (20261122T144200Z-3-0123456789ab, 24 MB)`. */
export function backupWords({ id, takenAt, bytes }: BackupView, now: number): string {
  const age = takenAt === null ? '' : ` of ${relativeTime(takenAt, now)}`;
  return `the backup${age} (${printable(id)}, ${roundBytes(bytes)})`;
}

/** How the copy was made: `from the running browser, which stood still for 12 ms`. */
export function methodWords({ method, pause }: BackupView): string {
  if (method === null) return 'nobody knows how';
  if (method === 'closed') return 'with the browser closed';
  const stood = pause === null ? '' : `, which stood still for ${Math.round(pause)} ms`;
  return `from the running browser${stood}`;
}
