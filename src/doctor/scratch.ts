import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';

/** A name that nothing else uses and that never looks like a session. */
export const scratchPath = (directory: string): string =>
  join(directory, `.doctor-${randomBytes(6).toString('hex')}`);

/** Really writes, flushes and renames: permissions, quotas and read-only mounts only show then. Throws. */
export async function tryToWrite(directory: string, disk: Disk): Promise<{ readonly mtimeMs: number }> {
  const first = scratchPath(directory);
  const second = scratchPath(directory);
  try {
    await disk.createFile(first, Buffer.alloc(4_096, 1), 'doctor:create');
    await disk.rename(first, second, 'doctor:rename');
    await disk.syncDirectory(directory, 'doctor:sync');
    return await stat(second);
  } finally {
    for (const path of [first, second]) await disk.remove(path, 'doctor:remove').catch(() => false);
  }
}

export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Where on the volume to try things: ours if it is there already. Null when there is no volume. */
export async function ground(layout: VolumeLayout): Promise<string | null> {
  for (const path of [layout.ours, layout.root]) if (await isDirectory(path)) return path;
  return null;
}
