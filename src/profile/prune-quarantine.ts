/**
 * Takes out of a quarantined profile what no login needs: caches are most of its bytes. Only after the profile was
 * moved; broken off anywhere it has left more than is needed, never less. Links are removed and not followed.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { isDirectoryBelow } from '../system/directories.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { unlessAbsent } from '../system/errno.ts';
import { removeTree } from '../system/remove-tree.ts';

/**
 * False, with everything left as it is, where a directory that a login needs is not there: then it is a layout that
 * nobody here knows, or what is missing lies under another name.
 */
export async function pruneQuarantined(profile: string, layout: ProfileLayout, disk: Disk): Promise<boolean> {
  for (const { path, required } of layout.essential) {
    if (required && !(await isDirectoryBelow(profile, path))) return false;
  }
  for (const path of layout.otherForms ?? []) {
    if (await unlessAbsent(lstat(join(profile, path)))) return false;
  }
  await prune(profile, '', layout, disk);
  return true;
}

async function prune(profile: string, parent: string, layout: ProfileLayout, disk: Disk): Promise<void> {
  for (const entry of await entriesOf(join(profile, parent))) {
    const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
    if (layout.essential.some((directory) => directory.path === path)) continue;
    const leads = layout.essential.some((directory) => directory.path.startsWith(`${path}/`));
    if (leads && entry.isDirectory()) await prune(profile, path, layout, disk);
    else await removeTree(join(profile, path), disk, 'quarantine:prune');
  }
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw diskError(error, path, 'quarantine:prune');
  }
}
