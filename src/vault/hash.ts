import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { VaultSource } from '../backup/vault.ts';
import { VigilError } from '../errors.ts';

/** Reads it to its end and closes it. */
export async function hashOf(
  file: FileHandle,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of file.createReadStream({ signal })) {
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).byteLength;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * The source's bytes, each piece in the same memory as the one before it: garbage outside the heap is collected late.
 * Ends in `internal` when they are not those that were described.
 */
export async function* hashed(
  { path, bytes, sha256 }: VaultSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(262_144);
  let seen = 0;
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      hash.update(piece);
      seen += bytesRead;
      yield piece;
    }
  } finally {
    await file.close();
  }
  if (seen === bytes && hash.digest('hex') === sha256) return;
  throw new VigilError(
    'internal',
    `${path} is not the file that was to be put: ${seen} bytes, ${bytes} expected.`,
  );
}
