/** What comes before anything is read or written on a volume, for the daemon and every command alike. */
import { hostname } from 'node:os';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { acquireVolumeLock, type VolumeLock } from '../volume/lock.ts';
import type { LockHolder } from '../volume/lock-holder.ts';
import { sweepVolume } from '../volume/sweep.ts';

export interface HoldVolume {
  readonly clock: Clock;
  readonly disk: Disk;
  /** Milliseconds to wait for another holder; 0 tries once. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly pid: number;
  readonly version: string;
  /** What this process is called in the messages of others. */
  readonly command: string;
  readonly onWait?: (holder: LockHolder | null) => void;
}

/** The volume's lock, over a volume on which no crash shows any more. Throws what `acquireVolumeLock` throws. */
export async function holdVolume(layout: VolumeLayout, options: HoldVolume): Promise<VolumeLock> {
  const { disk, pid, version, command, ...waiting } = options;
  const describe = { pid, hostname: hostname(), command, version };
  const lock = await acquireVolumeLock(layout, { ...waiting, disk, describe });
  try {
    await sweepVolume(layout, disk);
    // A restore that was interrupted is finished or taken back here, by its journal: before anybody reads a record.
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}
