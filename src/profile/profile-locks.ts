/**
 * Chromium's own locks on a profile: three symbolic links at its top (and, from older versions, in `Default`).
 * They dangle by design, so that they are read with `lstat` and `readlink`, never by asking whether they exist.
 *
 * A killed browser leaves them. On the same host they do no harm; under another hostname, which is every
 * redeployment of a container, Chromium refuses to start (exit code 21). So they are always removed before a
 * launch, once it is known that no browser runs.
 */
import { lstat, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isDirectory } from '../system/directories.ts';
import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';
import { isGone, type Processes } from '../system/processes.ts';
import { userDataDirectories } from './markers.ts';

export interface ProfileLock {
  readonly present: true;
  /** Null where the link does not say, or is none. */
  readonly host: string | null;
  readonly pid: number | null;
}

const names = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'] as const;

/** The lock says `<hostname>-<pid>`, and a hostname may hold hyphens itself. */
export function parseLockTarget(target: string): { host: string; pid: number } | null {
  const match = /^(.+)-(\d{1,10})$/s.exec(target);
  return match?.[1] && match[2] ? { host: match[1], pid: Number(match[2]) } : null;
}

export async function readLock(profile: string): Promise<ProfileLock | null> {
  const path = join(profile, 'SingletonLock');
  const found = await unlessAbsent(lstat(path));
  if (!found) return null;
  const target = found.isSymbolicLink() ? await unlessAbsent(readlink(path)) : null;
  return { present: true, ...(parseLockTarget(target ?? '') ?? { host: null, pid: null }) };
}

export interface ClearOptions {
  readonly profile: string;
  readonly processes: Processes;
  readonly disk: Disk;
}

/** Only after `inspectProfile` found nobody. Follows no link and enters no directory but these two. */
export async function clearLocks({ profile, processes, disk }: ClearOptions): Promise<void> {
  const lock = await readLock(profile);
  const socketDirectory = await socketDirectoryOf(profile);
  for (const directory of [profile, join(profile, 'Default')]) {
    if (!(await isDirectory(directory))) continue;
    for (const name of names) {
      const found = await unlessAbsent(lstat(join(directory, name)));
      if (found && !found.isDirectory()) await disk.remove(join(directory, name), 'clear-lock');
    }
  }
  if (socketDirectory && (await wasLeftHere(lock, processes)))
    await removeSocketDirectory(socketDirectory, profile, disk);
}

/** The directory of the socket in the system's temporary one, if the link has exactly Chromium's form. */
async function socketDirectoryOf(profile: string): Promise<string | null> {
  const path = join(profile, 'SingletonSocket');
  if (!(await unlessAbsent(lstat(path)))?.isSymbolicLink()) return null;
  const target = (await unlessAbsent(readlink(path))) ?? '';
  const directory = dirname(target);
  const isOfChromium =
    basename(target) === 'SingletonSocket' &&
    /^\.?org\.chromium\.Chromium\.[A-Za-z0-9]{6}$/.test(basename(directory)) &&
    ['/tmp', tmpdir()].includes(dirname(directory));
  return isOfChromium ? directory : null;
}

/**
 * Links that were copied with a living profile name the other browser, and its socket must stay. So the browser
 * that the lock names must have run on this very host and must have ended.
 */
async function wasLeftHere(lock: ProfileLock | null, processes: Processes): Promise<boolean> {
  if (lock?.pid == null || lock.host !== processes.hostname()) return false;
  const named = await processes.find(lock.pid);
  return isGone(named) || userDataDirectories(named?.argv ?? []).length === 0;
}

async function removeSocketDirectory(directory: string, profile: string, disk: Disk): Promise<void> {
  const [found, ours] = await Promise.all([unlessAbsent(lstat(directory)), unlessAbsent(lstat(profile))]);
  if (!found?.isDirectory() || found.uid !== ours?.uid) return;
  // Litter of a few kilobytes: whatever hinders its removal is no reason not to start.
  for (const name of ['SingletonSocket', 'SingletonCookie']) {
    await disk.remove(join(directory, name), 'clear-socket').catch(() => false);
  }
  await disk.removeDirectory(directory, 'clear-socket').catch(() => false);
}
