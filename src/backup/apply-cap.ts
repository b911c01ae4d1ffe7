/** Keeps a vault that lies on the volume itself within its share of it (vault-cap.ts), after a good backup was taken. */
import type { SessionId } from '../session/id.ts';
import { removeBackup } from './apply-retention.ts';
import { everySession, parseObjectName } from './backup-names.ts';
import { type BackupRef, backupsOf, groupObjects, isGood } from './catalogue.ts';
import type { Vault } from './vault.ts';
import { type CappedBackup, overCap } from './vault-cap.ts';

export interface CapOutcome {
  /** Oldest first. */
  readonly removed: readonly BackupRef[];
  /** Bytes in the vault, afterwards. */
  readonly held: number;
}

/** `taken` has just been taken: a listing without it is short, and nothing is removed by it. Throws what the vault throws. */
export async function applyCap(
  taken: BackupRef,
  cap: number,
  vault: Vault,
  signal: AbortSignal,
): Promise<CapOutcome> {
  const objects = await vault.list('', signal);
  const held = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const { found } = groupObjects(
    objects.filter(({ name }) => name.startsWith(everySession)),
    vault.name,
  );
  const isListed = found.some(({ session, id }) => session === taken.session && id === taken.id);
  if (held <= cap || !isListed) return { removed: [], held };
  const newest = new Map<SessionId, string | null>();
  for (const { session } of found)
    if (!newest.has(session)) newest.set(session, await newestGood(vault, session, signal));
  const sizes = new Map<string, number>();
  for (const { name, bytes } of objects) {
    const it = parseObjectName(name);
    if (it) sizes.set(`${it.session}/${it.id}`, (sizes.get(`${it.session}/${it.id}`) ?? 0) + bytes);
  }
  const backups = found.map(({ session, id }): CappedBackup => {
    const its = newest.get(session) ?? null;
    return { session, id, bytes: sizes.get(`${session}/${id}`) ?? 0, stays: its === null || its === id };
  });
  const { remove, left } = overCap(backups, held, cap);
  for (const { session, id } of remove) {
    const its = objects.filter(({ name }) => parseObjectName(name)?.session === session);
    await removeBackup(id, its, vault, signal);
  }
  return { removed: remove.map(({ session, id }) => ({ session, id })), held: left };
}

/** Its manifest was read, and its archive is as long as that says; null where there is none. */
async function newestGood(vault: Vault, session: SessionId, signal: AbortSignal): Promise<string | null> {
  for await (const listed of backupsOf(vault, session, signal))
    if (!('problem' in listed) && isGood(listed)) return listed.id;
  return null;
}
