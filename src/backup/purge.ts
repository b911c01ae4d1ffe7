import type { SessionId } from '../session/id.ts';
import { whose } from './another-backup.ts';
import { ofSession, parseObjectName } from './backup-names.ts';
import type { Vault } from './vault.ts';

/**
 * Removes every backup of a session, half ones included, and nothing that is not named like one of ours; how many
 * objects. A person's command only. Manifests first: one that is left without its archive would be a backup that
 * cannot be restored, an archive without its manifest is none. Marks last: without `rejected` a backup that is still there
 * would be tried. Broken off, it is simply done again. What turns out to be another session's stays, whatever it is called:
 * nobody has given a word for that one.
 */
export async function purgeBackups(vault: Vault, session: SessionId, signal: AbortSignal): Promise<number> {
  const objects = await vault.list(ofSession(session), signal);
  const named = objects
    .filter(({ problem }) => problem === null)
    .map(({ name }) => ({ name, it: parseObjectName(name) }));
  const others = new Set<string>();
  for (const { it } of named)
    if (it?.kind === 'manifest' && (await whose(it, vault, signal)) === 'another') others.add(it.id);
  const names = named.filter(({ it }) => it !== null && !others.has(it.id)).map(({ name }) => name);
  let removed = 0;
  for (const kind of ['manifest', 'archive', 'mark']) {
    for (const name of names) {
      if (parseObjectName(name)?.kind === kind && (await vault.remove(name, signal))) removed++;
    }
  }
  return removed;
}
