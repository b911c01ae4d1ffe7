/**
 * What people and programs can ask of a volume's sessions. The daemon's supervisor implements it; the HTTP
 * routes and the control socket carry it; the command line uses it through the socket while a daemon runs,
 * and over an embedded supervisor or the records alone when none does.
 */
import type { SessionId } from '../session/id.ts';
import type { SessionSettings } from '../session/record.ts';
import type { Status } from '../session/state.ts';

/** One session as surfaces show it. The first seven are public names that scripts rely on. */
export interface SessionView {
  readonly id: SessionId;
  readonly status: Status;
  /** Why it failed or rests; null when all is well. */
  readonly reason: string | null;
  readonly phone: string | null;
  /** ISO times or null. */
  readonly lastSeen: string | null;
  readonly lastBackup: string | null;
  readonly restarts: number;
  readonly name: string | null;
  readonly wanted: 'online' | 'stopped';
  /** The machine's own state, finer than the status. */
  readonly state: string;
  readonly since: string;
  /** What a person must do; null when nothing. */
  readonly remedy: string | null;
  /** ISO time of the next try while it rests. */
  readonly nextTry: string | null;
}

/** What `pair` and the followers of a session see, one after the other. */
export type SessionNotice =
  | { readonly event: 'qr'; readonly qr: string }
  | { readonly event: 'code'; readonly code: string }
  | { readonly event: 'authenticated' }
  | { readonly event: 'ready' }
  /** Every change of what `sessions` shows. */
  | { readonly event: 'status'; readonly session: SessionView };

export type SettingsPatch = {
  readonly [Name in keyof SessionSettings]?: NonNullable<SessionSettings[Name]> | null;
};

export interface PairingMaterial {
  readonly qr: string | null;
  readonly code: string | null;
  /** ISO time of the newest of the two. */
  readonly at: string;
}

export interface Operations {
  sessions(): Promise<readonly SessionView[]>;
  /** Throws `session_not_found`, as do all that take an id except `pair`. */
  session(id: SessionId): Promise<SessionView>;
  /** Wants it online, and clears a failure: it is a person who asks. Returns once accepted. */
  start(id: SessionId): Promise<SessionView>;
  /** Returns once it is stopped with no browser left. */
  stop(id: SessionId): Promise<SessionView>;
  /** Closes cleanly and starts again; returns once the new start is accepted. */
  restart(id: SessionId): Promise<SessionView>;
  /** Unlinks the device and quarantines the profile; refused unless it is online (`session_refused`). */
  logout(id: SessionId): Promise<SessionView>;
  /**
   * Creates the session if need be and wants it paired: with a code for `phone` (digits), else by QR. A
   * failed session's worthless profile goes to quarantine first. Returns once accepted; `follow` shows the rest.
   */
  pair(id: SessionId, options: { readonly phone: string | null }): Promise<SessionView>;
  /** What is there to scan or type right now; null when nothing is. */
  pairing(id: SessionId): Promise<PairingMaterial | null>;
  /** Changes what is named, leaves the rest; null makes a setting follow the daemon's again. */
  configure(id: SessionId, settings: SettingsPatch): Promise<SessionView>;
  /**
   * Notices from now on, after one `status` (and one `qr` or `code` where there is one) that tell where the
   * session stands. Ends when the signal aborts or the daemon shuts down.
   */
  follow(id: SessionId, signal: AbortSignal): AsyncIterable<SessionNotice>;
}
