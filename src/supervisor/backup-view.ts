/** A backup as people are told of it, with what its marks say. */
import type { MarkKind } from '../backup/backup-names.ts';
import type { ListedBackup } from '../backup/catalogue.ts';
import { keysHere, mayOpen } from '../backup/encryption.ts';
import { type BackupMarkNote, readMark } from '../backup/marks.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { BackupView } from './backup-operations.ts';

/** `rejected`: its mark says so, or its session's record. Reads what the marks that are there say, and nothing else. */
export async function backupView(
  listed: ListedBackup,
  rejected: boolean,
  { vault, encryption }: Pick<RestoreTools, 'vault' | 'encryption'>,
  signal: AbortSignal,
): Promise<BackupView> {
  const { id, session, marks } = listed;
  const note = async (kind: MarkKind): Promise<BackupMarkNote | null> =>
    marks.includes(kind) ? readMark(listed, kind, vault, signal) : null;
  const drilledAt = (await note('drilled'))?.at ?? null;
  if ('problem' in listed) {
    const nothing = { takenAt: null, bytes: 0, method: null, pause: null, browser: null, keys: [] };
    return { id, session, ...nothing, state: 'broken', problem: listed.problem, verifiedAt: null, drilledAt };
  }
  const { archive, copy, createdAt, engine } = listed.manifest;
  const keys = listed.manifest.encryption?.keys ?? [];
  const isLocked = keys.length > 0 && !mayOpen(keys, encryption);
  const isDemoted = marks.includes('demoted');
  const state = rejected ? 'rejected' : isDemoted ? 'demoted' : 'verified';
  const problem =
    state === 'rejected'
      ? ((await note('rejected'))?.why ?? 'WhatsApp showed a QR when it was tried.')
      : state === 'demoted'
        ? ((await note('demoted'))?.why ?? 'Its mark does not say why it was demoted.')
        : isLocked
          ? `It is encrypted for ${keys.join(', ')}, and ${keysHere(encryption?.opens ?? [])}.`
          : null;
  return {
    id,
    session,
    takenAt: createdAt,
    bytes: archive.bytes,
    state,
    problem,
    method: copy.method === 'unknown' ? null : copy.method,
    pause: copy.pause,
    browser: engine.browser,
    keys,
    verifiedAt: latest(createdAt, drilledAt),
    drilledAt,
  };
}

function latest(taken: string, drilled: string | null): string {
  return drilled !== null && Date.parse(drilled) > Date.parse(taken) ? drilled : taken;
}
