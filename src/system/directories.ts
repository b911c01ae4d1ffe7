/** Whether something is a directory itself, and no link to one. Throws what a disk says that cannot be asked. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError } from './disk-error.ts';
import { unlessAbsent } from './errno.ts';

export async function isDirectory(path: string): Promise<boolean> {
  const found = await unlessAbsent(lstat(path)).catch((error: unknown) => {
    throw diskError(error, path, 'look');
  });
  return found?.isDirectory() ?? false;
}

/** The same of every part of `path` (with `/` between them) below `root`. */
export async function isDirectoryBelow(root: string, path: string): Promise<boolean> {
  let at = root;
  for (const part of path.split('/')) {
    at = join(at, part);
    if (!(await isDirectory(at))) return false;
  }
  return true;
}
