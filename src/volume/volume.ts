/**
 * Opening the volume: nothing else is touched before this said that it is there, ours and writable. Every
 * refusal leaves the volume as it was.
 */
import type { Stats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { VigilError } from '../errors.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { unlessAbsent } from '../system/errno.ts';
import { type Environment, requireExpectedMount } from './expected-mount.ts';
import { bareSession, profilePath, type VolumeLayout, volumeLayout } from './layout.ts';
import { tryToWrite } from './try-to-write.ts';

/** Which setting named the root; `default` is ours to create, the others are somebody's promise. */
export type VolumeOrigin = 'VIGIL_VOLUME' | 'RAILWAY_VOLUME_MOUNT_PATH' | 'default' | 'flag';

export interface OpenVolumeOptions {
  readonly root: string;
  readonly origin: VolumeOrigin;
  readonly env: Environment;
  /** Whether something must be mounted at the root (`VIGIL_EXPECT_MOUNT`). */
  readonly expectMount?: boolean;
  readonly disk: Disk;
  /** Effective user of this process. */
  readonly uid: number;
}

/** Throws `volume_missing`, `volume_permission` or `disk_full`. Creates what is missing of the layout. */
export async function openVolume(options: OpenVolumeOptions): Promise<VolumeLayout> {
  const { disk, env, expectMount = false, origin } = options;
  const root = resolve(options.root);
  await requireExpectedMount(root, { env, expectMount });
  await requireRoot(root, origin, disk);
  await requireOwner(root, options.uid);
  // The real path: browsers carry it as a mark, and it must be the same whatever link led here.
  const real = await realpath(root);
  const layout = volumeLayout(real, await hasBareDefault(real));
  try {
    for (const path of directories(layout)) await requireDirectory(path, disk);
    for (const path of [layout.ours, layout.sessions]) await tryToWrite(path, disk);
  } catch (error) {
    throw await explained(error, root, options.uid);
  }
  return layout;
}

/** One that is named counts before one that is not. */
async function hasBareDefault(root: string): Promise<boolean> {
  const { sessions } = volumeLayout(root);
  const [bare, named] = await Promise.all([
    lookAt(join(sessions, 'session')),
    lookAt(profilePath(volumeLayout(root), bareSession)),
  ]);
  return bare !== null && named === null;
}

function directories(layout: VolumeLayout): readonly string[] {
  return [
    layout.sessions,
    layout.ours,
    layout.records,
    layout.quarantine,
    layout.logs,
    layout.webVersions,
    layout.cache,
    layout.staging,
    layout.restores,
  ];
}

async function requireRoot(root: string, origin: VolumeOrigin, disk: Disk): Promise<void> {
  const found = await lookAt(root);
  if (found?.isDirectory()) return;
  if (found) {
    throw new VigilError('volume_missing', `The volume ${root} should be a directory, but is a file.`, {
      subject: root,
    });
  }
  if (origin === 'default') {
    await disk.mkdir(root, 'create-volume', { recursive: true });
    return;
  }
  // Only the last directory is ours to make: a missing parent is a mistyped path or a disk that is not mounted.
  const parent = await lookAt(dirname(root));
  if (!parent?.isDirectory()) {
    const name = origin === 'flag' ? '--volume' : origin;
    throw new VigilError(
      'volume_missing',
      `${name} names ${root}, but ${dirname(root)} is not a directory that exists.`,
      {
        subject: root,
        remedy: `Correct ${name}, mount what belongs there, or create ${dirname(root)}.`,
      },
    );
  }
  await disk.mkdir(root, 'create-volume');
}

/** As root everything is writable; but files of root on another user's volume lock that user out of it. */
async function requireOwner(root: string, uid: number): Promise<void> {
  const { uid: owner } = await stat(root);
  if (uid !== 0 || owner === 0) return;
  throw new VigilError(
    'volume_permission',
    `The volume ${root} belongs to user ${owner}, and this runs as root.`,
    {
      subject: root,
      remedy: `Run as user ${owner}, or hand the volume over: chown -R root ${root}.`,
    },
  );
}

async function requireDirectory(path: string, disk: Disk): Promise<void> {
  if (await disk.mkdir(path, 'create-directory')) return;
  const found = await lstat(path);
  if (found.isDirectory()) return;
  // A link would lead off the volume, where neither the lock nor a rename into quarantine reaches.
  const what = found.isSymbolicLink() ? 'a symbolic link' : 'a file';
  throw new VigilError(
    'volume_permission',
    `${path} should be a directory on the volume itself, but is ${what}.`,
    {
      subject: path,
      remedy: `Move what it stands for to ${path}, or name the real place with VIGIL_VOLUME.`,
    },
  );
}

async function lookAt(path: string): Promise<Stats | null> {
  try {
    return await unlessAbsent(stat(path));
  } catch (error) {
    throw diskError(error, path, 'look');
  }
}

/** Names both users where permission is what is missing: that is what a person has to know to mend it. */
async function explained(error: unknown, root: string, uid: number): Promise<unknown> {
  if (!(error instanceof VigilError) || error.code !== 'volume_permission') return error;
  const owner = await stat(root).then(
    (found) => found.uid,
    () => null,
  );
  if (owner === null || owner === uid) return error;
  return new VigilError(
    'volume_permission',
    `${error.message} The volume belongs to user ${owner}; this runs as user ${uid}.`,
    {
      cause: error,
      subject: root,
      remedy: `Run as user ${owner}, or hand the volume over: chown -R ${uid} ${root}.`,
    },
  );
}
