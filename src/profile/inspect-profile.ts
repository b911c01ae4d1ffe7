/**
 * Who runs on a profile. Processes decide, not the lock: it may be stale, copied or of another host, and the
 * pid in it reused. Whoever was started with this very directory is there; everybody else is not.
 */
import type { Processes, ProcessInfo } from '../system/processes.ts';
import { isGone, isStopped } from '../system/processes.ts';
import { directoriesOfChild, markedVolumes, userDataDirectories } from './markers.ts';
import { type ProfileLock, readLock } from './profile-locks.ts';
import { type SamePlace, samePlaceAs } from './same-place.ts';

export interface ProfileInspection {
  /** `ours`: browsers that we started on this volume, or what stands still of one that is dead, and only those. */
  readonly owner: 'none' | 'ours' | 'stranger';
  /** Main processes of browsers, and children that stand still without one; strangers' alone when there are any. */
  readonly processes: readonly ProcessInfo[];
  readonly lock: ProfileLock | null;
}

export interface InspectOptions {
  readonly profile: string;
  /** Root of the volume, as our browsers carry it. */
  readonly volume: string;
  readonly processes: Processes;
  /** A list of all processes that was just taken, where there is one. */
  readonly running?: readonly ProcessInfo[];
}

export async function inspectProfile(options: InspectOptions): Promise<ProfileInspection> {
  const { profile, volume, processes } = options;
  const [lock, running, isProfile, isVolume] = await Promise.all([
    readLock(profile),
    options.running ?? processes.list(),
    samePlaceAs(profile, processes),
    samePlaceAs(volume, processes),
  ]);
  const ours: ProcessInfo[] = [];
  const strangers: ProcessInfo[] = [];
  const living = new Set(running.filter((one) => !isGone(one)).map(({ pid }) => pid));
  for (const candidate of running) {
    if (isGone(candidate)) continue;
    if (!(await names(candidate, userDataDirectories, isProfile))) {
      if (isLeftStanding(candidate, living) && (await names(candidate, directoriesOfChild, isProfile)))
        ours.push(candidate);
      continue;
    }
    if (await names(candidate, markedVolumes, isVolume)) ours.push(candidate);
    else strangers.push(candidate);
  }
  if (strangers.length > 0) return { owner: 'stranger', processes: strangers, lock };
  return { owner: ours.length > 0 ? 'ours' : 'none', processes: ours, lock };
}

/**
 * Killed in the middle of a snapshot, a browser leaves children that stand still: they do not notice that it is gone,
 * keep its connection open, and stay for ever. A child that runs ends by itself.
 */
function isLeftStanding(candidate: ProcessInfo, living: ReadonlySet<number>): boolean {
  return isStopped(candidate) && !living.has(candidate.group);
}

/** Whether one of the directories in its arguments is the one that is meant. */
export async function names(
  candidate: ProcessInfo,
  directories: (argv: readonly string[]) => readonly string[],
  isMeant: SamePlace,
): Promise<boolean> {
  for (const directory of directories(candidate.argv))
    if (await isMeant(candidate.pid, directory)) return true;
  return false;
}
