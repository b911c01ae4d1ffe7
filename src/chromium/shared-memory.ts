import { statfs } from 'node:fs/promises';

/** Size of /dev/shm in bytes (64 MB in a plain container), or null where there is none. */
export async function sharedMemorySize(path = '/dev/shm'): Promise<number | null> {
  return statfs(path).then(
    (found) => found.blocks * found.bsize,
    () => null,
  );
}
