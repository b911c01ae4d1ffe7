/**
 * A lock that the kernel holds and drops with the process, however it ends: an exclusive transaction on a
 * SQLite file that is never written. A pid file would not do, since containers reuse pids.
 *
 * These locks belong to the process, not to a handle: the kernel drops them as soon as the process closes ANY
 * handle on the file. SQLite keeps track of that among its own; so nothing but this may ever open the file.
 */
import { truncateSync } from 'node:fs';
import Database from 'better-sqlite3';
import { VigilError } from '../errors.ts';

export interface KernelLock {
  release(): void;
}

/** A handle that nobody refers to would be collected, and its lock with it. */
const held = new Set<Database.Database>();

/** Null when another process, or this one already, holds it. Does not wait. */
export function tryKernelLock(path: string): KernelLock | null {
  try {
    return attempt(path);
  } catch (error) {
    if (!isForeignContent(error)) throw lockError(error, path);
  }
  // Not a database: cut off or scribbled over. Whoever held it would have kept us from reading even that, so
  // nobody does. Emptied in place: a new file beside an old one would be two locks.
  try {
    truncateSync(path, 0);
    return attempt(path);
  } catch (error) {
    throw lockError(error, path);
  }
}

function attempt(path: string): KernelLock | null {
  const database = new Database(path, { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (codeOf(error).startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

export function lockError(error: unknown, path: string): VigilError {
  const code = codeOf(error);
  const options = { cause: error, subject: path };
  if (code === 'SQLITE_FULL')
    return new VigilError('disk_full', `No space is left to lock ${path}.`, options);
  if (/^SQLITE_(?:IOERR_(?:LOCK|UNLOCK|RDLOCK|CHECKRESERVEDLOCK|SHMLOCK)|PROTOCOL|NOLFS)/.test(code)) {
    return new VigilError('volume_permission', `The file system of ${path} cannot lock files (${code}).`, {
      ...options,
      remedy:
        'Put the volume on a file system that can (a local disk, or NFS with its lock service): without a lock two daemons could run on it.',
    });
  }
  return new VigilError('volume_permission', `${path} cannot be locked (${code || String(error)}).`, {
    ...options,
    remedy: 'It should be a small file that this user may read and write; look at its owner and at the disk.',
  });
}

function isForeignContent(error: unknown): boolean {
  return /^SQLITE_(?:NOTADB|CORRUPT)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
