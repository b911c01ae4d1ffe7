/**
 * What backups are called. An id is `<utc>-<epoch>-<first 12 hex digits of the archive's hash>` and never used
 * again (backup-order.ts says which one is the newest); in a vault the archive of one lies at `sessions/<session>/<id>.tar.gz`, its manifest beside it as `.json`,
 * and what was found out about it later as `.rejected.json` and the like.
 */
import { isSessionId, type SessionId } from '../session/id.ts';
import { compactUtc } from '../system/timestamp.ts';

export const everySession = 'sessions/';

const idPattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(0|[1-9]\d{0,15})-([0-9a-f]{12})$/;

export interface BackupIdParts {
  /** Milliseconds since the epoch, of a whole second. */
  readonly at: number;
  readonly epoch: number;
  /** The first 12 hex digits. */
  readonly sha256: string;
}

/** `at` in milliseconds since the epoch, `sha256` in hex. */
export function backupId({ at, epoch, sha256 }: BackupIdParts): string {
  return `${compactUtc(at)}-${epoch}-${sha256.slice(0, 12)}`;
}

/** Null when it is no id of a backup. */
export function parseBackupId(id: string): BackupIdParts | null {
  const [, year, month, day, hour, minute, second, epoch, sha256] = idPattern.exec(id) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return sha256 === undefined || Number.isNaN(at) || !Number.isSafeInteger(Number(epoch))
    ? null
    : { at, epoch: Number(epoch), sha256 };
}

export function isBackupId(id: unknown): id is string {
  return typeof id === 'string' && parseBackupId(id) !== null;
}

export function ofSession(session: SessionId): string {
  return `${everySession}${session}/`;
}

export function archiveName(session: SessionId, id: string): string {
  return `${ofSession(session)}${id}.tar.gz`;
}

/** Whatever the archive of a backup may be called. */
export function archiveNames(session: SessionId, id: string): readonly string[] {
  return [archiveName(session, id), `${archiveName(session, id)}.age`];
}

export function manifestName(session: SessionId, id: string): string {
  return `${ofSession(session)}${id}.json`;
}

/**
 * What is found out about a backup. `rejected`: WhatsApp did not take it. `demoted`: it held suddenly much less than the
 * one before it, or a drill could not open it. `drilled`: it was fetched, opened and held what it claims.
 */
export const markKinds = ['rejected', 'demoted', 'drilled'] as const;

export type MarkKind = (typeof markKinds)[number];

export function markName(session: SessionId, id: string, kind: MarkKind): string {
  return `${ofSession(session)}${id}.${kind}.json`;
}

export type BackupObject = { readonly session: SessionId; readonly id: string } & (
  | { readonly kind: 'archive' | 'manifest' }
  | { readonly kind: 'mark'; readonly mark: MarkKind }
);

/** Null for every name that is not one of ours. An archive may carry what says how it is encrypted. */
export function parseObjectName(name: string): BackupObject | null {
  const [, session, id, ending] = objectPattern.exec(name) ?? [];
  if (ending === undefined || !isSessionId(session) || !isBackupId(id)) return null;
  if (ending === 'json') return { session, id, kind: 'manifest' };
  const mark = markKinds.find((kind) => ending === `${kind}.json`);
  return mark ? { session, id, kind: 'mark', mark } : { session, id, kind: 'archive' };
}

const objectPattern = new RegExp(
  `^sessions/([^/]+)/([^/.]+)\\.((?:(?:${markKinds.join('|')})\\.)?json|tar\\.gz(?:\\.age)?)$`,
);
