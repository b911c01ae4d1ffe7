/** Keeps a vault that lies on the volume itself within its share of it (vault-cap.ts), after a good backup was taken. */
import type { SessionId } from '../session/id.ts';
import { removeBackup } from './apply-retention.ts';
import { everySession, parseObjectName } from './backup-names.ts';
import type { BackupRef } from './catalogue.ts';
import type { BackupEncryption } from './encryption.ts';
import { type KnownBackups, listedIn, lookedAtClosely } from './retained.ts';
import type { Vault, VaultObject } from './vault.ts';
import { type CappedSession, overCap, strongholds } from './vault-cap.ts';

export interface CapRequest {
  /** The good one that has just been taken, and read back: a listing without it is short, and nothing is removed by it. */
  readonly taken: BackupRef;
  /** Bytes. */
  readonly cap: number;
  /** What the record of each session says; of a session that has none nothing is removed. */
  readonly known: ReadonlyMap<SessionId, KnownBackups>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface CapTools {
  readonly vault: Vault;
  readonly encryption: Pick<BackupEncryption, 'opens'> | null;
}

export interface CapOutcome {
  /** Oldest first. */
  readonly removed: readonly BackupRef[];
  /** Bytes that backups take, afterwards. */
  readonly held: number;
}

/** Throws what the vault throws. */
export async function applyCap(request: CapRequest, tools: CapTools): Promise<CapOutcome> {
  const { taken, cap, now, signal } = request;
  const objects = ours(await tools.vault.list(everySession, signal));
  const held = bytesOfBackups(objects);
  const listed = sessionsIn(objects, request, tools);
  const its = listed.get(taken.session);
  if (held <= cap || !its?.backups.some(({ id }) => id === taken.id)) return { removed: [], held };
  const { remove } = await looked(listed, objects, { ...request, held, cap, now }, tools);
  const removed: BackupRef[] = [];
  let left = held;
  for (const { session, id, bytes } of remove) {
    const names = await removeBackup({ session, id }, objects, tools.vault, signal);
    if (names.length === 0) continue;
    removed.push({ session, id });
    left -= bytes;
  }
  return { removed, held: left };
}

/** What is called like a backup of ours; others' things may lie there, and no backup goes to make room for those. */
export function bytesOfBackups(objects: readonly VaultObject[]): number {
  return ours(objects).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Each once, however often it is listed. */
function ours(objects: readonly VaultObject[]): readonly VaultObject[] {
  const named = objects.filter(({ name }) => parseObjectName(name) !== null);
  return [...new Map(named.map((object) => [object.name, object])).values()];
}

function of(session: SessionId, objects: readonly VaultObject[]): readonly VaultObject[] {
  return objects.filter(({ name }) => parseObjectName(name)?.session === session);
}

function sessionsIn(
  objects: readonly VaultObject[],
  { known }: CapRequest,
  { vault }: CapTools,
): Map<SessionId, CappedSession> {
  const sessions = new Map<SessionId, CappedSession>();
  const names = objects.map(({ name }) => parseObjectName(name)?.session);
  for (const session of new Set(names.filter((one) => one !== undefined))) {
    const objectsOfIt = of(session, objects);
    const bytesOf = (id: string) =>
      objectsOfIt
        .filter(({ name }) => parseObjectName(name)?.id === id)
        .reduce((sum, { bytes }) => sum + bytes, 0);
    const its = known.get(session) ?? null;
    const backups = listedIn(objectsOfIt, vault.name, its ?? { rejected: [] });
    const isShort = its === null || (its.known !== null && !backups.some(({ id }) => id === its.known));
    sessions.set(session, {
      session,
      backups: backups.map((one) => ({ ...one, bytes: bytesOf(one.id) })),
      inUse: new Set(its === null ? [] : [...its.inUse, ...(its.known === null ? [] : [its.known])]),
      untouched: isShort,
    });
  }
  return sessions;
}

/** Whatever something is to go for is looked into first, its archive as well: it lies on a disk beside us. */
async function looked(
  sessions: Map<SessionId, CappedSession>,
  objects: readonly VaultObject[],
  request: CapRequest & { readonly held: number },
  { vault, encryption }: CapTools,
): Promise<ReturnType<typeof overCap>> {
  const { taken, signal } = request;
  const look = { vault, encryption, hash: true, signal };
  const read = new Set([keyOf(taken)]);
  for (;;) {
    const capped = overCap([...sessions.values()], request);
    const unsure = [...new Set(capped.remove.map(({ session }) => session))].flatMap((session) => {
      const its = sessions.get(session);
      return its ? strongholds(its).map((one) => ({ its, one })) : [];
    });
    const next = unsure.find(({ its, one }) => !read.has(keyOf({ session: its.session, id: one.id })));
    if (!next) return capped;
    const { its, one } = next;
    read.add(keyOf({ session: its.session, id: one.id }));
    const found = { ...one, ...(await lookedAtClosely(one, objects, its, look)) };
    const backups = its.backups.map((backup) => (backup.id === one.id ? found : backup));
    sessions.set(its.session, { ...its, backups });
  }
}

const keyOf = ({ session, id }: BackupRef) => `${session}/${id}`;
