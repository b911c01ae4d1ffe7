/**
 * Reading a file of a profile, in which anything may lie: no link is followed, no pipe or device is waited for, and
 * nothing beyond the length that the file had when it was opened is read.
 */
import type { FileHandle } from 'node:fs/promises';
import { errnoOf } from '../system/errno.ts';
import { openRegular } from '../system/open-regular.ts';
import { faultOf, StoreFault } from './store-fault.ts';

export class RegularFile implements AsyncDisposable {
  readonly path: string;
  readonly bytes: number;
  readonly #handle: FileHandle;

  private constructor(path: string, bytes: number, handle: FileHandle) {
    this.path = path;
    this.bytes = bytes;
    this.#handle = handle;
  }

  /** Throws a `StoreFault`, for a file that is not there as for one that is none. */
  static async open(path: string): Promise<RegularFile> {
    const { file, stats } = await openRegular(path).catch((error: unknown) => {
      const code = errnoOf(error);
      if (code === 'EISDIR') throw new StoreFault('damaged', path, 'is a directory, not a file');
      if (code === 'EINVAL') throw new StoreFault('damaged', path, 'is no regular file');
      throw faultOf(error, path);
    });
    return new RegularFile(path, stats.size, file);
  }

  /** Fills `into`, or less of it at the end of the file. */
  async read(into: Buffer, position: number, signal: AbortSignal): Promise<Buffer> {
    const wanted = Math.min(into.length, this.bytes - position);
    let filled = 0;
    while (filled < wanted) {
      signal.throwIfAborted();
      const { bytesRead } = await this.#handle
        .read(into, filled, wanted - filled, position + filled)
        .catch((error: unknown) => {
          throw faultOf(error, this.path);
        });
      if (bytesRead === 0) throw new StoreFault('damaged', this.path, 'became shorter while it was read');
      filled += bytesRead;
    }
    return into.subarray(0, Math.max(0, filled));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {});
  }
}

/** A small file as a whole. */
export async function readSmallFile(path: string, limit: number, signal: AbortSignal): Promise<Buffer> {
  await using file = await RegularFile.open(path);
  if (file.bytes > limit)
    throw new StoreFault('damaged', path, `is larger than the ${limit} bytes it may have`);
  return await file.read(Buffer.alloc(file.bytes), 0, signal);
}
