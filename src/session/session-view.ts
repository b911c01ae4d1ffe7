/** What people and programs see of a session: its view, its notices, what there is to scan. */
import type { BackupIncidentView } from '../backup/incidents.ts';
import type { SessionId } from './id.ts';
import type { Progress } from './ports.ts';
import type { SessionSettings } from './record.ts';
import type { BackupMark } from './state.ts';
import type { Status } from './status.ts';

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
  /** The backup that its profile came from, and when it was put there; null when it never was. */
  readonly restored: BackupMark | null;
  /** File name of the module that runs beside its client, or will from the next start on; null where none does. */
  readonly bot: string | null;
  /** Failures of the bot that the session went on after, since the daemon was started. */
  readonly botErrors: number;
  /** What is wrong with its backups, or with those of all sessions, for as long as it lasts. */
  readonly backupIncidents: readonly BackupIncidentView[];
}

/** What `pair` and the followers of a session see, one after the other. */
export type SessionNotice =
  | { readonly event: 'qr'; readonly qr: string }
  | { readonly event: 'code'; readonly code: string }
  | { readonly event: 'authenticated' }
  | { readonly event: 'ready' }
  /** Of a backup or a restore. */
  | ({ readonly event: 'progress' } & Progress)
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
  /** How it stands with a code that somebody asked for; null once it is there, and where nobody did. */
  readonly codeRequest: CodeRequest | null;
}

/** `refused`: WhatsApp gave none for this number; what else there is to scan still works. */
export type CodeRequest = 'waiting' | 'refused';
