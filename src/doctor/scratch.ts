import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VolumeLayout } from '../volume/layout.ts';

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
