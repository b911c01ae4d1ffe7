/**
 * What goes wrong with backups outside a session's own life, as an operator must hear of it: raised once, added to while
 * it lasts, closed by the first thing that shows it is over. Kept in the registry beside the incidents of sessions.
 */
import type { SessionId } from '../session/id.ts';

export const backupIncidentCauses = [
  /** A backup of a session did not come about, after all its tries. */
  'backup_failed',
  /** The newest good backup of a session is older than the limit. */
  'backup_overdue',
  /** A profile held suddenly much less than before: the new backup is kept and does not replace what was good. */
  'backup_shrunk',
  /** A backup was fetched, unpacked and opened, and did not hold what it claims. */
  'drill_failed',
  /** Drills of a session's backups are due and do not come to their end. */
  'drill_overdue',
  /** The vault does not answer, or refuses. */
  'vault_unreachable',
  /** Another installation owns the vault, so this one does not write to it nor run what it holds. */
  'vault_owned',
  /** That the vault is ours could not be said in it for an hour or more; after a day another installation may have it. */
  'vault_unrenewed',
] as const;

export type BackupIncidentCause = (typeof backupIncidentCauses)[number];

/** One that lasts, as surfaces show it. */
export interface BackupIncidentView {
  readonly cause: BackupIncidentCause;
  /** Null where it concerns all. */
  readonly session: SessionId | null;
  /** ISO time. */
  readonly since: string;
  /** What is wrong as it was found last, in a sentence. */
  readonly problem: string;
  readonly remedy: string | null;
}

/** Neither ever throws or waits: whoever backs up has other things to do than to be told that nobody took note. */
export interface BackupIncidents {
  /** Opens one, or adds `problem` as a step to the one that is open. `session` is null where it concerns all. */
  raise(
    cause: BackupIncidentCause,
    session: SessionId | null,
    what: { readonly problem: string; readonly remedy: string | null },
  ): void;
  /** Closes it where one is open. */
  resolve(cause: BackupIncidentCause, session: SessionId | null): void;
}
