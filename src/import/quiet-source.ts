/**
 * Nobody's browser on a profile that is about to be copied: a copy of one that is open is torn, and two browsers would run as
 * one device. Processes are asked first, then the lock that a browser leaves in its profile. Nothing of the source is touched,
 * a stale lock neither.
 */

import { VigilError } from '../errors.ts';
import { inspectProfile } from '../profile/inspect-profile.ts';
import { userDataDirectories } from '../profile/markers.ts';
import { browserWords } from '../profile/prepare-profile.ts';
import { readLock } from '../profile/profile-locks.ts';
import { isGone, type Processes, type ProcessInfo } from '../system/processes.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { oneLine, unreadable } from './unusable.ts';

export interface QuietOptions {
  readonly layout: VolumeLayout;
  readonly processes: Processes;
  /** A person says that a browser which cannot be seen from here has ended. */
  readonly stopped: boolean;
}

/** Throws `profile_in_use`. */
export async function requireQuiet(path: string, options: QuietOptions): Promise<void> {
  const { layout, processes, stopped } = options;
  const { processes: found } = await inspectProfile({ profile: path, volume: layout.root, processes });
  const [browser] = found;
  if (browser) throw inUse(path, `is in use: ${browserWords(browser)}`, browser);
  const lock = await readLock(path).catch((error: unknown) => {
    throw unreadable(error, path);
  });
  if (!lock) return;
  if (lock.host === processes.hostname() && lock.pid !== null) {
    const named = await processes.find(lock.pid);
    // A pid that was used again is not meant; a browser that has it runs on what this is a copy of.
    if (!named || isGone(named) || userDataDirectories(named.argv).length === 0) return;
    throw inUse(path, `carries the lock of a browser that runs: ${browserWords(named)}`, named);
  }
  if (stopped) return;
  const where = lock.host === null ? 'nobody knows where' : `on ${JSON.stringify(oneLine(lock.host))}`;
  throw new VigilError(
    'profile_in_use',
    `${oneLine(path)} carries the lock of a browser ${where}, another machine or container, which cannot be seen from here.`,
    {
      subject: path,
      remedy:
        'See to it that the program which ran it is stopped and stays so. A browser that was killed leaves its lock: add --stopped then.',
    },
  );
}

function inUse(path: string, problem: string, { pid }: ProcessInfo): VigilError {
  return new VigilError('profile_in_use', `${oneLine(path)} ${problem}.`, {
    subject: path,
    details: { pid },
    remedy: 'Stop the program that runs it, for good, and type the command again.',
  });
}
