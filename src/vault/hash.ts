import type { FileHandle } from 'node:fs/promises';
import type { VaultSource } from '../backup/vault.ts';
import { VigilError } from '../errors.ts';
import { Digest } from '../system/digest.ts';
import { openRegular } from '../system/open-regular.ts';

/** Reads it to its end and closes it. */
export async function hashOf(
  file: FileHandle,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const digest = new Digest();
  for await (const chunk of file.createReadStream({ signal })) digest.update(chunk as Uint8Array);
  return { bytes: digest.bytes, sha256: digest.sha256() };
}

/**
 * The source's bytes, each piece in the same memory as the one before it: garbage outside the heap is collected late.
 * Ends in `internal` when they are not those that were described.
 */
export async function* hashed(
  { path, bytes, sha256 }: VaultSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const digest = new Digest();
  const buffer = Buffer.allocUnsafe(262_144);
  const { file } = await openRegular(path);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      digest.update(piece);
      yield piece;
    }
  } finally {
    await file.close();
  }
  if (digest.bytes === bytes && digest.sha256() === sha256) return;
  throw new VigilError(
    'internal',
    `${path} is not the file that was to be put: ${digest.bytes} bytes, ${bytes} expected.`,
  );
}
