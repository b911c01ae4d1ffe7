import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

// Without O_NONBLOCK, opening a pipe waits for its other end; without O_NOCTTY, a terminal may become ours.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file for reading where anything may lie: not through a link, and never waiting. Throws what the system says,
 * with its code: `ELOOP` for a symbolic link, `EISDIR` for a directory, `EINVAL` for what is no file either.
 */
export async function openRegular(
  path: string,
): Promise<{ readonly file: FileHandle; readonly stats: Stats }> {
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (stats.isFile()) return { file, stats };
    const [code, what] = stats.isDirectory() ? ['EISDIR', 'a directory'] : ['EINVAL', 'no regular file'];
    throw Object.assign(new Error(`${path} is ${what}`), { code });
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}
