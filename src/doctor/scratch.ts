import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { tryToWrite } from '../volume/try-to-write.ts';

/** A name that nothing else uses and that never looks like a session. */
export const scratchPath = (directory: string): string =>
  join(directory, `.doctor-${randomBytes(6).toString('hex')}`);

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

/** The same where it can be written. What keeps this user from writing, the volume's own check says. */
export async function writableGround(where: {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
}): Promise<string | null> {
  const directory = await ground(where.layout);
  if (directory === null) return null;
  return tryToWrite(directory, where.disk).then(
    () => directory,
    () => null,
  );
}
