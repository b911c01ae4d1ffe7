import type { SessionId } from '../session/id.ts';
import { ofSession, parseObjectName } from './backup-names.ts';
import type { Vault } from './vault.ts';

/**
 * Removes every backup of a session, half ones included, and nothing that is not named like one of ours; how many
 * objects. A person's command only. Manifests first: one that is left without its archive would be a backup that
 * cannot be restored, an archive without its manifest is none. Marks last: without `rejected` a backup that is still there
 * would be tried. Broken off, it is simply done again.
 */
export async function purgeBackups(vault: Vault, session: SessionId, signal: AbortSignal): Promise<number> {
  const objects = await vault.list(ofSession(session), signal);
  const names = objects.filter(({ problem }) => problem === null).map(({ name }) => name);
  let removed = 0;
  for (const kind of ['manifest', 'archive', 'mark']) {
    for (const name of names) {
      if (parseObjectName(name)?.kind === kind && (await vault.remove(name, signal))) removed++;
    }
  }
  return removed;
}
