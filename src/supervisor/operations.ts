/**
 * What people and programs can ask of a volume's sessions. The daemon's supervisor implements it; the HTTP
 * routes and the control socket carry it; the command line uses it through the socket while a daemon runs,
 * and over an embedded supervisor or the records alone when none does.
 */
import type { SessionId } from '../session/id.ts';
import type { PairingMaterial, SessionNotice, SessionView, SettingsPatch } from '../session/session-view.ts';

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
