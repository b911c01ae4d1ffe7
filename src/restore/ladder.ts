/**
 * The way back when a profile is not fit to be started on: the newest backup first, then the older ones, until one
 * can be staged and is verified. One that was demoted comes after all that were not, and one that is marked as rejected
 * by WhatsApp is never tried by itself, whatever the record has forgotten. "None" is only said after every manifest was read; a vault that does not answer
 * throws, since a session whose backups nobody can see must wait and not be given up. What in it cannot be read is
 * passed over, and thrown where nothing else was to be had.
 */
import { backupsOf, unusable } from '../backup/catalogue.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { type ErrorCode, VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { notTaken } from './login-origin.ts';
import { type RestoredBackup, type RestoreOptions, restoreBackup } from './restore-backup.ts';
import type { RestoreTools } from './tools.ts';

export interface LadderRequest extends RestoreOptions {
  readonly session: SessionId;
  /** Why a backup is not to be tried (rejected by the server, of another device …); null when it may be. */
  readonly refuse: (manifest: BackupManifest) => string | null;
  /** Told of each at once, since it may end without an outcome. */
  readonly onPassedOver?: (one: PassedOver) => void;
}

export interface PassedOver {
  readonly id: string;
  /** A sentence, or the rest of one. */
  readonly why: string;
  /** It will not be better next time. */
  readonly damaged: boolean;
}

export type LadderOutcome = {
  /** In the order in which they were looked at. */
  readonly passedOver: readonly PassedOver[];
} & ({ readonly outcome: 'restored'; readonly restored: RestoredBackup } | { readonly outcome: 'none' });

/** What says something about one backup and nothing about the others. */
const ofOneBackup: readonly ErrorCode[] = [
  'backup_damaged',
  'backup_not_found',
  'chromium_too_old',
  'session_refused',
  // Its archive; a vault that refuses to be listed has thrown before.
  'vault_refused',
  // Encrypted for a key that is not here: as good as ever once it is.
  'backup_key_missing',
];

/** Throws what the vault, the disk and whoever uses the profile throw; everything is as it was then. */
export async function climb(request: LadderRequest, tools: RestoreTools): Promise<LadderOutcome> {
  const { session, signal } = request;
  const passedOver: PassedOver[] = [];
  let unread: VigilError | null = null;
  const passOver = (one: PassedOver) => {
    passedOver.push(one);
    request.onPassedOver?.(one);
  };
  const attempt = async (manifest: BackupManifest): Promise<LadderOutcome | null> => {
    try {
      const restored = await restoreBackup(manifest, request, tools);
      return { outcome: 'restored', restored, passedOver };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof VigilError) || !ofOneBackup.includes(error.code)) throw error;
      if (error.code === 'vault_refused' || error.code === 'backup_key_missing') unread ??= error;
      passOver({ id: manifest.id, why: error.message, damaged: error.code === 'backup_damaged' });
      return null;
    }
  };
  const demoted: BackupManifest[] = [];
  for await (const listed of backupsOf(tools.vault, session, signal)) {
    const { id, marks } = listed;
    if ('problem' in listed) {
      passOver({ id, why: listed.problem, damaged: !listed.unread });
      if (listed.unread) unread ??= unusable(listed);
      continue;
    }
    const { manifest } = listed;
    const why = marks.includes('rejected') ? notTaken : request.refuse(manifest);
    if (why !== null) {
      passOver({ id, why, damaged: false });
      continue;
    }
    if (marks.includes('demoted')) {
      demoted.push(manifest);
      continue;
    }
    const outcome = await attempt(manifest);
    if (outcome) return outcome;
  }
  for (const manifest of demoted) {
    const outcome = await attempt(manifest);
    if (outcome) return outcome;
  }
  if (unread) throw unread;
  return { outcome: 'none', passedOver };
}
