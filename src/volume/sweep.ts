import type { Disk } from '../system/disk.ts';
import { sweepTemporaries } from '../system/linux-disk.ts';
import type { VolumeLayout } from './layout.ts';

/**
 * Removes the temporary files that a crash left. Only for the holder of the volume's lock: another one's
 * temporary file is a record that is about to be.
 */
export async function sweepVolume(layout: VolumeLayout, disk: Disk): Promise<number> {
  let swept = 0;
  for (const path of [layout.sessions, layout.ours, layout.records, layout.restores, layout.cache]) {
    swept += await sweepTemporaries(disk, path);
  }
  return swept;
}
