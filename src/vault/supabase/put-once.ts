/**
 * Puts an object under a name that nothing has, whole or not at all: uploaded under a temporary key, then moved. Whatever
 * an answer leaves open that did not come, or came from something in between, is settled by what is there: its size, and
 * the hash that was put beside it.
 */
import { readFile } from 'node:fs/promises';
import type { VaultSource } from '../../backup/vault.ts';
import { VigilError } from '../../errors.ts';
import type { Clock } from '../../system/clock.ts';
import { alarm } from '../../system/deadline.ts';
import { Digest } from '../../system/digest.ts';
import { openRegular } from '../../system/open-regular.ts';
import { type Bucket, cleaning } from './bucket.ts';
import type { Info } from './bucket-answers.ts';
import { notTheFile } from './file-pieces.ts';
import { pieceSize } from './resumable-upload.ts';
import type { SeenBucket } from './seen-bucket.ts';
import { StorageFailure } from './storage-failure.ts';

export interface Keys {
  /** As people know the object. */
  readonly name: string;
  readonly key: string;
  /** Nobody else's. */
  readonly temporary: string;
}

interface Bounds {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Milliseconds before each further look for an upload whose last byte has arrived. */
const looks = [100, 500, 2_000, 5_000];

export async function putOnce(
  seen: SeenBucket,
  keys: Keys,
  source: VaultSource,
  { clock, signal }: Bounds,
): Promise<void> {
  const there = await seen.look(keys.key, signal);
  if (there) return requireSame(seen, keys, there, source, signal);
  try {
    await upload(seen, keys, source, { clock, signal });
    await moveIntoPlace(seen, keys, source, signal);
  } catch (error) {
    await discard(seen, keys.temporary, clock);
    throw error;
  }
}

async function upload(
  { bucket }: SeenBucket,
  { name, temporary }: Keys,
  source: VaultSource,
  { clock, signal }: Bounds,
): Promise<void> {
  const described = { key: temporary, contentType: contentType(name), sha256: source.sha256 };
  try {
    if (source.bytes > pieceSize) {
      await bucket.uploadResumably(described, source, signal);
      await untilVisible(bucket, temporary, { clock, signal });
    } else await bucket.upload(described, await readSource(source, signal), signal);
  } catch (error) {
    if (!(error instanceof StorageFailure && (error.leavesOpen || error.code === 409))) throw error;
    const there = await bucket.info(temporary, signal).catch(() => null);
    if (there?.bytes !== source.bytes || there.sha256 !== source.sha256) throw error;
  }
}

/**
 * The server counts the bytes before it makes an object of them. Where the answer to the last piece was lost, whoever asks
 * how far the upload came hears "all of it", and the object may take a moment.
 */
async function untilVisible(bucket: Bucket, key: string, { clock, signal }: Bounds): Promise<void> {
  for (const ms of looks) {
    if (await bucket.info(key, signal)) return;
    await clock.sleep(ms, signal);
  }
  if (!(await bucket.info(key, signal))) throw new StorageFailure(null, 'the upload became no object');
}

async function moveIntoPlace(
  seen: SeenBucket,
  keys: Keys,
  source: VaultSource,
  signal: AbortSignal,
): Promise<void> {
  try {
    await seen.bucket.move(keys.temporary, keys.key, signal);
  } catch (error) {
    if (!(error instanceof StorageFailure)) throw error;
    // 409: somebody was first. 404: the upload is no longer there, perhaps because it was moved.
    if (!error.leavesOpen && error.code !== 409 && error.code !== 404) throw error;
    const there = await seen.look(keys.key, signal);
    if (!there) throw error.code === 404 ? new StorageFailure(null, 'the upload has gone') : error;
    await requireSame(seen, keys, there, source, signal);
    // Ours where somebody put the same before us.
    await seen.bucket.remove([keys.temporary], signal).catch(() => []);
  }
}

async function requireSame(
  seen: SeenBucket,
  { name, key }: Keys,
  there: Info,
  source: VaultSource,
  signal: AbortSignal,
): Promise<void> {
  if (there.bytes === source.bytes) {
    if ((there.sha256 ?? (await seen.hashOf(key, signal))) === source.sha256) return;
  }
  throw new VigilError(
    'vault_refused',
    `The vault ${seen.place.vault} holds something else as ${name}: ${there.bytes} bytes where ${source.bytes} were to be put.`,
    { subject: name, remedy: 'Nothing was overwritten. Move what is there away once you know what it is.' },
  );
}

/** In vain where the vault does not answer; a sweep finds it. */
async function discard({ bucket }: SeenBucket, temporary: string, clock: Clock): Promise<void> {
  const late = alarm(clock, cleaning, 'discard an upload');
  await bucket.remove([temporary], late.signal).catch(() => []);
  late.cancel();
}

/** Small enough to be held: all of it is looked at before the first byte leaves. */
async function readSource(source: VaultSource, signal: AbortSignal): Promise<Buffer> {
  const { file, stats } = await openRegular(source.path);
  try {
    if (stats.size !== source.bytes) throw notTheFile(source, stats.size);
    const bytes = await readFile(file, { signal });
    const digest = new Digest();
    digest.update(bytes);
    if (bytes.length === source.bytes && digest.sha256() === source.sha256) return bytes;
    throw notTheFile(source, bytes.length);
  } finally {
    await file.close();
  }
}

function contentType(name: string): string {
  if (name.endsWith('.json')) return 'application/json';
  return name.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream';
}
