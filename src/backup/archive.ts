/**
 * Writes the archive of a backup: `session-<id>/` with the essential directories of a copy that nobody writes to,
 * as tar.gz that any `tar xz` reads, or that any `age -d` opens first. Streamed: neither memory nor time on the main thread grows with a file's size.
 */
import { dirname, join } from 'node:path';
import { createGzip, type Gzip } from 'node:zlib';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { Digest } from '../system/digest.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { errnoOf } from '../system/errno.ts';
import { openRegular } from '../system/open-regular.ts';
import { requireRoom, withinRoom } from '../system/room.ts';
import type { BackupEncryption } from './encryption.ts';
import { type EssentialEntry, essentialEntries } from './essential-files.ts';
import type { BackupFile } from './manifest.ts';
import { tarEnd, tarHeader, tarPadding } from './tar-writer.ts';

export interface ArchiveRequest {
  readonly session: SessionId;
  /** A copy of a profile, or a profile whose session is closed. */
  readonly directory: string;
  readonly layout: ProfileLayout;
  /** The file to write; it must not exist. */
  readonly path: string;
  /** Seals it on its way; null for a plain one. */
  readonly encryption: BackupEncryption | null;
  readonly signal: AbortSignal;
  /** Bytes of the files so far, and of all. */
  readonly progress?: (done: number, total: number) => void;
}

export interface WrittenArchive {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Everything in it, as it was when it was read. */
  readonly files: readonly BackupFile[];
}

/** What `gzip` itself takes; a higher one costs much and saves little. */
const level = 6;
const chunkSize = 65_536;

/** Throws `profile_damaged`, `snapshot_failed` when a file changes meanwhile, `disk_full`. Leaves no file then. */
export async function writeArchive(
  request: ArchiveRequest,
  room: { readonly disk: Disk; readonly floor: number },
): Promise<WrittenArchive> {
  const { path, signal } = request;
  const entries = await essentialEntries(request.directory, request.layout);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const purpose = `The backup of session "${request.session}"`;
  await requireRoom(room, dirname(path), { bytes: total, purpose });
  const gzip = createGzip({ level, chunkSize });
  const files: BackupFile[] = [];
  const digest = new Digest();
  const sealed = request.encryption ? request.encryption.seal(gzip, signal) : gzip;
  const compressed = withinRoom(digest.through(sealed), room, dirname(path), purpose);
  // Whichever fails first ends the other one by the stream between them, and is the one that is told.
  gzip.on('error', () => {});
  const ending = (error: unknown) => {
    gzip.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  };
  const [packed, written] = await Promise.allSettled([
    feed(gzip, tarOf(request, entries, total, files), signal).catch(ending),
    room.disk.createFileFrom(path, compressed, 'backup:archive').catch(ending),
  ]);
  signal.throwIfAborted();
  if (written.status === 'rejected') throw written.reason;
  if (packed.status === 'rejected') throw packed.reason;
  return { bytes: digest.bytes, sha256: digest.sha256(), files };
}

/** Each piece is through before the next one is asked for, which may lie in the same memory. */
async function feed(gzip: Gzip, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      gzip.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
  gzip.end();
}

async function* tarOf(
  { session, directory, progress }: ArchiveRequest,
  entries: readonly EssentialEntry[],
  total: number,
  files: BackupFile[],
): AsyncGenerator<Uint8Array> {
  const root = `session-${session}`;
  // One for all: garbage outside the heap is collected late, and a large profile would leave a lot of it.
  const buffer = Buffer.allocUnsafe(chunkSize);
  let done = 0;
  const newest = entries.reduce((latest, { modifiedAt }) => Math.max(latest, modifiedAt.getTime()), 0);
  yield tarHeader({ path: root, type: 'Directory', bytes: 0, modifiedAt: new Date(newest) });
  for (const entry of entries) {
    yield tarHeader({ ...entry, path: `${root}/${entry.path}` });
    if (entry.type === 'Directory') continue;
    const digest = new Digest();
    for await (const chunk of contentsOf(join(directory, entry.path), entry, buffer)) {
      digest.update(chunk);
      done += chunk.byteLength;
      yield chunk;
      progress?.(done, total);
    }
    yield tarPadding(entry.bytes);
    files.push({ path: entry.path, bytes: entry.bytes, sha256: digest.sha256() });
  }
  yield tarEnd;
}

async function* contentsOf(
  path: string,
  { bytes }: EssentialEntry,
  buffer: Buffer,
): AsyncGenerator<Uint8Array> {
  const { file, stats } = await openRegular(path).catch((error: unknown) => {
    // Something else has taken its place since it was listed.
    if (replaced.has(errnoOf(error) ?? '')) throw changed(path);
    throw diskError(error, path, 'backup:read');
  });
  try {
    let left = bytes;
    if (stats.size !== bytes) throw changed(path);
    while (left > 0) {
      const { bytesRead } = await file
        .read(buffer, 0, Math.min(left, buffer.length))
        .catch((error: unknown) => {
          throw diskError(error, path, 'backup:read');
        });
      if (bytesRead === 0) throw changed(path);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const replaced: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EINVAL', 'ENXIO']);

function changed(path: string): VigilError {
  return new VigilError('snapshot_failed', `${path} changed while it was backed up.`, { subject: path });
}
