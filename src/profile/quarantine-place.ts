/**
 * The move into quarantine itself: one rename on the same file system, so that after a crash the profile is in one
 * place or the other. Never deletes, never overwrites. Whoever calls this has looked that nobody uses the profile.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';
import { freeName } from '../system/free-name.ts';
import { compactUtc } from '../system/timestamp.ts';
import { profilePath, type VolumeLayout } from '../volume/layout.ts';
import { entryTime } from './quarantine-policy.ts';
import { makeSessionsDirectory } from './sessions-directory.ts';

interface Place {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
}

/**
 * A name that nothing has yet: `<quarantine>/<id>/<time>-<reason>`. Nothing is made. It comes after those that are there,
 * whatever the clock says: the last one is the one that stays.
 */
export async function quarantineTarget(
  id: SessionId,
  reason: string,
  { layout, clock }: { readonly layout: VolumeLayout; readonly clock: Clock },
): Promise<string> {
  const place = join(layout.quarantine, id);
  const there = ((await unlessAbsent(readdir(place))) ?? []).map((name) => entryTime(name) ?? 0);
  const after = Math.max(0, ...there.filter((at) => at < latest)) + second;
  return freeName(join(place, `${compactUtc(Math.max(clock.now(), after))}-${word(reason)}`));
}

const second = 1_000;
/** Nothing comes after the last second that a name can say. */
const latest = Date.UTC(9999, 11, 31);

/** Leaves the profile where it is when it fails. */
export async function moveToQuarantine(
  id: SessionId,
  target: string,
  { layout, disk }: Place,
): Promise<void> {
  const place = dirname(target);
  if (await disk.mkdir(place, 'quarantine:place'))
    await disk.syncDirectory(layout.quarantine, 'quarantine:place-sync');
  // An empty directory of that name: the rename replaces it, and could not replace anything that holds something.
  await disk.mkdir(target, 'quarantine:reserve');
  try {
    await disk.rename(profilePath(layout, id), target, 'quarantine:rename');
  } catch (error) {
    await disk.removeDirectory(target, 'quarantine:unreserve').catch(() => false);
    throw error;
  }
  await disk.syncDirectory(place, 'quarantine:sync');
  await disk.syncDirectory(layout.sessions, 'quarantine:sync');
}

/** The other way, for a restore that could not be finished. */
export async function bringBack(id: SessionId, target: string, place: Place): Promise<void> {
  const { layout, disk } = place;
  await makeSessionsDirectory(place);
  await disk.rename(target, profilePath(layout, id), 'quarantine:bring-back');
  await disk.syncDirectory(layout.sessions, 'quarantine:bring-back-sync');
  await disk.syncDirectory(dirname(target), 'quarantine:bring-back-sync');
}

/** As part of a file name: a reason may come from a library. */
function word(reason: string): string {
  return (
    reason
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 40) || 'unknown'
  );
}
