/**
 * A file that is there from before the first record of a recovery until after its last: a volume that holds some of its
 * sessions is not empty any more, and would be taken for all there is.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';
import type { VolumeLayout } from '../volume/layout.ts';

interface UnderWayTools {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
}

/** Durable when it resolves. */
export async function markUnderWay({ layout, disk }: UnderWayTools): Promise<void> {
  await disk.writeFileAtomic(layout.recovery, '{"version":1}\n', 'recovery:begin');
}

export async function clearUnderWay({ layout, disk }: UnderWayTools): Promise<void> {
  if (await disk.remove(layout.recovery, 'recovery:end'))
    await disk.syncDirectory(dirname(layout.recovery), 'recovery:end-sync');
}

export async function isUnderWay(layout: VolumeLayout): Promise<boolean> {
  return (await unlessAbsent(stat(layout.recovery))) !== null;
}
