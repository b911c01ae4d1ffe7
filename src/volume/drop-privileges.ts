/**
 * Started as root on a volume that belongs to somebody else (a command inside a container, an image that enters
 * as root), the process becomes that user before it touches anything: one file of root's on the volume, and the
 * daemon cannot write its records any more. There is no way back, by intention.
 */
import { closeSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { VigilError } from '../errors.ts';
import { unlessAbsent } from '../system/errno.ts';
import { volumeLayout } from './layout.ts';

/** The part of `process` that this needs. */
export interface Privileges {
  geteuid(): number;
  getgroups(): number[];
  setgroups(groups: number[]): void;
  setegid(id: number): void;
  seteuid(id: number): void;
  setgid(id: number): void;
  setuid(id: number): void;
  env: Record<string, string | undefined>;
}

export interface DropOptions {
  readonly root: string;
  /** Files that must be readable afterwards: the program itself, and the runtime. */
  readonly program: readonly string[];
  readonly process: Privileges;
  /** Name and home of a user, null where the system knows none. */
  readonly account: (uid: number) => { readonly name: string; readonly home: string } | null;
}

/** Null when there was nothing to do. Throws `volume_permission` and stays root when the user cannot run this. */
export async function dropPrivileges(options: DropOptions): Promise<{ uid: number; gid: number } | null> {
  const { root, process } = options;
  if (process.geteuid() !== 0) return null;
  const volume = await unlessAbsent(stat(root));
  if (!volume || volume.uid === 0) return null;
  const { uid, gid } = volume;
  requireReadable(uid, gid, options);
  process.setgroups([gid]);
  process.setgid(gid);
  process.setuid(uid);
  adjustEnvironment(options, uid);
  return { uid, gid };
}

/** Tries as that user, then returns: only the kernel knows all that decides (groups, access lists, mounts). */
function requireReadable(uid: number, gid: number, { root, program, process }: DropOptions): void {
  const groups = process.getgroups();
  process.setgroups([gid]);
  process.setegid(gid);
  process.seteuid(uid);
  try {
    for (const path of program) closeSync(openSync(path, 'r'));
  } catch (error) {
    throw new VigilError(
      'volume_permission',
      `The volume ${root} belongs to user ${uid}, but that user cannot read this program: ${String(error)}`,
      {
        cause: error,
        subject: root,
        remedy: `Let user ${uid} read the program, or hand the volume over: chown -R root ${root}.`,
      },
    );
  } finally {
    process.seteuid(0);
    process.setegid(0);
    process.setgroups(groups);
  }
}

/** Chromium and its libraries write below the home directory; root's is closed to this user now. */
function adjustEnvironment({ root, process, account }: DropOptions, uid: number): void {
  const found = account(uid);
  process.env['HOME'] = found?.home || volumeLayout(root).cache;
  for (const name of ['USER', 'LOGNAME']) {
    if (found) process.env[name] = found.name;
    else delete process.env[name];
  }
  for (const name of [
    'XDG_RUNTIME_DIR',
    'XDG_CONFIG_HOME',
    'XDG_CACHE_HOME',
    'XDG_DATA_HOME',
    'XDG_STATE_HOME',
  ]) {
    delete process.env[name];
  }
}
