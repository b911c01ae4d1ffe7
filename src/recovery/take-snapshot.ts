/** One snapshot of an installation, into the vault: archive, read back, manifest; then older ones go. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type BackupEncryption, sealedEnding } from '../backup/encryption.ts';
import { openPlace, withStagedText } from '../backup/staged-text.ts';
import { closeStaging } from '../backup/staging.ts';
import { tarEnd, tarHeader, tarPadding } from '../backup/tar-writer.ts';
import type { Vault } from '../backup/vault.ts';
import { putAndReadBack } from '../backup/vault-files.ts';
import type { Registry } from '../registry/registry.ts';
import type { SessionRecord } from '../session/record.ts';
import { formatRecord } from '../session/record-format.ts';
import type { Clock } from '../system/clock.ts';
import { Digest } from '../system/digest.ts';
import type { Disk } from '../system/disk.ts';
import { requireRoom, withinRoom } from '../system/room.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { removeOldSnapshots } from './old-snapshots.ts';
import {
  formatSnapshotManifest,
  nextSnapshotTime,
  type SnapshotManifest,
  snapshotArchiveName,
  snapshotId,
  snapshotManifestName,
  snapshots,
} from './snapshot-format.ts';
import { stateDigest } from './state-digest.ts';

export interface SnapshotTools {
  readonly vault: Vault;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly layout: VolumeLayout;
  /** Bytes that must stay free on the volume for the running browsers. */
  readonly floor: number;
  /** Seals what leaves the machine; null where nothing is sealed. */
  readonly encryption: BackupEncryption | null;
  /** The volume's. */
  readonly installation: string;
}

export interface SnapshotRequest {
  readonly records: readonly SessionRecord[];
  /** Null for the records alone, which is all that a recovery cannot do without. */
  readonly registry: Pick<Registry, 'snapshot'> | null;
  readonly signal: AbortSignal;
}

/** Throws `disk_full`, and what the vault throws; the snapshots before it are as they were then. */
export async function takeSnapshot(
  request: SnapshotRequest,
  tools: SnapshotTools,
): Promise<SnapshotManifest> {
  const { layout, disk } = tools;
  const place = await openPlace('registry', { layout, disk });
  try {
    return await takeIn(place, request, tools);
  } finally {
    await closeStaging(place, disk);
  }
}

async function takeIn(
  place: string,
  { records, registry, signal }: SnapshotRequest,
  tools: SnapshotTools,
): Promise<SnapshotManifest> {
  const { vault, disk, clock, encryption, installation } = tools;
  const keys = encryption?.sealsFor ?? null;
  const room = { disk, floor: tools.floor };
  const purpose = 'The snapshot of the registry';
  await requireRoom(room, place, { bytes: 0, purpose });
  const copy = join(place, 'registry.db');
  const held = registry !== null && (await copied(registry, copy));
  const path = join(place, 'archive');
  const digest = new Digest();
  const at = clock.now();
  const packed = Readable.from(tarOf(records, held ? copy : null, new Date(at))).pipe(createGzip());
  const sealed = encryption && keys ? encryption.seal(packed, signal) : packed;
  await disk.createFileFrom(
    path,
    withinRoom(digest.through(sealed), room, dirname(path), purpose),
    'snapshot:archive',
  );
  const sha256 = digest.sha256();
  const named = nextSnapshotTime(await vault.list(snapshots, signal), installation, at);
  const id = snapshotId(installation, named, sha256);
  const archive = {
    name: `${snapshotArchiveName(id)}${keys ? sealedEnding : ''}`,
    bytes: digest.bytes,
    sha256,
  };
  const manifest: SnapshotManifest = {
    version: 1,
    id,
    installation,
    createdAt: new Date(at).toISOString(),
    sessions: records.length,
    registry: held,
    state: stateDigest(records),
    encryption: keys && { keys },
    archive,
  };
  await putAndReadBack(vault, archive.name, { path, bytes: archive.bytes, sha256 }, signal);
  await withStagedText('registry', formatSnapshotManifest(manifest), tools, (source) =>
    putAndReadBack(vault, snapshotManifestName(id), source, signal),
  );
  // One more than needed harms nobody; the next one tries again.
  await removeOldSnapshots(vault, manifest, signal).catch(() => {});
  return manifest;
}

/** The registry may be lost: the records are the authority, and go without it. */
async function copied(registry: Pick<Registry, 'snapshot'>, path: string): Promise<boolean> {
  return registry.snapshot(path).then(
    () => true,
    () => false,
  );
}

async function* tarOf(
  records: readonly SessionRecord[],
  registry: string | null,
  modifiedAt: Date,
): AsyncGenerator<Uint8Array> {
  yield tarHeader({ path: 'sessions', type: 'Directory', bytes: 0, modifiedAt });
  for (const record of records) {
    const text = Buffer.from(formatRecord(record));
    const path = `sessions/${record.id}.json`;
    yield tarHeader({ path, type: 'File', bytes: text.byteLength, modifiedAt });
    yield text;
    yield tarPadding(text.byteLength);
  }
  if (registry !== null) {
    // Nobody writes to the copy.
    const { size } = await stat(registry);
    yield tarHeader({ path: 'registry.db', type: 'File', bytes: size, modifiedAt });
    yield* createReadStream(registry) as AsyncIterable<Uint8Array>;
    yield tarPadding(size);
  }
  yield tarEnd;
}
