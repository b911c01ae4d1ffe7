/** Volumes for containers of the image, and whose files are whose afterwards. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type PairedWorld, pairedCopy } from './paired-volume.ts';

/** The user of the image. */
export const vigil = 10_001;

/** A paired volume, mounted as it came from the test: it is root's, as platforms mount theirs. */
export async function paired(env: Readonly<Record<string, string>> = {}) {
  const world = await pairedCopy();
  return {
    world,
    env: { VIGIL_CHROMIUM_ARGS: JSON.stringify(world.rig.whatsapp.chromiumArgs), ...env },
    mounts: [{ source: world.volume.root, target: '/data' }],
  };
}

/** Paths below a directory that do not belong to this user. */
export async function foreignTo(user: number, directory: string): Promise<string[]> {
  const paths = [directory];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    paths.push(join(entry.parentPath, entry.name));
  const owned = await Promise.all(
    paths.map(async (path) => {
      const found = await lstat(path).catch(() => null);
      return found === null || found.uid === user ? [] : [path];
    }),
  );
  return owned.flat();
}

const ours = ({ volume }: PairedWorld) => [volume.ours(), join(volume.root, 'whatsapp-sessions')];

export async function expectOwned(world: PairedWorld, user = vigil): Promise<void> {
  for (const directory of ours(world)) expect(await foreignTo(user, directory)).toEqual([]);
}
