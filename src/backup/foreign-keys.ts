/**
 * Whether what lies in a vault can be opened with the keys that are here: asked before it is needed, of the newest backup of
 * each session, since that is the one that would have to bring it back.
 */
import type { SessionId } from '../session/id.ts';
import { mapAtOnce } from './at-once.ts';
import { everySession, parseObjectName } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import { findListed } from './catalogue.ts';
import { type BackupEncryption, mayOpen, sealedEnding } from './encryption.ts';
import type { Vault } from './vault.ts';

const readAtOnce = 8;

export interface ForeignBackup {
  readonly session: SessionId;
  readonly id: string;
  /** Names of the keys that it was sealed for; none of them is here. */
  readonly keys: readonly string[];
}

/** By session. Throws what the vault throws. Reads nothing where nothing is sealed. */
export async function foreignBackups(
  vault: Vault,
  encryption: Pick<BackupEncryption, 'opens'> | null,
  signal: AbortSignal,
): Promise<readonly ForeignBackup[]> {
  const newest = new Map<SessionId, { readonly id: string; readonly sealed: boolean }>();
  for (const { name } of await vault.list(everySession, signal)) {
    const named = parseObjectName(name);
    if (named?.kind !== 'archive') continue;
    const before = newest.get(named.session);
    if (before && newestFirst(before.id, named.id) < 0) continue;
    newest.set(named.session, { id: named.id, sealed: name.endsWith(sealedEnding) });
  }
  const sealed = [...newest].flatMap(([session, { id, sealed }]) => (sealed ? [{ session, id }] : []));
  const looked = await mapAtOnce(sealed, readAtOnce, async (ref) => {
    // An archive alone is no backup.
    const listed = await findListed(vault, ref, signal).catch(() => null);
    signal.throwIfAborted();
    const keys = listed && 'manifest' in listed ? (listed.manifest.encryption?.keys ?? null) : null;
    return keys === null || mayOpen(keys, encryption) ? [] : [{ ...ref, keys }];
  });
  return looked.flat().sort((a, b) => (a.session < b.session ? -1 : 1));
}

/** Whole sentences: one for each set of keys. */
export function foreignWords(foreign: readonly ForeignBackup[]): readonly string[] {
  const byKeys = Map.groupBy(foreign, ({ keys }) => keys.join(', '));
  return [...byKeys].map(
    ([keys, of]) =>
      `The newest backup of ${named(of.map(({ session }) => session))} is encrypted for ${keys}, and cannot be opened with what is configured here.`,
  );
}

function named(sessions: readonly SessionId[]): string {
  const shown = sessions.slice(0, 3).join(', ');
  return sessions.length <= 3 ? shown : `${shown} and ${sessions.length - 3} other sessions`;
}
