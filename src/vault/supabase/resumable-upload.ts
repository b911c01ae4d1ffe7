/**
 * An upload in pieces that goes on where it stopped. How often it tries is counted from the last piece that arrived: on a
 * bad line a big file comes through as long as it gets on. An answer of 409 is never tried again: there is something
 * under that name, and whoever called looks what it is.
 */
import { DetailedError, Upload } from 'tus-js-client';
import type { VaultSource } from '../../backup/vault.ts';
import type { VigilError } from '../../errors.ts';
import type { Clock } from '../../system/clock.ts';
import { FilePieces } from './file-pieces.ts';
import { ResumableTransport } from './resumable-transport.ts';
import { resumableFailure, StorageFailure, storageFailure } from './storage-failure.ts';

/** The hosted service takes no other. */
export const pieceSize = 6 * 1024 * 1024;
/** Milliseconds before each try since the last piece that arrived. */
const delays = [0, 500, 2_000, 5_000];

export interface ResumableTarget {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** What the server is told of the object: bucketName, objectName, contentType, cacheControl, metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where it is continued, and given up. */
  readonly onAddress: (url: string) => void;
}

/** Throws `StorageFailure`, `internal` where the file is not the one that was described, and the signal's reason. */
export async function uploadResumably(
  source: VaultSource,
  target: ResumableTarget,
  signal: AbortSignal,
): Promise<void> {
  const pieces = await FilePieces.open(source);
  try {
    let arrived = 0;
    const attempt = attempts(pieces, target, (bytes) => {
      arrived = bytes;
    });
    for (let tried = 0, before = 0; ; ) {
      try {
        return await attempt();
      } catch (error) {
        signal.throwIfAborted();
        const failure = failureOf(error);
        if (!mayPass(failure)) throw failure;
        if (arrived > before) tried = 0;
        before = arrived;
        const delay = delays[tried++];
        if (delay === undefined) throw failure;
        await target.clock.sleep(delay, signal);
      }
    }
  } finally {
    await pieces.close();
  }
}

/** Each call of the returned function goes on where the one before it ended. */
function attempts(
  pieces: FilePieces,
  { headers, fetch, metadata, endpoint, onAddress }: ResumableTarget,
  arrived: (bytes: number) => void,
): () => Promise<void> {
  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  const upload = new Upload(Buffer.alloc(0), {
    endpoint,
    headers: { ...headers, 'x-upsert': 'false' },
    metadata: { ...metadata },
    chunkSize: pieceSize,
    // Its own timers would be nobody's: what is tried again is tried again above.
    retryDelays: null,
    onShouldRetry: () => false,
    storeFingerprintForResuming: false,
    fileReader: { openFile: () => Promise.resolve(unclosed(pieces)) },
    httpStack: new ResumableTransport(new URL(endpoint), fetch),
    // Of what the server has said to have, never of what was only sent.
    onProgress: arrived,
    onUploadUrlAvailable: () => onAddress(upload.url ?? ''),
    onSuccess: () => settle.resolve(),
    onError: (error) => settle.reject(error),
  });
  return () =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      upload.start();
    });
}

/** The library closes what it read when it is done; it is closed in one place, above. */
function unclosed(pieces: FilePieces) {
  return {
    size: pieces.size,
    slice: (start: number, end: number) => pieces.slice(start, end),
    close: () => {},
  };
}

function failureOf(error: unknown): StorageFailure | VigilError {
  if (!(error instanceof DetailedError)) return storageFailure(error);
  if (error.originalResponse)
    return resumableFailure(error.originalResponse.getStatus(), error.originalResponse.getBody());
  return storageFailure(error.causingError);
}

function mayPass(failure: StorageFailure | VigilError): boolean {
  if (!(failure instanceof StorageFailure)) return false;
  return failure.leavesOpen || failure.code === 423 || failure.code === 429;
}
