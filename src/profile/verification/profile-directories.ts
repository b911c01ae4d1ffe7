/** Directories of a profile. None of them is a link: what it leads to is somebody else's. */
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { EssentialDirectory, ProfileLayout } from '../../engine/profile-layout.ts';
import { faultOf, StoreFault } from '../../leveldb/store-fault.ts';
import { unlessAbsent } from '../../system/errno.ts';

/** Whether it is there, `path` with `/` between its parts. Throws a `StoreFault` for a link, or a file in its place. */
export async function isDirectory(profile: string, path: string): Promise<boolean> {
  let at = profile;
  for (const part of path.split('/')) {
    at = join(at, part);
    const found = await unlessAbsent(lstat(at)).catch((error: unknown) => {
      throw faultOf(error, at);
    });
    if (!found) return false;
    if (found.isSymbolicLink())
      throw new StoreFault('damaged', at, 'is a symbolic link, which is never followed');
    if (!found.isDirectory()) throw new StoreFault('damaged', at, 'is no directory');
  }
  return true;
}

export interface Directories {
  /** Also those that a login does not need. */
  readonly present: readonly EssentialDirectory[];
  /** Required ones that are not there in any form. */
  readonly missing: readonly EssentialDirectory[];
  /** Paths of what stands in for a required directory, in a form that nobody here can read. */
  readonly replaced: readonly string[];
}

/** Throws a `StoreFault` for a link. */
export async function findDirectories(profile: string, layout: ProfileLayout): Promise<Directories> {
  const present: EssentialDirectory[] = [];
  const missing: EssentialDirectory[] = [];
  const replaced: string[] = [];
  for (const directory of layout.essential) {
    const newer = await newerForm(profile, directory);
    if (newer !== null) replaced.push(newer);
    else if (await isDirectory(profile, directory.path)) present.push(directory);
    else if (directory.required) missing.push(directory);
  }
  return { present, missing, replaced };
}

/**
 * Chromium 156 can keep Local Storage in one SQLite file, `LocalStorage` beside `Local Storage`, and takes no notice
 * of the directory then; so does a verdict.
 */
async function newerForm(
  profile: string,
  { path, kind, required }: EssentialDirectory,
): Promise<string | null> {
  if (kind !== 'local-storage' || !required) return null;
  const newer = join(profile, dirname(path), basename(path).replaceAll(' ', ''));
  const found = await unlessAbsent(lstat(newer)).catch((error: unknown) => {
    throw faultOf(error, newer);
  });
  return found ? newer : null;
}
