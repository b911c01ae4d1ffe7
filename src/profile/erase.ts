import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId } from '../session/id.ts';
import { unlessAbsent } from '../system/errno.ts';
import { removeTree } from '../system/remove-tree.ts';
import { profilePath } from '../volume/layout.ts';
import { type ProfileTools, requireNobody } from './prepare-profile.ts';

/**
 * Erases a session's profile and all that quarantine holds of it: the one place that ever does, on a person's word. The
 * paths that were there. Throws `profile_in_use` while a browser runs on it. Broken off, it is simply done again.
 */
export async function eraseProfiles(id: SessionId, tools: ProfileTools): Promise<readonly string[]> {
  await requireNobody(id, tools);
  const erased: string[] = [];
  for (const path of [profilePath(tools.layout, id), join(tools.layout.quarantine, id)]) {
    if (!(await unlessAbsent(lstat(path)))) continue;
    await removeTree(path, tools.disk, 'purge:remove');
    erased.push(path);
  }
  return erased;
}
