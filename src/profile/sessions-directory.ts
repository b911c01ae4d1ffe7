/** The directory of all profiles, which a person may have deleted with everything in it. */
import { lstat } from 'node:fs/promises';
import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';
import type { VolumeLayout } from '../volume/layout.ts';

/** Before a profile is moved into it. The volume itself is never made: without it there is none. */
export async function makeSessionsDirectory({
  layout,
  disk,
}: {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
}): Promise<void> {
  // Whatever else lies there is for the move itself to fail on.
  if ((await unlessAbsent(lstat(layout.sessions)).catch(() => undefined)) !== null) return;
  await disk.mkdir(layout.sessions, 'sessions:make');
  await disk.syncDirectory(layout.root, 'sessions:make-sync');
}
