/** What of a session says whether a backup is due, and whether one can be taken by schedule at all. */
import { backupsOf } from '../backup/catalogue.ts';
import type { Vault } from '../backup/vault.ts';
import type { SessionId } from '../session/id.ts';
import { lastWritten } from '../session/last-written.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Session } from '../session/session.ts';
import type { BackupMark } from '../session/state.ts';
import type { Standing } from './backup-due.ts';

/**
 * Null for a session that no schedule backs up: without a settled login, on its way up or down, resting or failed. None of
 * these is forced: what is there then may be the very thing that keeps it from coming online.
 */
export function standingOf({ id, record, state }: Session): Standing | null {
  if (record.login !== 'settled' || record.forfeited) return null;
  const newest = newestOf(record);
  if (state.name === 'online') return { id, newest, writtenAt: null };
  if (state.name === 'stopped') return { id, newest, writtenAt: lastWritten(record) };
  return null;
}

/** When the newest good backup was taken. Milliseconds since the epoch. */
export function newestOf({ backup }: SessionRecord): number | null {
  return timeOf(backup);
}

function timeOf(backup: BackupMark | null): number | null {
  const at = backup === null ? Number.NaN : Date.parse(backup.at);
  return Number.isNaN(at) ? null : at;
}

/** Of a session, where it was demoted; null where the newest that can be used was not. Throws what the vault throws. */
export async function newestDemoted(
  vault: Vault,
  session: SessionId,
  signal: AbortSignal,
): Promise<BackupMark | null> {
  for await (const listed of backupsOf(vault, session, signal)) {
    if ('problem' in listed) continue;
    const { id, createdAt: at } = listed.manifest;
    return listed.marks.includes('demoted') ? { id, at } : null;
  }
  return null;
}

/**
 * The latest backups that were taken, good or not: one that was demoted does not become the newest of its session's
 * record, and what the record says of a good one comes a moment later. Neither is a reason to take another at once.
 */
export class LatestBackups {
  readonly #taken = new Map<SessionId, { readonly before: string | undefined; readonly mark: BackupMark }>();

  taken(session: SessionId, before: BackupMark | null, mark: BackupMark): void {
    this.#taken.set(session, { before: before?.id, mark });
  }

  /** Milliseconds since the epoch; null where there is none. */
  of({ id, record }: Pick<Session, 'id' | 'record'>): number | null {
    const taken = this.#taken.get(id);
    return taken !== undefined && taken.before === record.backup?.id ? timeOf(taken.mark) : newestOf(record);
  }
}
