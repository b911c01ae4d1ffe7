/** What an installation has left in a vault of itself, as its next snapshot has to know it. */
import type { Vault } from '../backup/vault.ts';
import { newestFirst } from './read-snapshot.ts';
import { parseSnapshotName, snapshots } from './snapshot-format.ts';
import type { LastSnapshots } from './snapshot-keeper.ts';
import { readSnapshotManifest } from './snapshot-manifest.ts';

export async function lastSnapshots(
  vault: Vault,
  installation: string,
  signal: AbortSignal,
): Promise<LastSnapshots> {
  const its = newestFirst(await vault.list(snapshots, signal)).filter(
    ({ name }) => parseSnapshotName(name)?.installation === installation,
  );
  let state: string | null = null;
  for (const [at, { name }] of its.entries()) {
    const manifest = await readSnapshotManifest(vault, name, signal);
    if (at === 0) state = manifest?.state ?? null;
    if (manifest?.registry) return { state, withRegistry: Date.parse(manifest.createdAt) };
  }
  return { state, withRegistry: null };
}
