/** What a session needs from around it. Each is implemented elsewhere and handed in by compose.ts. */
import type { LaunchSpec, SnapshotReport } from '../engine/engine.ts';
import type { ErrorCode } from '../errors.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { Incident, TransitionEntry } from './history.ts';
import type { SessionId } from './id.ts';
import type { SessionRecord } from './record.ts';
import type { BackupMark, Prepared, RestoreChoice } from './state.ts';

/** The session's profile on the volume. Calls of one session are never concurrent. */
export interface Profiles {
  /**
   * Makes sure that nobody's browser is on the profile, strips its locks, and verifies it. Moves it to quarantine
   * first when it is forfeited, and when it is damaged and no settled login is lost with it. Throws
   * `profile_in_use`, `disk_full` and the like.
   */
  prepare(id: SessionId, expected: ExpectedProfile, signal: AbortSignal): Promise<Prepared>;
  /** Moves the profile away; null when there was none. Never deletes. */
  quarantine(id: SessionId, reason: string): Promise<string | null>;
  /** Ends whatever of ours still runs on the profile after its host has ended. Bounded; true when nothing is left. */
  reap(id: SessionId): Promise<boolean>;
  /** Copies the profile as it lies there. Throws `profile_in_use` while a browser runs on it. */
  copy(id: SessionId, target: string, signal: AbortSignal): Promise<CopyReport>;
}

/** With a restore that is due nobody asks what is there: it is about to be replaced. */
export type ExpectedProfile = Pick<SessionRecord, 'forfeited' | 'login' | 'evidence' | 'dueRestore'>;

/** How a copy of a profile was made, for its manifest. */
export interface CopyReport {
  readonly method: 'frozen' | 'closed';
  /** Milliseconds that the browser stood still; null when none ran. */
  readonly pause: number | null;
  readonly versions: SnapshotReport['versions'];
}

/** What something long is at; `wording/step-words.ts` says it to people. */
export type WorkStep =
  | 'look'
  | 'copy'
  | 'verify'
  | 'archive'
  | 'put'
  | 'read-back'
  | 'download'
  | 'unpack'
  | 'open'
  | 'erase';

/** How far something long is. Told at every step forward. */
export interface Progress {
  readonly step: WorkStep;
  /** Bytes; null where nobody counts. */
  readonly done: number | null;
  readonly total: number | null;
}

export interface Task {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** Backups of sessions, and the way back. Throws `vault_unavailable`, `disk_full`, `profile_damaged` and the like. */
export interface Backups {
  /** `copy` fills the directory that it is given, which is removed afterwards. */
  take(
    session: SessionRecord,
    copy: (target: string, signal: AbortSignal) => Promise<CopyReport>,
    task: Task,
  ): Promise<BackupTaken>;
  /**
   * Puts a backup in the profile's place; what was there goes to quarantine. Nobody runs on the profile meanwhile.
   * Null when the vault holds none that may be tried. Throws `backup_not_found` where the vault does not list the one
   * that is named, or none that may be tried although the record knows of one; `backup_damaged`. Everything is as it
   * was then.
   */
  restore(session: SessionRecord, choice: RestoreChoice, task: Task): Promise<Restored | null>;
  /**
   * Marks in the vault what the record says WhatsApp did not take, where it is not marked yet. Never rejects: what cannot be
   * marked now is with the next backup or start.
   */
  markRejected(session: Pick<SessionRecord, 'id' | 'rejected'>, signal: AbortSignal): Promise<void>;
}

/** Browsers and libraries of another version, about to open a profile for the first time. */
export interface Upgrades {
  /**
   * What takes the profile over, in a few words; null where nothing changes, nobody can say, or the newest backup is of
   * the profile as it lies there. Asked while nothing runs on it.
   */
  before(record: SessionRecord, signal: AbortSignal): Promise<string | null>;
  /** The backup before it failed with the error of this code, or was given up (`late`). */
  failed(code: ErrorCode | 'late'): void;
}

export interface BackupTaken {
  readonly mark: BackupMark;
  readonly evidence: LoginEvidence;
  /** Why it counts for less than the good ones before it; null where it does not. */
  readonly demoted: string | null;
  /** What a person should know: it is much smaller than the one before, for example. */
  readonly warnings: readonly string[];
}

export interface Restored {
  readonly backup: BackupMark;
  readonly evidence: LoginEvidence;
  /** Where the profile went that had been there; null when there was none. */
  readonly quarantined: string | null;
}

/** Room to start: bounds how many sessions start at once. */
export interface Admission {
  /** Resolves when there is room; the release may be called repeatedly. */
  enter(id: SessionId, signal: AbortSignal): Promise<() => void>;
}

export interface Records {
  /** Atomic and durable: the old record or the new one. */
  write(record: SessionRecord): Promise<void>;
}

/** The history; never fails, may lose entries when the registry is lost. */
export interface History {
  record(record: SessionRecord): void;
  transition(entry: TransitionEntry): void;
  incident(incident: Incident): void;
}

/** The launch of this very session, once the browser and its arguments are known. Throws `chromium_not_found`. */
export type SpecFor = (
  session: Pick<SessionRecord, 'id' | 'settings'>,
  signal: AbortSignal,
) => Promise<LaunchSpec>;
