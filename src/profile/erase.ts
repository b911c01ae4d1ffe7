import { randomBytes } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SessionId } from '../session/id.ts';
import { unlessAbsent } from '../system/errno.ts';
import { removeTree } from '../system/remove-tree.ts';
import { profilePath } from '../volume/layout.ts';
import { type ProfileTools, requireNobody } from './prepare-profile.ts';

/**
 * Erases a session's profile and all that quarantine holds of it: the one place that ever does, on a person's word. The
 * paths that were there. Throws `profile_in_use` while a browser runs on it.
 *
 * Each goes to staging first, by one rename: whoever finds the volume after a kill finds a whole profile or none, never
 * one that is half erased and would be taken for damaged. What is in staging is swept by the next holder of the volume.
 */
export async function eraseProfiles(id: SessionId, tools: ProfileTools): Promise<readonly string[]> {
  const { layout, disk } = tools;
  await requireNobody(id, tools);
  await disk.mkdir(layout.staging, 'purge:staging');
  const erased: string[] = [];
  for (const path of [profilePath(layout, id), join(layout.quarantine, id)]) {
    if (!(await unlessAbsent(lstat(path)))) continue;
    const name = `purge-${id}-${randomBytes(6).toString('hex')}`;
    await disk.rename(path, join(layout.staging, name), 'purge:move');
    await disk.syncDirectory(dirname(path), 'purge:move-sync');
    erased.push(path);
  }
  // A profile that a restore had unpacked is as much of a login as the one in place.
  const its = new RegExp(`^(?:purge|restore)-${id}-[0-9a-f]{12}$`);
  for (const name of await readdir(layout.staging))
    if (its.test(name)) await removeTree(join(layout.staging, name), disk, 'purge:remove');
  return erased;
}
