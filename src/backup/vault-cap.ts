/**
 * What goes when a vault on the volume itself holds more than it may: the oldest first, whichever session's, beyond what
 * the rules of retention would keep. How old they are the backups of a session tell (retention.ts), and no clock: one that
 * was wrong would make one session pay for all. Pure.
 */
import type { SessionId } from '../session/id.ts';
import { newestFirst } from './backup-order.ts';
import type { BackupRef } from './catalogue.ts';
import { agesOf, isGood, type RetainedBackup } from './retention.ts';

/** Good ones of a session that stay, whatever they take: the newest may turn out not to be. */
export const goodOnesKept = 2;

export interface CappedBackup extends RetainedBackup {
  /** Of all its objects. */
  readonly bytes: number;
}

export interface CappedSession {
  readonly session: SessionId;
  readonly backups: readonly CappedBackup[];
  /** What its record names, whatever became of it. */
  readonly inUse: ReadonlySet<string>;
  /** Nobody knows enough of it to take anything away: no record knows it, or the listing lacks what that names. */
  readonly untouched: boolean;
}

export interface Capped {
  /** In the order in which they go. */
  readonly remove: readonly (BackupRef & Pick<CappedBackup, 'bytes'>)[];
  /** What is held once they are gone. */
  readonly left: number;
}

/** `held`: bytes of all backups. */
export function overCap(
  sessions: readonly CappedSession[],
  { held, cap, now }: { readonly held: number; readonly cap: number; readonly now: number },
): Capped {
  const oldestFirst = sessions
    .flatMap((one) => {
      const ages = agesOf(one.backups, now);
      return mayGo(one).map(({ id, bytes }) => ({ session: one.session, id, bytes, age: ages.get(id) ?? 0 }));
    })
    .toSorted((a, b) => b.age - a.age || newestFirst(b.id, a.id));
  const remove: (BackupRef & Pick<CappedBackup, 'bytes'>)[] = [];
  let left = held;
  for (const { session, id, bytes } of oldestFirst) {
    if (left <= cap) break;
    remove.push({ session, id, bytes });
    left -= bytes;
  }
  return { remove, left };
}

/** The good ones that stay for being good: whoever removes others of the session looks into these first. */
export function strongholds({ backups }: Pick<CappedSession, 'backups'>): readonly CappedBackup[] {
  return inOrder(backups).filter(isGood).slice(0, goodOnesKept);
}

function mayGo({ backups, inUse, untouched }: CappedSession): readonly CappedBackup[] {
  const good = strongholds({ backups });
  // Fewer than that, and what is demoted or damaged may be asked for yet.
  if (untouched || good.length < goodOnesKept) return [];
  const stays = new Set([...inUse, ...good.map(({ id }) => id)]);
  // What was demoted since may be as it should: a person has not said yet.
  const latest = inOrder(backups).find(
    ({ marks, state }) => state !== 'broken' && !marks.includes('rejected'),
  );
  return backups.filter((one) => one !== latest && one.state !== 'unread' && !stays.has(one.id));
}

function inOrder(backups: readonly CappedBackup[]): readonly CappedBackup[] {
  return backups.toSorted((a, b) => newestFirst(a.id, b.id));
}
