/** Whether something is mounted at a directory, or only its empty mount point is there. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';

/**
 * A mount point is on another device than its parent. A bind mount of the same file system is not; the kernel
 * lists it, so that is asked as well.
 */
export async function isMountPoint(directory: string): Promise<boolean> {
  const path = await realpath(directory);
  const [own, parent] = await Promise.all([stat(path), stat(dirname(path))]);
  return own.dev !== parent.dev || own.ino === parent.ino || (await isListed(path));
}

async function isListed(path: string): Promise<boolean> {
  const listed = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return listed.split('\n').some((line) => unescaped(line.split(' ')[4] ?? '') === path);
}

/** The kernel writes spaces and the like as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export function isWithin(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path === '' || (!path.startsWith('..') && !path.startsWith('/'));
}
