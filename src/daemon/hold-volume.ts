/** What comes before anything is read or written on a volume, for the daemon and every command alike. */
import { hostname } from 'node:os';
import type { OnUnswept } from '../backup/staging.ts';
import { whatsappWeb } from '../engine/whatsapp-web/profile-layout.ts';
import { endStrayDrills } from '../profile/stray-drills.ts';
import { type Replayed, replayRestores } from '../restore/replay.ts';
import { withRestored } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
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
  /** Told what became of restores that a crash had left half done. */
  readonly onReplayed?: (replayed: Replayed) => void;
  readonly onUnswept?: OnUnswept;
}

/** The volume's lock, over a volume on which no crash shows any more. Throws what `acquireVolumeLock` throws. */
export async function holdVolume(layout: VolumeLayout, options: HoldVolume): Promise<VolumeLock> {
  const { disk, pid, version, command, ...waiting } = options;
  const describe = { pid, hostname: hostname(), command, version };
  const lock = await acquireVolumeLock(layout, { ...waiting, disk, describe });
  try {
    await sweepVolume(layout, disk);
    await endRestores(layout, options);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Restores that were interrupted are finished or taken back, by their journals: before anybody reads a record. */
async function endRestores(
  layout: VolumeLayout,
  { disk, clock, onReplayed, onUnswept }: HoldVolume,
): Promise<void> {
  const tools = { layout, disk, clock, engine: whatsappWeb, processes: new LinuxProcesses() };
  await endStrayDrills(tools);
  const replayed = await replayRestores(tools, onUnswept);
  const records = new RecordStore(layout, disk, clock);
  for (const one of replayed) {
    onReplayed?.(one);
    if (one.outcome !== 'completed') continue;
    // The profile in place is the backup's; one whose record cannot be read says so to whoever reads it next.
    const record = await records.read(one.session).catch(() => null);
    if (!record) continue;
    // A disk that takes no record now must not keep every session down: the profile is looked at before its launch, and
    // a restore that is still due in the record is done once more, which loses nothing.
    await records.write(withRestored(record, one.backup, one.evidence, clock.now())).catch(() => {});
  }
}
