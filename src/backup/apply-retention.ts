/**
 * Carries out what retention.ts and leftovers.ts say, after a good backup of the session was taken. What is in the vault
 * decides, listed again at the end: what should be gone is, and nothing else. Of each backup its manifest goes first, so
 * that wherever this is broken off there is a whole backup or leftovers, which a later run sweeps.
 */
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import { whose } from './another-backup.ts';
import { type BackupObject, ofSession, parseObjectName } from './backup-names.ts';
import { newestFirst } from './backup-order.ts';
import type { BackupRef } from './catalogue.ts';
import type { BackupEncryption } from './encryption.ts';
import { leftovers } from './leftovers.ts';
import { type KnownBackups, listedIn, lookedAtClosely } from './retained.ts';
import {
  floors,
  isGood,
  type Judgement,
  judge,
  type RetainedBackup,
  type RetentionRules,
} from './retention.ts';
import type { Vault, VaultObject } from './vault.ts';

export interface RetentionRequest extends KnownBackups {
  readonly session: SessionId;
  /** The good backup that has just been taken. */
  readonly taken: string;
  readonly signal: AbortSignal;
}

export interface RetentionTools {
  readonly vault: Vault;
  readonly clock: Pick<Clock, 'now'>;
  readonly rules: RetentionRules;
  readonly encryption: Pick<BackupEncryption, 'opens'> | null;
}

export interface RetentionOutcome {
  /** Why nothing was looked at, a sentence; null where it was. */
  readonly refused: string | null;
  /** Ids, oldest first. */
  readonly removed: readonly string[];
  /** Names of what an interruption had left. */
  readonly swept: readonly string[];
  /** Names that should be gone and are there. */
  readonly stayed: readonly string[];
  /** Names that should be there and are gone: nobody of ours removed them. */
  readonly lost: readonly string[];
}

/** Throws what the vault throws; what was removed by then is gone as a whole or a leftover. */
export async function applyRetention(
  request: RetentionRequest,
  tools: RetentionTools,
): Promise<RetentionOutcome> {
  const { session, taken, known, inUse, signal } = request;
  const { vault, clock, rules } = tools;
  const objects = await vault.list(ofSession(session), signal);
  const backups = new Map(listedIn(objects, vault.name, request).map((one) => [one.id, one]));
  const refused = whyShort(request, backups, vault.name);
  if (refused !== null) return { refused, removed: [], swept: [], stayed: [], lost: [] };
  const context = { now: clock.now(), inUse: new Set([taken, ...(known === null ? [] : [known]), ...inUse]) };
  const judged = await withFloorsRead(backups, objects, (all) => judge(all, rules, context), request, tools);
  const old = judged
    .filter(({ keep }) => !keep)
    .map(({ id }) => id)
    .toSorted((a, b) => newestFirst(b, a));
  const removed: string[] = [];
  const gone: string[] = [];
  for (const id of old) {
    const names = await removeBackup({ session, id }, objects, vault, signal);
    if (names.length > 0) removed.push(id);
    gone.push(...names);
  }
  const swept: string[] = [];
  for (const { name, unless } of leftovers(objects, taken)) {
    if (await isAnyThere(unless, vault, signal)) continue;
    const it = parseObjectName(name);
    if (it?.kind === 'manifest' && (await whose(it, vault, signal)) !== 'ours') continue;
    await vault.remove(name, signal);
    swept.push(name);
  }
  const asked = new Set([...gone, ...swept]);
  if (asked.size === 0) return { refused, removed, swept, stayed: [], lost: [] };
  const left = new Set((await vault.list(ofSession(session), signal)).map(({ name }) => name));
  return {
    refused,
    removed,
    swept,
    stayed: [...asked].filter((name) => left.has(name)),
    lost: objects.map(({ name }) => name).filter((name) => !asked.has(name) && !left.has(name)),
  };
}

/** Manifest, archive, marks; their names. None of them where they turn out to be another's. */
export async function removeBackup(
  ref: BackupRef,
  objects: readonly VaultObject[],
  vault: Vault,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if ((await whose(ref, vault, signal)) !== 'ours') return [];
  const its = objects.filter(({ name, problem }) => {
    const named = parseObjectName(name);
    return problem === null && named?.session === ref.session && named.id === ref.id;
  });
  const names: string[] = [];
  for (const kind of ['manifest', 'archive', 'mark'] satisfies BackupObject['kind'][]) {
    for (const { name } of its) {
      if (parseObjectName(name)?.kind !== kind) continue;
      await vault.remove(name, signal);
      names.push(name);
    }
  }
  return names;
}

function whyShort(
  { taken, known }: RetentionRequest,
  backups: ReadonlyMap<string, RetainedBackup>,
  vault: string,
): string | null {
  const it = backups.get(taken);
  if (!it) return `The vault ${vault} does not list backup ${taken}, which has just been taken.`;
  if (!isGood(it)) return `Backup ${taken} does not count: ${it.marks.join(', ') || 'it cannot be read'}.`;
  if (known !== null && !backups.has(known))
    return `The vault ${vault} does not list backup ${known}, which was taken before.`;
  return null;
}

/** What stays only for being good is looked into before anything goes on its strength. */
async function withFloorsRead(
  backups: Map<string, RetainedBackup>,
  objects: readonly VaultObject[],
  judged: (all: readonly RetainedBackup[]) => readonly Judgement[],
  { session, signal }: RetentionRequest,
  { vault, encryption }: RetentionTools,
): Promise<readonly Judgement[]> {
  // The newest was read back a moment ago, and the others cost what a vault far away asks for bytes.
  const look = { vault, encryption, hash: false, signal };
  const read = new Set<string>();
  for (;;) {
    const now = judged([...backups.values()]);
    const unsure = now.filter(({ id, reason }) => floors.has(reason) && !read.has(id));
    if (unsure.length === 0 || now.every(({ keep }) => keep)) return now;
    for (const { id } of unsure) {
      read.add(id);
      const before = backups.get(id);
      if (before) backups.set(id, await lookedAtClosely(before, objects, { session }, look));
    }
  }
}

async function isAnyThere(names: readonly string[], vault: Vault, signal: AbortSignal): Promise<boolean> {
  for (const name of names) if (await vault.stat(name, signal)) return true;
  return false;
}
