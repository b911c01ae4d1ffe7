/** Everything that the command line needs from outside; main.ts builds it, tests script it. */
import type { SettingKey } from '../config/settings.ts';
import type { SessionId } from '../session/id.ts';
import type { BackupOperations } from '../supervisor/backup-operations.ts';
import type { Operations } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import type { Finding } from '../wording/finding.ts';
import type { Ask } from './ask-person.ts';

/** `process.stdout` and `process.stderr` are such. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Bytes that wait for the reader. */
  readonly writableLength?: number | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface Io {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** Settings from the command line, by the keys of the settings; what `loadSettings` takes. */
export type Flags = { readonly [Key in SettingKey]?: string };

export interface Connection {
  readonly operations: Operations;
  readonly backups: BackupOperations;
  /** Whether a daemon answers, or this process works on the volume itself under its lock. */
  readonly mode: 'daemon' | 'volume';
  /** Of the daemon's pages, with a slash at its end; null where there are none. */
  readonly url: string | null;
  close(): Promise<void>;
}

export interface SettingRow {
  readonly name: string;
  /** Masked where it is secret; null when it is not set. */
  readonly value: string | null;
  readonly source: string;
}

export interface SettingsInForce {
  readonly rows: readonly SettingRow[];
  /** Whose they are: the daemon's that runs, those of one that would be started like this, one session's. */
  readonly of: 'daemon' | 'here' | 'session';
}

export interface LogRequest {
  readonly lines: number;
  /** Goes on with what is appended until `signal` aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface CliContext {
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly version: string;
  /** What relative paths on the command line are relative to. */
  readonly cwd: () => string;
  /**
   * Aborts when the person types Ctrl-C or nobody reads the output any more. Called only by verbs that wait, so
   * that `serve` keeps the signals to itself.
   */
  readonly interrupted: () => AbortSignal;
  /** Null where nobody sits at a terminal. */
  readonly ask: Ask | null;
  readonly operations: (flags: Flags) => Promise<Connection>;
  /** Resolves with the exit code once the daemon has ended. */
  readonly serve: (flags: Flags, options: { readonly showQr: boolean }) => Promise<number>;
  /** `create`: also makes a vault that is missing. */
  readonly doctor: (flags: Flags, options: { readonly create: boolean }) => Promise<readonly Finding[]>;
  /** Settings in force: the daemon's, or those of one session. */
  readonly settings: (flags: Flags, session: SessionId | null) => Promise<SettingsInForce>;
  /** Raw lines of a session's log, without their line ends. */
  readonly log: (flags: Flags, session: SessionId, request: LogRequest) => AsyncIterable<string>;
}
