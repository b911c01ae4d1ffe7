/** What of a directory goes into a backup: the layout's essential directories and the files in them, nothing else. */
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import { diskError } from '../system/disk-error.ts';
import { unlessAbsent } from '../system/errno.ts';
import { isProfilePath, quoted } from './profile-path.ts';

export interface EssentialEntry {
  /** Relative to the profile. */
  readonly path: string;
  readonly type: 'File' | 'Directory';
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/**
 * Parents before what they hold, sorted by path; no directory that holds no file, the essential ones apart. Throws `profile_damaged` for whatever is neither a file nor a
 * directory: a link would put something else into the backup than the profile, and a pipe would never end.
 */
export async function essentialEntries(
  profile: string,
  layout: ProfileLayout,
): Promise<readonly EssentialEntry[]> {
  const found = new Map<string, EssentialEntry>();
  for (const { path } of layout.essential) {
    if (await addParents(profile, path, found)) await addBelow(profile, path, found);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** False when the directory is not there. */
async function addParents(
  profile: string,
  path: string,
  found: Map<string, EssentialEntry>,
): Promise<boolean> {
  const parts = path.split('/');
  const chain = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const entries: EssentialEntry[] = [];
  for (const part of chain) {
    const stats = await look(join(profile, part));
    if (!stats) return false;
    if (!stats.isDirectory()) throw notBackedUp(part, `is ${kindOf(stats)} and should be a directory`);
    entries.push(directory(part, stats));
  }
  for (const entry of entries) found.set(entry.path, entry);
  return true;
}

/** Whether there is any file. */
async function addBelow(profile: string, path: string, found: Map<string, EssentialEntry>): Promise<boolean> {
  let holdsFiles = false;
  const names = await readdir(join(profile, path)).catch((error: unknown) => {
    throw diskError(error, join(profile, path), 'read-profile');
  });
  for (const name of names) {
    const child = `${path}/${name}`;
    if (!isProfilePath(child)) throw notBackedUp(child, 'has a name that no archive could carry');
    const stats = await look(join(profile, child));
    if (!stats) throw notBackedUp(child, 'has a name that is not text, or went while it was looked at');
    if (stats.isDirectory()) {
      if (!(await addBelow(profile, child, found))) continue;
      found.set(child, directory(child, stats));
    } else if (stats.isFile()) {
      found.set(child, { path: child, type: 'File', bytes: stats.size, modifiedAt: stats.mtime });
    } else throw notBackedUp(child, `is ${kindOf(stats)}`);
    holdsFiles = true;
  }
  return holdsFiles;
}

async function look(path: string): Promise<Stats | null> {
  try {
    return await unlessAbsent(lstat(path));
  } catch (error) {
    throw diskError(error, dirname(path), 'read-profile');
  }
}

function directory(path: string, { mtime }: Stats): EssentialEntry {
  return { path, type: 'Directory', bytes: 0, modifiedAt: mtime };
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return stats.isFIFO() ? 'a pipe' : 'a device or a socket';
}

function notBackedUp(path: string, problem: string): VigilError {
  return new VigilError('profile_damaged', `The profile cannot be backed up: ${quoted(path)} ${problem}.`, {
    remedy: 'Move what does not belong to the profile out of it, with the session stopped.',
  });
}
