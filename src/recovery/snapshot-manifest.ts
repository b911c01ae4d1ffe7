/** Manifests of snapshots, out of a vault. */
import type { Vault } from '../backup/vault.ts';
import { readText } from '../backup/vault-files.ts';
import { largestSnapshotManifest, parseSnapshotManifest, type SnapshotManifest } from './snapshot-format.ts';

/** Null where it is gone or cannot be used. */
export async function readSnapshotManifest(
  vault: Vault,
  name: string,
  signal: AbortSignal,
): Promise<SnapshotManifest | null> {
  const text = await readText(vault, name, largestSnapshotManifest, signal);
  const parsed = text === null ? null : parseSnapshotManifest(text);
  return parsed && 'manifest' in parsed ? parsed.manifest : null;
}
