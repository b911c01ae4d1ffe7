/** The floor of free space belongs to the running browsers: whatever is ours to write refuses below it. */
import { VigilError } from '../errors.ts';
import type { Disk } from './disk.ts';

export interface Room {
  readonly disk: Pick<Disk, 'freeBytes'>;
  /** Bytes that must stay free. */
  readonly floor: number;
}

/** Throws `disk_full` unless so many bytes can be written to `path` with the floor left free. */
export async function requireRoom(
  { disk, floor }: Room,
  path: string,
  { bytes, purpose }: { readonly bytes: number; readonly purpose: string },
): Promise<void> {
  const free = await disk.freeBytes(path);
  if (free - bytes >= floor) return;
  const needs = bytes > 0 ? `${megabytes(bytes)}` : 'room';
  throw new VigilError(
    'disk_full',
    `${purpose} needs ${needs} on the disk of ${path}, which has ${megabytes(free)} free; ${megabytes(floor)} of that belong to the running browsers.`,
    { subject: path },
  );
}

/** Looks again every so many bytes that pass, since others write too. */
export async function* withinRoom(
  chunks: AsyncIterable<Uint8Array>,
  room: Room,
  path: string,
  purpose: string,
): AsyncGenerator<Uint8Array> {
  let since = 0;
  for await (const chunk of chunks) {
    since += chunk.byteLength;
    if (since >= lookEvery) {
      since = 0;
      await requireRoom(room, path, { bytes: chunk.byteLength, purpose });
    }
    yield chunk;
  }
}

const lookEvery = 16 * 1_048_576;

function megabytes(bytes: number): string {
  return `${Math.max(0, Math.round(bytes / 1_000_000))} MB`;
}
