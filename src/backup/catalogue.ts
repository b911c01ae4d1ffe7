/**
 * What backups a vault holds, by its manifests. A manifest that cannot be used is told as that, with why; a vault that
 * does not answer throws, since "there is no backup" must never be said for "nobody knows". Something that is in the way
 * in a session's directory keeps nobody from the backups beside it.
 */
import { VigilError } from '../errors.ts';
import { isSessionId, type SessionId } from '../session/id.ts';
import { mapAtOnce } from './at-once.ts';
import {
  everySession,
  type MarkKind,
  manifestName,
  markKinds,
  ofSession,
  parseObjectName,
} from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import type { BackupManifest } from './manifest.ts';
import { largestManifest, parseManifest } from './manifest-format.ts';
import { quoted } from './profile-path.ts';
import type { Vault, VaultObject } from './vault.ts';
import { readText } from './vault-files.ts';

export interface BackupRef {
  readonly session: SessionId;
  readonly id: string;
}

/** Neither WhatsApp nor a look at it has said anything against it. */
export function isGood({ marks }: { readonly marks: readonly MarkKind[] }): boolean {
  return !marks.includes('rejected') && !marks.includes('demoted');
}

/** One that can be fetched, whatever its marks say. */
export type UsableBackup = Listed & { readonly manifest: BackupManifest };

interface Listed extends BackupRef {
  /** By their names alone, in the order of `markKinds`; marks.ts reads what one says. */
  readonly marks: readonly MarkKind[];
}

export type ListedBackup = Listed &
  (
    | { readonly manifest: BackupManifest }
    | {
        /** Why it cannot be used, as the rest of a sentence. */
        readonly problem: string;
        /** Of what there is of its archive. */
        readonly bytes: number;
        /** Nobody could look into it here, so it may be as good as any. */
        readonly unread: boolean;
      }
  );

const readAtOnce = 8;

/** Of one session, or of all by name with null; the newest first. Backups without a manifest are none. */
export async function listBackups(
  vault: Vault,
  session: SessionId | null,
  signal: AbortSignal,
): Promise<readonly ListedBackup[]> {
  const { found } = await objectsOf(vault, session, signal);
  const listed = await mapAtOnce(found, readAtOnce, (one) => readOne(vault, one, signal));
  return listed.filter((one) => one !== null);
}

/**
 * One after the other, the newest first, each read when it is asked for. Before them what else is in the way in the
 * session's directory, by its name in the vault.
 */
export async function* backupsOf(
  vault: Vault,
  session: SessionId,
  signal: AbortSignal,
): AsyncGenerator<ListedBackup> {
  const { found, strays } = await objectsOf(vault, session, signal);
  for (const { name, problem } of strays)
    yield { session, id: name, marks: [], problem: `it ${problem}`, bytes: 0, unread: false };
  for (const one of found) {
    const listed = await readOne(vault, one, signal);
    if (listed) yield listed;
  }
}

/** The manifest of one that is named; throws as `findUsable`. */
export async function findBackup(
  vault: Vault,
  session: SessionId,
  id: string,
  signal: AbortSignal,
): Promise<BackupManifest> {
  return (await findUsable(vault, { session, id }, signal)).manifest;
}

/** Throws `backup_not_found`, for one that cannot be used `backup_damaged`, and `vault_refused` for one not to be read. */
export async function findUsable(
  vault: Vault,
  { session, id }: BackupRef,
  signal: AbortSignal,
): Promise<UsableBackup> {
  const listed = await findListed(vault, { session, id }, signal);
  if ('problem' in listed) throw unusable(listed);
  return listed;
}

/** Usable or not. Throws `backup_not_found`. */
export async function findListed(
  vault: Vault,
  { session, id }: BackupRef,
  signal: AbortSignal,
): Promise<ListedBackup> {
  const { found } = await objectsOf(vault, session, signal);
  const meant = found.find((one) => one.id === id);
  const listed = meant ? await readOne(vault, meant, signal) : null;
  if (listed) return listed;
  throw new VigilError(
    'backup_not_found',
    `The vault ${vault.name} holds no backup ${quoted(id)} of session "${session}".`,
    { subject: session },
  );
}

/** What is thrown for a backup that was asked for, or that is all there is, and cannot be used. */
export function unusable(listed: Extract<ListedBackup, { readonly problem: string }>): VigilError {
  const { id, problem, unread } = listed;
  const options = unread ? { subject: id, remedy: mendUnread } : { subject: id };
  return new VigilError(
    unread ? 'vault_refused' : 'backup_damaged',
    `${subjectOf(listed)} cannot be used: ${problem}.`,
    options,
  );
}

const mendUnread =
  'Make it a file that the user of the daemon may read, run the version that took it, or move it out of the vault; nothing was removed or replaced.';

