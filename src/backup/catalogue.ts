/**
 * What backups a vault holds, by its manifests. A manifest that cannot be used is told as that, with why; a vault that
 * does not answer throws, since "there is no backup" must never be said for "nobody knows".
 */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { everySession, manifestName, ofSession, parseObjectName } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import type { BackupManifest } from './manifest.ts';
import { largestManifest, parseManifest } from './manifest-format.ts';
import { quoted } from './profile-path.ts';
import type { Vault } from './vault.ts';
import { readText } from './vault-files.ts';

export type ListedBackup = { readonly session: SessionId; readonly id: string } & (
  | { readonly manifest: BackupManifest }
  | {
      /** Why it cannot be used, as the rest of a sentence. */
      readonly problem: string;
      /** Of what there is of its archive. */
      readonly bytes: number;
    }
);

const readAtOnce = 8;

/** Of one session, or of all by name with null; the newest first. Backups without a manifest are none. */
export async function listBackups(
  vault: Vault,
  session: SessionId | null,
  signal: AbortSignal,
): Promise<readonly ListedBackup[]> {
  const found = await objectsOf(vault, session, signal);
  const listed = new Array<ListedBackup | null>(found.length);
  let next = 0;
  const reader = async () => {
    for (let index = next++; index < found.length; index = next++) {
      const one = found[index];
      if (one) listed[index] = await readOne(vault, one, signal);
    }
  };
  const readers = Array.from({ length: readAtOnce }, () =>
    reader().catch((error: unknown) => {
      // The others read what they have begun, and nothing more.
      next = found.length;
      throw error;
    }),
  );
  for (const one of await Promise.allSettled(readers)) if (one.status === 'rejected') throw one.reason;
  return listed.filter((one) => one !== null);
}

/** One after the other, the newest first, each read when it is asked for. */
export async function* backupsOf(
  vault: Vault,
  session: SessionId,
  signal: AbortSignal,
): AsyncGenerator<ListedBackup> {
  for (const found of await objectsOf(vault, session, signal)) {
    const listed = await readOne(vault, found, signal);
    if (listed) yield listed;
  }
}

/** Throws `backup_not_found`, and `backup_damaged` for one that cannot be used. */
export async function findBackup(
  vault: Vault,
  session: SessionId,
  id: string,
  signal: AbortSignal,
): Promise<BackupManifest> {
  const found = (await objectsOf(vault, session, signal)).find((one) => one.id === id);
  const listed = found ? await readOne(vault, found, signal) : null;
  if (!listed) {
    throw new VigilError(
      'backup_not_found',
      `The vault ${vault.name} holds no backup ${quoted(id)} of session "${session}".`,
      { subject: session },
    );
  }
  if ('manifest' in listed) return listed.manifest;
  throw new VigilError('backup_damaged', `${subjectOf(listed)} cannot be used: ${listed.problem}.`, {
    subject: id,
  });
}

/** Ids that are taken, also by what an interruption left: for a new one that is to come before them. */
export async function takenIds(
  vault: Vault,
  session: SessionId,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const objects = await vault.list(ofSession(session), signal);
  return objects.map(({ name }) => parseObjectName(name)?.id).filter((id) => id !== undefined);
}

/** As messages name it. */
export function subjectOf({ session, id }: { readonly session: SessionId; readonly id: string }): string {
  return `Backup ${id} of session "${session}"`;
}

interface Found {
  readonly session: SessionId;
  readonly id: string;
  /** Bytes of its archives, by name. */
  readonly archives: ReadonlyMap<string, number>;
}

async function objectsOf(
  vault: Vault,
  session: SessionId | null,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const objects = await vault.list(session === null ? everySession : ofSession(session), signal);
  const archives = new Map<string, Map<string, number>>();
  const manifests: { session: SessionId; id: string; key: string }[] = [];
  for (const { name, bytes } of objects) {
    const object = parseObjectName(name);
    if (!object) continue;
    const key = `${object.session}/${object.id}`;
    if (object.kind === 'manifest') manifests.push({ session: object.session, id: object.id, key });
    else archives.set(key, (archives.get(key) ?? new Map()).set(name, bytes));
  }
  return manifests
    .map(({ session, id, key }) => ({ session, id, archives: archives.get(key) ?? new Map() }))
    .sort((a, b) => (a.session === b.session ? newestFirst(a.id, b.id) : a.session < b.session ? -1 : 1));
}

/** Null when it has gone since it was listed. */
async function readOne(
  vault: Vault,
  { session, id, archives }: Found,
  signal: AbortSignal,
): Promise<ListedBackup | null> {
  const held = [...archives.values()].reduce((sum, bytes) => sum + bytes, 0);
  const broken = (problem: string) => ({ session, id, problem, bytes: held });
  let text: string | null;
  try {
    text = await readText(vault, manifestName(session, id), largestManifest, signal);
  } catch (error) {
    if (error instanceof VigilError && error.code === 'backup_not_found') return null;
    throw error;
  }
  if (text === null) return broken('its manifest is not text, or longer than any');
  const parsed = parseManifest(text);
  if ('problem' in parsed) return broken(`its manifest cannot be used: ${parsed.problem}`);
  const { manifest } = parsed;
  if (manifest.session !== session || manifest.id !== id)
    return broken('its manifest belongs to another backup');
  const bytes = archives.get(manifest.archive.name);
  if (bytes === undefined) return broken('its archive is not there');
  if (bytes !== manifest.archive.bytes)
    return broken(`its archive has ${bytes} bytes, and ${manifest.archive.bytes} by its manifest`);
  return { session, id, manifest };
}
