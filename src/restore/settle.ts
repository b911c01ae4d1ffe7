/**
 * Brings a restore that stands anywhere between its journal and its end to one of two ends: the backup in the
 * profile's place, or the profile as it was. Decided by what lies where, so that it may be done again and again,
 * after a kill at any step of the swap or of itself.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { closeStaging } from '../backup/staging.ts';
import { pruneQuarantined } from '../profile/prune-quarantine.ts';
import { bringBack } from '../profile/quarantine-place.ts';
import { makeSessionsDirectory } from '../profile/sessions-directory.ts';
import type { SessionId } from '../session/id.ts';
import { isDirectory } from '../system/directories.ts';
import { diskError } from '../system/disk-error.ts';
import { unlessAbsent } from '../system/errno.ts';
import { profilePath, type VolumeLayout } from '../volume/layout.ts';
import { removeJournal } from './journal.ts';
import type { RestoreJournal } from './journal-format.ts';
import type { SwapTools } from './tools.ts';

export interface Places {
  /** The directory in staging. */
  readonly place: string;
  readonly staged: string;
  /** Where a session looks for it. */
  readonly profile: string;
  readonly quarantine: string | null;
}

export function placesOf({ session, staged, quarantine }: RestoreJournal, layout: VolumeLayout): Places {
  const place = join(layout.staging, staged);
  return {
    place,
    staged: join(place, 'profile'),
    profile: profilePath(layout, session),
    quarantine: quarantine && join(layout.quarantine, session, quarantine),
  };
}

/** `completed`: the backup is in place. `undone`: what was there is, or nothing where nothing was. */
export async function settle(journal: RestoreJournal, tools: SwapTools): Promise<'completed' | 'undone'> {
  const { disk, layout } = tools;
  const { place, quarantine } = placesOf(journal, layout);
  const outcome = await decide(journal, tools);
  // An empty one was made for a profile that never came. While the journal names it, so that none is left.
  if (quarantine && outcome === 'undone')
    await disk.removeDirectory(quarantine, 'quarantine:unreserve').catch(() => false);
  await removeJournal(journal.session, tools);
  await closeStaging(place, disk);
  if (quarantine && outcome === 'completed')
    await pruneQuarantined(quarantine, tools.engine.layout, disk).catch(() => false);
  return outcome;
}

/** Where a restore stands that could not be settled: whether its last rename was made. */
export async function isInPlace(journal: RestoreJournal, { layout }: SwapTools): Promise<boolean> {
  const { staged } = placesOf(journal, layout);
  return !(await isDirectory(staged)) && (await profileIsThere(journal.session, layout));
}

export function profileIsThere(session: SessionId, layout: VolumeLayout): Promise<boolean> {
  return isDirectory(profilePath(layout, session));
}

async function decide(journal: RestoreJournal, tools: SwapTools): Promise<'completed' | 'undone'> {
  const { disk, layout } = tools;
  const places = placesOf(journal, layout);
  const [isStaged, isThere, isQuarantined] = await Promise.all([
    isDirectory(places.staged),
    profileIsThere(journal.session, layout),
    places.quarantine !== null && holdsSomething(places.quarantine),
  ]);
  if (isThere) {
    // Nothing was moved yet, or somebody has put another profile there meanwhile, which is not ours to replace.
    if (isStaged) return 'undone';
    if (places.quarantine !== null && !isQuarantined) return 'undone';
    await disk.syncDirectory(layout.sessions, 'restore:swap-sync');
    return 'completed';
  }
  if (isStaged) {
    try {
      await putInPlace(places, tools);
      return 'completed';
    } catch (error) {
      if (!isQuarantined) throw error;
    }
  }
  // What was staged is gone, or cannot be moved: then what was there goes back.
  if (places.quarantine !== null && isQuarantined) await bringBack(journal.session, places.quarantine, tools);
  return 'undone';
}

export async function putInPlace({ staged, place, profile }: Places, tools: SwapTools): Promise<void> {
  const { disk, layout } = tools;
  await makeSessionsDirectory(tools);
  await disk.rename(staged, profile, 'restore:swap');
  await disk.syncDirectory(layout.sessions, 'restore:swap-sync');
  await disk.syncDirectory(place, 'restore:swap-sync');
}

async function holdsSomething(path: string): Promise<boolean> {
  const names = await unlessAbsent(readdir(path)).catch((error: unknown) => {
    throw diskError(error, path, 'restore:look');
  });
  return names !== null && names.length > 0;
}
