/**
 * Which snapshots of an installation stay: enough of the last days that a mistake of yesterday can be undone, and nothing
 * of it counted by how often records have changed since.
 */
import { mapAtOnce } from '../backup/at-once.ts';
import { longestGap } from '../backup/retention.ts';
import type { Vault } from '../backup/vault.ts';
import { toVigilError } from '../errors.ts';
import { parseSnapshotName, type SnapshotManifest, snapshots, snapshotTime } from './snapshot-format.ts';
import { readSnapshotManifest } from './snapshot-manifest.ts';

export interface KeptSnapshot {
  readonly id: string;
  /** Milliseconds since the epoch, by the vault's clock. */
  readonly at: number;
  /** How many it holds; null where its manifest cannot be read. */
  readonly sessions: number | null;
  readonly registry: boolean;
}

const day = 86_400_000;
/** Of so many of the latest days that have any, the newest stays. */
const days = 7;
/** One that holds more than the newest stays so long: sessions that are gone by mistake are in it. */
const longer = 7 * day;
const readAtOnce = 8;

/**
 * Ids of those that may go. Pure. Their ids say which is the newest, whatever a clock said; time is counted from one to the
 * next, two days at most, so that a clock that was wrong makes nothing old.
 */
export function outdated(all: readonly KeptSnapshot[], newest: string): ReadonlySet<string> {
  const sorted = all.toSorted(
    (a, b) =>
      Number(b.id === newest) - Number(a.id === newest) ||
      snapshotTime(b.id) - snapshotTime(a.id) ||
      (a.id < b.id ? 1 : -1),
  );
  const last = sorted[0];
  if (last?.id !== newest) return new Set();
  const stays = new Set([newest]);
  const withRegistry = sorted.find(({ registry }) => registry);
  if (withRegistry) stays.add(withRegistry.id);
  const seen = new Set<number>();
  let age = 0;
  let after = last.at;
  for (const { id, at, sessions } of sorted) {
    age += Math.min(Math.max(0, after - at), longestGap);
    after = at;
    const date = Math.floor(at / day);
    if (!seen.has(date) && seen.size < days) stays.add(id);
    seen.add(date);
    if (sessions === null || (last.sessions !== null && sessions > last.sessions && age <= longer))
      stays.add(id);
  }
  return new Set(sorted.map(({ id }) => id).filter((id) => !stays.has(id)));
}

/**
 * Removes what may go of the same installation; of another's nothing, which may be all that is left of it. Manifests first:
 * one that is left without its archive would be a snapshot that cannot be had. Never the one that was just put, whatever a
 * listing says.
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
  const manifests = [
    ...new Map(objects.filter(({ kind }) => kind === 'manifest').map((one) => [one.id, one])).values(),
  ];
  // A listing that does not even hold what was just put is none to remove anything by.
  if (!manifests.some(({ id }) => id === newest.id)) return;
  const found = await mapAtOnce(
    manifests,
    readAtOnce,
    async ({ id, name, modifiedAt }): Promise<KeptSnapshot> => {
      const manifest = await readSnapshotManifest(vault, name, signal).catch((thrown: unknown) => {
        const { code } = toVigilError(thrown);
        if (code === 'vault_refused' || code === 'backup_not_found') return null;
        throw thrown;
      });
      const { sessions = null, registry = false } = manifest ?? {};
      return { id, at: Date.parse(modifiedAt), sessions, registry };
    },
  );
  const old = outdated(found, newest.id);
  for (const kind of ['manifest', 'archive'] as const)
    for (const object of objects)
      if (object.kind === kind && old.has(object.id)) await vault.remove(object.name, signal);
}
