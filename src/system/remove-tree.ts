import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { diskError } from './disk-error.ts';
import { unlessAbsent } from './errno.ts';

/**
 * Removes a directory with everything in it, or a single file. Links are removed, never followed. What is not there
 * counts as removed; a crash in the middle leaves less than there was.
 */
export async function removeTree(path: string, disk: Disk, label: string): Promise<void> {
  if (!(await lookAt(path, label))?.isDirectory()) {
    await disk.remove(path, label);
    return;
  }
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw diskError(error, path, label);
  });
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await removeTree(child, disk, label);
    else await disk.remove(child, label);
  }
  await disk.removeDirectory(path, label);
}

async function lookAt(path: string, label: string): Promise<Stats | null> {
  try {
    return await unlessAbsent(lstat(path));
  } catch (error) {
    throw diskError(error, path, label);
  }
}
