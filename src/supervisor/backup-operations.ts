/**
 * What can be asked of a volume's backups. As with operations.ts, the daemon carries it out, http and control carry it,
 * and the command line uses it through the socket or, without a daemon, over the volume itself.
 */
import type { SessionId } from '../session/id.ts';
import type { Progress } from '../session/ports.ts';
import type {
  ImportPlanRequest,
  ImportPlanView,
  ImportRequest,
  ImportSourceView,
} from './import-operations.ts';
import type { RecoveryRequest, RecoveryView } from './recovery-operations.ts';

export type Step<T> = { readonly progress: Progress } | { readonly result: T };

/** Something long: any number of `progress`, then one `result`; or it throws. Ends early when its signal aborts. */
export type Work<T> = AsyncIterable<Step<T>>;

export interface BackupView {
  /** Of an unmanaged archive its file name. */
  readonly id: string;
  /** Null of an unmanaged archive of which nobody can say whose it is. */
  readonly session: SessionId | null;
  /** ISO time of the copy; null where the manifest cannot be read. */
  readonly takenAt: string | null;
  /** Of the archive. */
  readonly bytes: number;
  /**
   * `verified`: its archive was read back and holds a login. `demoted`: it is that as well, but held suddenly much less
   * than the one before it, or failed a drill; all others are tried first. `rejected`: WhatsApp did not take it. `broken`:
   * its manifest or archive is missing, damaged or not to be read. `unmanaged`: another tool made it, and nothing is known
   * of it before a person has it looked at. None of these three is ever restored by itself.
   */
  readonly state: 'verified' | 'demoted' | 'rejected' | 'broken' | 'unmanaged';
  /** What is wrong with it; null when nothing is. */
  readonly problem: string | null;
  /** `frozen` or `closed`; null where the manifest cannot be read. */
  readonly method: 'frozen' | 'closed' | null;
  /** Milliseconds that the browser stood still; null when none ran. */
  readonly pause: number | null;
  readonly browser: string | null;
  /** Names of the keys that it is encrypted for; empty of a plain one, and where nobody knows. */
  readonly keys: readonly string[];
  /** ISO time of the last look at all that it holds: at the taking, or a drill that it passed; null where there was none. */
  readonly verifiedAt: string | null;
  /** ISO time of the last drill that it passed; null when it passed none. */
  readonly drilledAt: string | null;
}

/**
 * Which backup: by id (an unmanaged one by its file name), the newest, or the newest that was taken at or before a time (ISO). One that was demoted only where
 * there is no other, and one that was rejected only by its id.
 */
export type WhichBackup = { readonly id: string } | 'latest' | { readonly at: string };

export interface RestoreView {
  readonly session: SessionId;
  readonly backup: BackupView;
  /** It was fetched and verified, and nothing was put in place. */
  readonly dryRun: boolean;
  /** Where the profile went that had been there; null when there was none, or in a dry run. */
  readonly quarantined: string | null;
}

/** What is known of one profile or backup after a deep look. */
export interface CheckView {
  readonly soundness: 'sound' | 'absent' | 'no_login' | 'damaged' | 'unverifiable';
  /** What is wrong, in a sentence; null when it is sound. */
  readonly problem: string | null;
  readonly warnings: readonly string[];
}

export interface VerificationView {
  readonly session: SessionId;
  /** Of a copy where a browser runs. */
  readonly profile: CheckView;
  /** The newest backup, fetched and unpacked; null when there is none. */
  readonly backup: (CheckView & { readonly id: string }) | null;
}

/** What came of a drill. */
export interface DrillView {
  readonly session: SessionId;
  /** As it stands after the drill. */
  readonly backup: BackupView;
  /** It was fetched, opened in a browser without a network, and holds what its manifest says. */
  readonly passed: boolean;
  /** What is wrong with it, a sentence; null where it passed. */
  readonly problem: string | null;
  readonly warnings: readonly string[];
  /** Milliseconds. */
  readonly took: number;
  /** Bytes of its files. */
  readonly unpacked: number;
  /** Version of the browser that opened it. */
  readonly browser: string;
  /** What that one found, as numbers; null where it came to none. */
  readonly found: {
    readonly loginKeys: number;
    readonly databases: number;
    readonly records: number;
  } | null;
}

export interface PurgeView {
  readonly session: SessionId;
  /** Paths and names of what was erased. */
  readonly erased: readonly string[];
}

export interface ImportView {
  readonly session: SessionId;
  readonly source: string;
  readonly files: number;
  readonly bytes: number;
  /** Which Chromium wrote it last; null where that is not said. */
  readonly browser: string | null;
  readonly standing: ImportSourceView['standing'];
  /** It was copied and looked at, and nothing was put in place. */
  readonly dryRun: boolean;
  /** The backup that it has become; null in a dry run. */
  readonly backup: BackupView | null;
  /** Where the profile went that had been there; null when there was none, or in a dry run. */
  readonly quarantined: string | null;
  /** What was tolerated, a sentence each. */
  readonly warnings: readonly string[];
}

export interface BackupOperations {
  /** Newest first; where none is named of all sessions by name, also of such that the volume no longer knows. */
  backups(id: SessionId | null): Promise<readonly BackupView[]>;
  /** Throws `session_refused` where the login is not settled or the session is on its way up or down. */
  backup(id: SessionId, signal: AbortSignal): Work<BackupView>;
  /**
   * Closes the session, puts the backup in the profile's place and starts it again where it was wanted. Throws
   * `backup_not_found`, `backup_damaged`; then all is as it was. `session_refused`: it was called off, or replaced by a
   * later request. `daemon_unavailable`: the daemon ends, and its next start carries it out, or the message says why not.
   */
  restore(
    id: SessionId,
    options: { readonly which: WhichBackup; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Work<RestoreView>;
  /**
   * A person has another opinion of a backup than WhatsApp or we had: it is neither rejected nor demoted any more, in the
   * vault and in the session's record. Throws `backup_not_found`.
   */
  clear(id: SessionId, backup: string): Promise<BackupView>;
  /** Looks deeply at the profile, running or not, and at the newest backup. */
  verify(id: SessionId, signal: AbortSignal): Work<VerificationView>;
  /**
   * Fetches the backup and opens it in a browser without a network, beside whatever the session does, and marks in the vault
   * what comes of it. Throws what says nothing about the backup: `drill_incomplete`, `chromium_not_found`, `disk_full` and the
   * like.
   */
  drill(id: SessionId, which: WhichBackup, signal: AbortSignal): Work<DrillView>;
  /** Erases everything of a session: profile, quarantine, backups, record. The only thing that ever does. */
  purge(id: SessionId, signal: AbortSignal): Work<PurgeView>;
  /**
   * Brings back what the volume does not know of what the vault holds. Throws `vault_owned` where the vault belongs to
   * another installation and `takeOver` is not set. Broken off, it is simply asked for again.
   */
  recover(request: RecoveryRequest, signal: AbortSignal): Work<RecoveryView>;
  /** What of a path could be imported. Only looks. Throws `import_unusable` where there is nothing. */
  importable(request: ImportPlanRequest): Promise<ImportPlanView>;
  /**
   * Copies a profile of another program, makes a backup of it, and puts that in place as `restore` does; the session is made
   * where there is none. The source is only read. Throws `import_unusable`, `profile_in_use` where a browser runs on it,
   * `session_refused` where a login would be replaced without `replace`; then all is as it was.
   */
  import(id: SessionId, request: ImportRequest, signal: AbortSignal): Work<ImportView>;
}
