/**
 * What is known of backups before any of them goes: first by a listing and what records say, which costs nothing, then by
 * a close look at those that others are removed on the strength of.
 */
import { VigilError } from '../errors.ts';
import { Digest } from '../system/digest.ts';
import { type MarkKind, markKinds, markName } from './backup-names.ts';
import { type BackupRef, groupObjects, type ListedBackup, lookInto } from './catalogue.ts';
import { type BackupEncryption, mayOpen } from './encryption.ts';
import type { BackupManifest } from './manifest.ts';
import { isThere } from './marks.ts';
import type { RetainedBackup } from './retention.ts';
import type { Vault, VaultObject } from './vault.ts';
import { contentsOf } from './vault-files.ts';

/** What a session's record says of its backups. */
export interface KnownBackups {
  /** The newest one that it knew of; null where it knew of none. A listing that lacks it is short. */
  readonly known: string | null;
  /** Others that it names: where the profile came from, what a person has asked for. */
  readonly inUse: readonly string[];
  /** WhatsApp did not take these, marked in the vault or not. */
  readonly rejected: readonly string[];
}

/** By a listing and no more: what has a manifest and an archive is taken to be usable until somebody looks. */
export function listedIn(
  objects: readonly VaultObject[],
  vault: string,
  { rejected }: Pick<KnownBackups, 'rejected'>,
): readonly RetainedBackup[] {
  return groupObjects(objects, vault)
    .found.filter(({ archives }) => archives.length > 0)
    .map(({ id, marks, manifest, archives }) => ({
      id,
      marks: rejected.includes(id) ? withMark(marks, 'rejected') : marks,
      state: [manifest, ...archives].some(({ problem }) => problem !== null) ? 'unread' : 'usable',
    }));
}

export interface CloseLook {
  readonly vault: Vault;
  readonly encryption: Pick<BackupEncryption, 'opens'> | null;
  /** Reads the whole archive, and holds it against its hash. */
  readonly hash: boolean;
  readonly signal: AbortSignal;
}

/**
 * The backup as it turns out to be. A listing may be short of its marks, so that those are asked for by name; and what no
 * key here opens may be as good as any, and is nothing to remove others for.
 */
export async function lookedAtClosely(
  backup: RetainedBackup,
  objects: readonly VaultObject[],
  { session }: Pick<BackupRef, 'session'>,
  look: CloseLook,
): Promise<RetainedBackup> {
  const { vault, signal } = look;
  const ref = { session, id: backup.id };
  let { marks } = backup;
  for (const kind of ['rejected', 'demoted'] satisfies MarkKind[])
    if (!marks.includes(kind) && (await isThere(vault, markName(session, backup.id, kind), signal)))
      marks = withMark(marks, kind);
  return { ...backup, marks, state: await stateOf(await lookInto(vault, objects, ref, signal), look) };
}

function withMark(marks: readonly MarkKind[], mark: MarkKind): readonly MarkKind[] {
  return markKinds.filter((kind) => kind === mark || marks.includes(kind));
}

async function stateOf(listed: ListedBackup | null, look: CloseLook): Promise<RetainedBackup['state']> {
  if (listed === null) return 'broken';
  if ('problem' in listed) return listed.unread ? 'unread' : 'broken';
  const { encryption, archive } = listed.manifest;
  if (encryption && !mayOpen(encryption.keys, look.encryption)) return 'unread';
  return look.hash ? hashed(archive, look) : 'usable';
}

async function hashed(
  { name, sha256 }: BackupManifest['archive'],
  { vault, signal }: CloseLook,
): Promise<RetainedBackup['state']> {
  const digest = new Digest();
  try {
    for await (const chunk of contentsOf(vault, name, signal)) digest.update(chunk);
  } catch (error) {
    if (error instanceof VigilError && error.code === 'backup_not_found') return 'broken';
    if (error instanceof VigilError && error.code === 'vault_refused') return 'unread';
    throw error;
  }
  return digest.sha256() === sha256 ? 'usable' : 'broken';
}
