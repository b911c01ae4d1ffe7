/**
 * `vigil/staging/`: where archives are written before they are put, and backups unpacked before they take a profile's
 * place; on the volume, so that this last step is a rename. What a crash leaves there is worth nothing by itself.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId } from '../session/id.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { unlessAbsent } from '../system/errno.ts';
import { removeTree } from '../system/remove-tree.ts';
import { requireRoom } from '../system/room.ts';
import type { VolumeLayout } from '../volume/layout.ts';

export interface StagingTools {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
}

/**
 * A new directory of that purpose. Its name never looks like a profile's. Throws `disk_full` where the floor of free
 * space is reached before anything is in it.
 */
export async function openStaging(
  purpose: 'backup' | 'restore' | 'verify' | 'drill' | 'import',
  session: SessionId,
  { layout, disk, floor }: StagingTools & { readonly floor: number },
): Promise<string> {
  await disk.mkdir(layout.staging, 'staging:root');
  const what = {
    backup: 'The backup',
    restore: 'The restore',
    verify: 'The verification',
    import: 'The import',
    drill: 'The drill',
  }[purpose];
  await requireRoom({ disk, floor }, layout.staging, {
    bytes: 0,
    purpose: `${what} of session "${session}"`,
  });
  const place = join(layout.staging, `${purpose}-${session}-${randomBytes(6).toString('hex')}`);
  await disk.mkdir(place, 'staging:open');
  return place;
}

/** What cannot be removed now is swept later: the work is done, or has failed for a reason of its own. */
export async function closeStaging(place: string, disk: Disk): Promise<void> {
  await removeTree(place, disk, 'staging:close').catch(() => {});
}

/** Told of what cannot be removed: it takes room, and keeps nobody from the volume. */
export type OnUnswept = (path: string, error: unknown) => void;

/**
 * Removes what a crash left, `keep` apart (names within it that a journal still needs); how many. Only for the holder
 * of the volume's lock, after the journals were replayed and before anything is staged.
 */
export async function sweepStaging(
  { layout, disk }: StagingTools,
  keep: ReadonlySet<string> = new Set(),
  onUnswept: OnUnswept = () => {},
): Promise<number> {
  const names = await unlessAbsent(readdir(layout.staging)).catch((error: unknown) => {
    throw diskError(error, layout.staging, 'staging:sweep');
  });
  const left = (names ?? []).filter((name) => !keep.has(name));
  let swept = 0;
  for (const name of left) {
    const path = join(layout.staging, name);
    try {
      await removeTree(path, disk, 'staging:sweep');
      swept++;
    } catch (error) {
      onUnswept(path, error);
    }
  }
  return swept;
}
