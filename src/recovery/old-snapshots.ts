import type { Vault } from '../backup/vault.ts';
import { parseSnapshotName, type SnapshotManifest, snapshots } from './snapshot-format.ts';

/** How many of one installation are kept, the newest among them. */
const kept = 7;

/**
 * Removes what is beyond the newest ones of the same installation; of another's nothing, which may be all that is left of
 * it. Manifests first: one that is left without its archive would be a snapshot that cannot be had. Never the one that was
 * just put, whatever a listing says.
 */
export async function removeOldSnapshots(
  vault: Vault,
  newest: Pick<SnapshotManifest, 'id' | 'installation'>,
  signal: AbortSignal,
): Promise<void> {
  const objects = (await vault.list(snapshots, signal)).flatMap((object) => {
    const named = object.problem === null ? parseSnapshotName(object.name) : null;
    return named?.installation === newest.installation ? [{ ...object, ...named }] : [];
  });
  const manifests = objects
    .filter(({ kind }) => kind === 'manifest')
    .sort((a, b) => Date.parse(b.modifiedAt) - Date.parse(a.modifiedAt) || (a.id < b.id ? 1 : -1));
  // A listing that does not even hold what was just put is none to remove anything by.
  if (!manifests.some(({ id }) => id === newest.id)) return;
  const old = new Set(
    manifests
      .filter(({ id }) => id !== newest.id)
      .slice(kept - 1)
      .map(({ id }) => id),
  );
  for (const kind of ['manifest', 'archive'] as const)
    for (const object of objects)
      if (object.kind === kind && old.has(object.id)) await vault.remove(object.name, signal);
}
