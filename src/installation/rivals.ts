/**
 * Whose a vault is, by the records that lie in it: pure, so that every order of two claims can be tried.
 *
 * A claim is two puts, each followed by a list: first that one claims, then that one owns it. Whoever puts before it lists
 * is seen by everybody whose own list comes later, so of two that claim at the same moment at least one sees the other; the
 * rank decides, and who is not sure of it withdraws. Ages are by the vault's clock: one machine's own may be years off.
 */
import type { OwnerRecord, Writer } from './owner-record.ts';

const hour = 3_600_000;
/** How often an owner says that it still is. */
export const renewEvery = hour;
/** Who has said nothing for this long has lost the vault to whoever asks for it. */
export const silentFor = 24 * hour;
/** A claim that came no further within this was broken off. */
export const claimLasts = 10 * 60_000;

export interface SeenOwner extends Pick<Writer, 'installation' | 'run'> {
  readonly name: string;
  /** Milliseconds since the epoch, by the vault's clock. */
  readonly at: number;
  /** Null where it cannot be read: somebody's all the same. */
  readonly record: OwnerRecord | null;
}

export interface Claim extends Pick<Writer, 'installation' | 'run'> {
  /** `claiming`: after the first put. `confirming`: after the second. `owner`: both were found good. */
  readonly phase: 'claiming' | 'confirming' | 'owner';
  /** Of the first put, by the vault's clock. */
  readonly claimedAt: number;
  readonly turn: number;
  /** Told to by a person: whose it was until now does not count. */
  readonly takeOver: boolean;
  /** Records of earlier runs of our own, which lay there when this one came. */
  readonly past: ReadonlySet<string>;
}

export interface Rival {
  readonly seen: SeenOwner;
  /** `claimant`: asks at the same time, and may be gone in a moment. `copy`: another run of our own installation. */
  readonly kind: 'owner' | 'claimant' | 'copy';
}

/** Who has the better right; null when nobody has. `now` by the vault's clock. */
export function rivalOf(claim: Claim, seen: readonly SeenOwner[], now: number): Rival | null {
  for (const one of seen) {
    const kind = rivalry(claim, one, now);
    if (kind !== null) return { seen: one, kind };
  }
  return null;
}

/** Of the next owner: above all that were. */
export function nextTurn(seen: readonly SeenOwner[]): number {
  return seen.reduce((highest, { record }) => Math.max(highest, record?.turn ?? 0), 0) + 1;
}

/**
 * The claim that an earlier run of our own had made, which a restart goes on with; null where there is none any more. It
 * may have been killed before it knew that it had won: so it is held against the others once more, by the same rank.
 */
export function inherited(
  seen: readonly SeenOwner[],
  past: ReadonlySet<string>,
  now: number,
): Pick<Claim, 'claimedAt' | 'turn'> | null {
  let newest: SeenOwner | null = null;
  for (const one of seen) {
    if (!past.has(one.name) || one.record?.phase !== 'owner' || now - one.at > silentFor) continue;
    if (newest === null || one.at > newest.at) newest = one;
  }
  if (!newest?.record) return null;
  const { claimedAt, turn } = newest.record;
  return { claimedAt: claimedAt === null ? newest.at : Date.parse(claimedAt), turn };
}

function rivalry(claim: Claim, one: SeenOwner, now: number): Rival['kind'] | null {
  const age = now - one.at;
  if (age > silentFor) return null;
  if (one.installation === claim.installation) {
    if (one.run === claim.run || claim.past.has(one.name)) return null;
    return 'copy';
  }
  const { record } = one;
  // Of a version that we do not understand, or damaged: nobody can say that it is not the owner.
  if (record === null) return 'owner';
  if (record.phase === 'claiming') {
    if (claim.phase === 'owner' || age > claimLasts) return null;
    return comesBefore(one, one.at, claim) ? 'claimant' : null;
  }
  if (claim.phase === 'claiming') return claim.takeOver ? null : 'owner';
  if (record.turn !== claim.turn) return record.turn > claim.turn ? 'owner' : null;
  const claimedAt = record.claimedAt === null ? one.at : Date.parse(record.claimedAt);
  return comesBefore(one, claimedAt, claim) ? 'owner' : null;
}

function comesBefore(one: SeenOwner, claimedAt: number, claim: Claim): boolean {
  return claimedAt === claim.claimedAt ? one.installation < claim.installation : claimedAt < claim.claimedAt;
}
