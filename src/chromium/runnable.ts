/** Whether a path is a program that this user may run. A directory that may be entered is none. */
import { access, constants, stat } from 'node:fs/promises';
import { errnoOf } from '../system/errno.ts';

/** Null where it can be run; else the end of a sentence that begins with the path. */
export async function whyNotRunnable(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'is a directory';
    if (!found.isFile()) return 'is no file';
    await access(path, constants.X_OK);
    return null;
  } catch (error) {
    return reasons[errnoOf(error) ?? ''] ?? `cannot be looked at (${errnoOf(error) ?? String(error)})`;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be executed by this user',
};

export async function isExecutable(path: string): Promise<boolean> {
  return (await whyNotRunnable(path)) === null;
}
