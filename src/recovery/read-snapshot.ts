/** The newest snapshot in a vault that can be read, whoever took it: the vault's owner is asked for elsewhere. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { keysHere, mayOpen } from '../backup/encryption.ts';
import { openPlace } from '../backup/staged-text.ts';
import { closeStaging } from '../backup/staging.ts';
import { tarEntries } from '../backup/tar-reader.ts';
import type { VaultObject } from '../backup/vault.ts';
import { download } from '../backup/vault-files.ts';
import { toVigilError, VigilError } from '../errors.ts';
import { isSessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { parseRecord } from '../session/record-format.ts';
import { requireRoom } from '../system/room.ts';
import { parseSnapshotName, type SnapshotManifest, snapshots, snapshotTime } from './snapshot-format.ts';
import { readSnapshotManifest } from './snapshot-manifest.ts';
import type { SnapshotTools } from './take-snapshot.ts';

export interface ReadSnapshot {
  readonly manifest: SnapshotManifest;
  readonly records: readonly SessionRecord[];
}

export interface SnapshotReading {
  readonly signal: AbortSignal;
  /** Told of each that cannot be used, with why as the rest of a sentence. */
  readonly onPassedOver: (id: string, why: string) => void;
  /** Is given the path of the registry's copy, where the snapshot has one, before it is removed again. */
  readonly onRegistry?: (path: string) => Promise<void>;
}

export type SnapshotReader = Omit<SnapshotTools, 'installation' | 'clock'>;

/** A registry has at most 512 MB; and more sessions than this nobody has on one volume. */
const limits = { bytes: 1024 ** 3, entries: 100_000 };
const largestRecord = 1_048_576;

/** Null where there is none. Throws what the vault throws that does not answer, and `disk_full`. */
export async function readNewestSnapshot(
  reading: SnapshotReading,
  tools: SnapshotReader,
): Promise<ReadSnapshot | null> {
  for (const object of newestFirst(await tools.vault.list(snapshots, reading.signal))) {
    const found = await readOne(object, reading, tools).catch((thrown: unknown) => {
      const error = toVigilError(thrown);
      if (!ofOne.has(error.code)) throw thrown;
      return error.message;
    });
    if (typeof found !== 'string') return found;
    reading.onPassedOver(object.id, found);
  }
  return null;
}

/** Says something about one snapshot and nothing about the others. */
const ofOne: ReadonlySet<string> = new Set(['backup_damaged', 'backup_not_found', 'internal']);

/**
 * Manifests. Of one installation by their ids, which rise whatever its clock says; of several that one first whose newest
 * came to the vault last, by the vault's own clock: those of machines may be years off.
 */
export function newestFirst(
  objects: readonly VaultObject[],
): readonly (VaultObject & { readonly id: string })[] {
  const by = new Map<string, (VaultObject & { readonly id: string })[]>();
  for (const object of objects) {
    const named = parseSnapshotName(object.name);
    if (named?.kind !== 'manifest') continue;
    by.set(named.installation, [...(by.get(named.installation) ?? []), { ...object, id: named.id }]);
  }
  const came = (sorted: readonly VaultObject[]) => Date.parse(sorted[0]?.modifiedAt ?? '') || 0;
  return [...by.values()]
    .map((its) => its.sort((a, b) => snapshotTime(b.id) - snapshotTime(a.id) || (a.id < b.id ? 1 : -1)))
    .sort((a, b) => came(b) - came(a) || ((a[0]?.id ?? '') < (b[0]?.id ?? '') ? 1 : -1))
    .flat();
}

async function readOne(
  { name, problem }: VaultObject,
  reading: SnapshotReading,
  tools: SnapshotReader,
): Promise<ReadSnapshot | string> {
  if (problem !== null) return `it ${problem}`;
  const manifest = await readSnapshotManifest(tools.vault, name, reading.signal);
  if (manifest === null) return 'its manifest cannot be used';
  const { encryption } = manifest;
  if (encryption && !mayOpen(encryption.keys, tools.encryption)) throw keyMissing(manifest, tools.encryption);
  const place = await openPlace('registry', tools);
  try {
    const { archive, id } = manifest;
    const purpose = `Snapshot ${id}`;
    await requireRoom(tools, place, { bytes: archive.bytes, purpose });
    const path = join(place, 'archive');
    await download(tools.vault, archive, { path, disk: tools.disk, subject: purpose }, reading.signal);
    const records = await unpacked(path, join(place, 'registry.db'), manifest, reading.signal, tools).catch(
      (error: unknown) => {
        // Of a passphrase only a try says whether it is the one.
        const isLocked = error instanceof VigilError && error.code === 'backup_key_missing';
        throw isLocked ? keyMissing(manifest, tools.encryption) : error;
      },
    );
    if (manifest.registry) await reading.onRegistry?.(join(place, 'registry.db'));
    return { manifest, records };
  } finally {
    await closeStaging(place, tools.disk);
  }
}

/** Nothing in it becomes a path: records are read into memory, and the registry goes where we say. */
async function unpacked(
  archive: string,
  registry: string,
  { id, encryption: sealed }: SnapshotManifest,
  signal: AbortSignal,
  { disk, encryption }: SnapshotReader,
): Promise<readonly SessionRecord[]> {
  const damaged = (why: string, cause?: unknown) =>
    new VigilError('backup_damaged', `Snapshot ${id} is damaged: ${why}.`, { subject: id, cause });
  const records = new Map<string, SessionRecord>();
  const gunzip = createGunzip();
  const file = createReadStream(archive);
  const opened = sealed && encryption ? encryption.open(file, signal) : file;
  // Whichever fails first ends the other one.
  const fed = pipeline(Readable.from(opened, { objectMode: false }), gunzip).catch((error: unknown) => error);
  try {
    for await (const entry of tarEntries(gunzip, limits)) {
      const session = /^sessions\/([^/]+)\.json$/.exec(entry.path)?.[1];
      if (entry.type === 'Directory' && entry.path === 'sessions/') continue;
      if (entry.type === 'File' && entry.path === 'registry.db')
        await disk.createFileFrom(registry, entry.body, 'snapshot:registry', { flush: false });
      else if (entry.type === 'File' && isSessionId(session) && entry.bytes <= largestRecord) {
        const parsed = parseRecord(await textOf(entry.body), session);
        // Of a later version, say: one session more that a person has to see to, and the others come back.
        if ('record' in parsed) records.set(session, parsed.record);
      } else throw damaged(`it holds ${JSON.stringify(entry.path.slice(0, 100))}`);
    }
    return [...records.values()];
  } catch (thrown) {
    signal.throwIfAborted();
    gunzip.destroy();
    // What the seal says comes before what the broken stream behind it says.
    const first = await fed;
    const error = first instanceof VigilError ? first : thrown;
    if (error instanceof VigilError) throw error;
    throw damaged(error instanceof Error ? error.message : String(error), error);
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** Its backups are sealed as well: nobody may say that there is nothing. */
function keyMissing({ id, encryption }: SnapshotManifest, here: SnapshotReader['encryption']): VigilError {
  return new VigilError(
    'backup_key_missing',
    `Snapshot ${id} is encrypted for ${encryption?.keys.join(', ')}, and ${keysHere(here?.opens ?? [])}.`,
    { subject: id },
  );
}
