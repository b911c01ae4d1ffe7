/** What an import of other programs' profiles is asked for, and what it says (backup-operations.ts carries it). */
import type { SessionId } from '../session/id.ts';

export interface ImportPlanRequest {
  /** Absolute: a profile, a zip, or a directory that holds several. */
  readonly path: string;
  /** Which of several, or whose the only one is whatever it is called; null for all, by their names. */
  readonly session: SessionId | null;
}

export interface ImportSourceView {
  /** Absolute. */
  readonly source: string;
  readonly form: 'directory' | 'zip';
  /** Null where nothing says whose it is. */
  readonly session: SessionId | null;
  readonly files: number;
  readonly bytes: number;
  /**
   * What is in the session's place. `nothing`: no such session or no profile. `remains`: a profile without a login, or a login
   * that is known dead. `login`: one that works as far as anybody knows, and is only replaced where a person says so.
   */
  readonly standing: 'nothing' | 'remains' | 'login';
  /** Why it cannot be imported, a sentence; null as far as a look can tell. */
  readonly problem: string | null;
  /** What a person does about it; null where there is no problem. */
  readonly remedy: string | null;
}

export interface ImportPlanView {
  /** At least one. */
  readonly sources: readonly ImportSourceView[];
  /** What looks like somebody's session and is no profile of a browser. */
  readonly passedOver: readonly { readonly path: string; readonly why: string }[];
}

export interface ImportRequest {
  /** As the plan names it. */
  readonly source: string;
  /** A login that is there goes to quarantine. */
  readonly replace: boolean;
  /** A browser that the source's lock names, and that cannot be seen from here, has ended. */
  readonly stopped: boolean;
  readonly dryRun: boolean;
}
