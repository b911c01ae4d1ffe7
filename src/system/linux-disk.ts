import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rmdir, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';
import { diskError } from './disk-error.ts';
import { errnoOf } from './errno.ts';
import { openRegular } from './open-regular.ts';

/** Starts with a dot and ends with `.tmp`: neither a record (`<id>.json`) nor a profile (`session-<id>`). */
const temporaryName = /^\.vigil-[0-9a-f]{12}\.tmp$/;

export function temporaryPath(directory: string): string {
  return join(directory, `.vigil-${randomBytes(6).toString('hex')}.tmp`);
}

/** What a crash left of `writeFileAtomic`. Only for whoever holds the volume's lock. */
export async function sweepTemporaries(disk: Disk, directory: string): Promise<number> {
  let swept = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isFile() || !temporaryName.test(entry.name)) continue;
    if (await disk.remove(join(directory, entry.name), 'sweep-temporary')) swept++;
  }
  return swept;
}

export class LinuxDisk implements Disk {
  async createFile(path: string, data: string | Uint8Array, label: string): Promise<void> {
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(data);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      // A half-written file of ours is worth nothing; one that was there before is not ours (EEXIST).
      if (errnoOf(error) !== 'EEXIST') await unlink(path).catch(() => {});
      throw diskError(error, path, label);
    }
  }

  async createFileFrom(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    label: string,
    { flush = true }: { readonly flush?: boolean } = {},
  ): Promise<number> {
    const refused = (error: unknown): never => {
      throw diskError(error, path, label);
    };
    const file = await open(path, 'wx', 0o600).catch(refused);
    let bytes = 0;
    try {
      try {
        for await (const chunk of chunks) {
          await file.writeFile(chunk).catch(refused);
          bytes += chunk.byteLength;
        }
        if (flush) await file.sync().catch(refused);
      } finally {
        await file.close().catch(refused);
      }
    } catch (error) {
      await this.remove(path, `${label}:discard`).catch(() => false);
      throw error;
    }
    return bytes;
  }

  async syncFile(path: string, label: string): Promise<void> {
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw diskError(error, path, label);
    }
  }

  async writeFileAtomic(path: string, data: string | Uint8Array, label: string): Promise<void> {
    const temporary = temporaryPath(dirname(path));
    await this.createFile(temporary, data, `${label}:create`);
    try {
      await this.rename(temporary, path, `${label}:rename`);
    } catch (error) {
      await this.remove(temporary, `${label}:discard`).catch(() => {});
      throw error;
    }
    await this.syncDirectory(dirname(path), `${label}:sync`);
  }

  async rename(from: string, to: string, label: string): Promise<void> {
    await rename(from, to).catch((error: unknown) => {
      throw diskError(error, from, label);
    });
  }

  async link(from: string, to: string, label: string): Promise<void> {
    await link(from, to).catch((error: unknown) => {
      throw diskError(error, from, label);
    });
  }

  async copyFile(from: string, to: string, label: string): Promise<void> {
    try {
      const { file: source } = await openRegular(from);
      try {
        // By the descriptor: the very file that was looked at, whatever has its name by now.
        await copyFile(
          `/proc/self/fd/${source.fd}`,
          to,
          constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE,
        );
      } finally {
        await source.close();
      }
    } catch (error) {
      throw diskError(error, from, label);
    }
  }

  async mkdir(path: string, label: string, options: { readonly recursive?: boolean } = {}): Promise<boolean> {
    try {
      const first = await mkdir(path, { mode: 0o700, recursive: options.recursive ?? false });
      return !options.recursive || first !== undefined;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw diskError(error, path, label);
    }
  }

  remove(path: string, label: string): Promise<boolean> {
    return unlessGone(unlink(path), path, label);
  }

  removeDirectory(path: string, label: string): Promise<boolean> {
    return unlessGone(rmdir(path), path, label);
  }

  async syncDirectory(path: string, label: string): Promise<void> {
    try {
      const directory = await open(path, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    } catch (error) {
      // Some network file systems cannot flush a directory; they make names durable by themselves.
      const code = errnoOf(error);
      if (code !== 'EINVAL' && code !== 'ENOTSUP') throw diskError(error, path, label);
    }
  }

  async totalBytes(path: string): Promise<number> {
    const { blocks, bsize } = await statfs(path).catch((error: unknown) => {
      throw diskError(error, path, 'total-bytes');
    });
    return blocks * bsize;
  }

  async freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await statfs(path).catch((error: unknown) => {
      throw diskError(error, path, 'free-bytes');
    });
    return bavail * bsize;
  }
}

async function unlessGone(step: Promise<void>, path: string, label: string): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw diskError(error, path, label);
  }
}