/** Those that have a manifest, by their names alone: nothing is read. The newest first. */
export async function listNames(
  vault: Vault,
  session: SessionId,
  signal: AbortSignal,
): Promise<readonly (BackupRef & Pick<ListedBackup, 'marks'>)[]> {
  return (await objectsOf(vault, session, signal)).found;
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
export function subjectOf({ session, id }: BackupRef): string {
  return `Backup ${id} of session "${session}"`;
}

/** By a listing alone. */
export interface Found extends Listed {
  readonly manifest: VaultObject;
  readonly archives: readonly VaultObject[];
}

async function objectsOf(
  vault: Vault,
  session: SessionId | null,
  signal: AbortSignal,
): Promise<{ readonly found: readonly Found[]; readonly strays: readonly VaultObject[] }> {
  return groupObjects(
    await vault.list(session === null ? everySession : ofSession(session), signal),
    vault.name,
  );
}

/** What a listing says of backups; beside it what is in the way and none. Throws where that hides a session's backups. */
export function groupObjects(
  objects: readonly VaultObject[],
  vault: string,
): { readonly found: readonly Found[]; readonly strays: readonly VaultObject[] } {
  const manifests: (BackupRef & { readonly manifest: VaultObject })[] = [];
  const archives = new Map<string, VaultObject[]>();
  const marks = new Map<string, MarkKind[]>();
  const strays: VaultObject[] = [];
  for (const object of objects) {
    const named = parseObjectName(object.name);
    if (named?.kind === 'manifest')
      manifests.push({ session: named.session, id: named.id, manifest: object });
    // One that cannot be read counts all the same: its name says what it is.
    else if (named?.kind === 'mark')
      marks.set(keyOf(named), [...(marks.get(keyOf(named)) ?? []), named.mark]);
    else if (named) archives.set(keyOf(named), [...(archives.get(keyOf(named)) ?? []), object]);
    else if (object.problem !== null) {
      // In the place of a session's directory it hides all that the session has.
      if (isSessionId(object.name.slice(everySession.length)))
        throw new VigilError('vault_refused', `${object.name} in the vault ${vault} ${object.problem}.`, {
          subject: object.name,
        });
      strays.push(object);
    }
  }
  const found = manifests
    .map((one) => {
      const its = marks.get(keyOf(one)) ?? [];
      return {
        ...one,
        archives: archives.get(keyOf(one)) ?? [],
        marks: markKinds.filter((kind) => its.includes(kind)),
      };
    })
    .sort((a, b) => (a.session === b.session ? newestFirst(a.id, b.id) : a.session < b.session ? -1 : 1));
  return { found, strays };
}

const keyOf = ({ session, id }: BackupRef) => `${session}/${id}`;

/** One of a listing; null where that lists none of this name, or it has gone since. */
export function lookInto(
  vault: Vault,
  objects: readonly VaultObject[],
  { session, id }: BackupRef,
  signal: AbortSignal,
): Promise<ListedBackup | null> {
  const meant = groupObjects(objects, vault.name).found.find(
    (one) => one.session === session && one.id === id,
  );
  return meant ? readOne(vault, meant, signal) : Promise.resolve(null);
}

/** Null when it has gone since it was listed. */
async function readOne(
  vault: Vault,
  { session, id, manifest: object, archives, marks }: Found,
  signal: AbortSignal,
): Promise<ListedBackup | null> {
  const held = archives.reduce((sum, { bytes }) => sum + bytes, 0);
  const broken = (problem: string) => ({ session, id, marks, problem, bytes: held, unread: false });
  const unread = (problem: string) => ({ ...broken(problem), unread: true });
  if (object.problem !== null) return unread(`its manifest ${object.problem}`);
  let text: string | null;
  try {
    text = await readText(vault, manifestName(session, id), largestManifest, signal);
  } catch (error) {
    if (error instanceof VigilError && error.code === 'backup_not_found') return null;
    if (error instanceof VigilError && error.code === 'vault_refused')
      return unread(`its manifest cannot be read: ${error.message.replace(/\.$/, '')}`);
    throw error;
  }
  if (text === null) return broken('its manifest is not text, or longer than any');
  const parsed = parseManifest(text);
  if ('problem' in parsed) {
    const problem = `its manifest cannot be used: ${parsed.problem}`;
    // As good as any, to the program that took it.
    return parsed.kind === 'newer' ? unread(problem) : broken(problem);
  }
  const { manifest } = parsed;
  if (manifest.session !== session || manifest.id !== id)
    return broken('its manifest belongs to another backup');
  const archive = archives.find(({ name }) => name === manifest.archive.name);
  if (!archive) return broken('its archive is not there');
  if (archive.problem !== null) return unread(`its archive ${archive.problem}`);
  if (archive.bytes !== manifest.archive.bytes)
    return broken(`its archive has ${archive.bytes} bytes, and ${manifest.archive.bytes} by its manifest`);
  return { session, id, marks, manifest };
}
