/**
 * What an interruption left of a session's backups in a vault: an archive without its manifest, a manifest without its
 * archive, a mark of nothing. Pure. Told by the vault's own times alone, against a backup that has just been taken: a day
 * older than that one, so that nothing counts that somebody, perhaps another process, is just putting.
 */
import { archiveNames, type BackupObject, manifestName, parseObjectName } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import type { VaultObject } from './vault.ts';

export interface Leftover {
  readonly name: string;
  /** What must not be there, asked for by name, before it goes: a listing may be short. */
  readonly unless: readonly string[];
}

const grace = 86_400_000;

/** Nothing where `taken` is not among the objects. In the order in which they may be removed. */
export function leftovers(objects: readonly VaultObject[], taken: string): readonly Leftover[] {
  const named = objects.flatMap((object) => {
    const it = parseObjectName(object.name);
    return it ? [{ ...it, object }] : [];
  });
  const kinds = new Map<string, Set<BackupObject['kind']>>();
  for (const { id, kind } of named) kinds.set(id, (kinds.get(id) ?? new Set()).add(kind));
  const now = named.find(({ id, kind }) => id === taken && kind === 'manifest')?.object.modifiedAt;
  if (now === undefined) return [];
  const isOld = ({ modifiedAt }: VaultObject) => Date.parse(modifiedAt) < Date.parse(now) - grace;
  const lacks = (id: string, kind: BackupObject['kind']) => !kinds.get(id)?.has(kind);
  return named
    .filter(({ object, id }) => object.problem === null && isOld(object) && newestFirst(taken, id) < 0)
    .filter(({ id, kind }) => {
      if (kind === 'archive') return lacks(id, 'manifest');
      if (kind === 'manifest') return lacks(id, 'archive');
      return lacks(id, 'manifest') && lacks(id, 'archive');
    })
    .map(({ session, id, kind, object: { name } }) => {
      const manifest = [manifestName(session, id)];
      const archives = archiveNames(session, id);
      const unless =
        kind === 'archive' ? manifest : kind === 'manifest' ? archives : [...manifest, ...archives];
      return { name, unless };
    });
}
