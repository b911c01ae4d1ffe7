/**
 * The right to write to a vault that others may reach as well. Held by renewing a record in it; whoever finds another
 * installation's there writes nothing. Nothing is ever overwritten in a vault, so each renewal is a new object, and the
 * one before it is removed afterwards: killed at any step, at least one of ours is there.
 */

import { VigilError } from '../errors.ts';
import { Doubt } from './doubt.ts';
import { ownedByAnother } from './owned-by-another.ts';
import { OwnerRecords, type OwnerRecordsPorts, type OwnerStep } from './owner-records.ts';
import { Renewal, type Silence } from './renewal.ts';
import {
  type Claim,
  claimLasts,
  inherited,
  nextTurn,
  type Rival,
  renewEvery,
  rivalOf,
  type SeenOwner,
} from './rivals.ts';
import type { Standing } from './standing.ts';

export interface VaultOwnerPorts extends OwnerRecordsPorts {
  readonly random: () => number;
  /** Told of every change, of what a renewal met the first time too, and of each look that found another's. */
  readonly onStanding?: (standing: Standing) => void;
  /** Told how long it could not be renewed. */
  readonly onSilence?: (silence: Silence | null) => void;
}

/** Milliseconds for which one look is enough. */
const freshFor = 60_000;
/** Tries against others that ask at the same moment, and the longest wait between two. */
const tries = 5;
const longestWait = 4_000;
/** What a claim says first. */
const unclaimed: OwnerStep = { phase: 'claiming', turn: 0, claimedAt: null };

interface Held {
  readonly claim: Claim;
  /** Of the newest own record. */
  readonly name: string;
  readonly at: number;
  /** Monotonic: when that was put, and when somebody last looked. */
  readonly putAt: number;
  readonly lookedAt: number;
}

interface Refused {
  readonly error: VigilError;
  /** Monotonic. */
  readonly lookedAt: number;
}

export class VaultOwner {
  readonly #ports: VaultOwnerPorts;
  readonly #records: OwnerRecords;
  #held: Held | null = null;
  #refused: Refused | null = null;
  /** What earlier runs of our own had left when this one first looked. What comes later is a copy's. */
  #past: ReadonlySet<string> | null = null;
  readonly #doubt: Doubt;
  readonly #renewal: Renewal;
  #line: Promise<unknown> = Promise.resolve();
  #told: string | null = null;

  constructor(ports: VaultOwnerPorts) {
    this.#ports = ports;
    this.#records = new OwnerRecords(ports);
    this.#doubt = new Doubt(this.#records);
    const { clock, onSilence } = ports;
    this.#renewal = new Renewal({ clock, onSilence, renew: (signal) => this.renew(signal) });
  }

  /**
   * Resolves while the vault is ours, claiming it where that has not been done. Throws `vault_owned`, naming who owns it,
   * and what the vault throws.
   */
  require(signal: AbortSignal): Promise<void> {
    return this.#inLine(signal, async () => {
      const now = this.#ports.clock.monotonic();
      const held = this.#held;
      if (held && now - held.lookedAt < freshFor) return;
      if (this.#refused && now - this.#refused.lookedAt < freshFor) throw this.#refused.error;
      if (!held) await this.#claim(false, signal);
      else if (now - held.putAt < renewEvery) await this.#look(held, signal);
      else await this.#renew(held, signal);
    });
  }

  /** As `require`, but a vault that is not there is not made by it: a disk may not be mounted yet. */
  begin(signal: AbortSignal): Promise<void> {
    return this.#inLine(signal, () => this.#begin(signal));
  }

  /** On a person's word: whoever owns it loses it, and finds that out at its next write or renewal. */
  takeOver(signal: AbortSignal): Promise<void> {
    return this.#inLine(signal, () => this.#claim(true, signal));
  }

  /** Who else has said that the vault is theirs, the latest first. Judges nobody, and puts nothing. */
  async others(signal: AbortSignal): Promise<readonly SeenOwner[]> {
    const seen = await this.#records.seen(signal);
    const { installation } = this.#ports.self;
    return seen
      .filter((one) => one.installation !== installation && one.record?.phase !== 'claiming')
      .sort((a, b) => b.at - a.at);
  }

  /** Says every hour that it is still ours, and asks again where it is not. Until `stop`. */
  keep(): void {
    this.#renewal.start();
  }

  stop(): void {
    this.#renewal.stop();
  }

  /** Says now that it is still ours; where it is not, asks as `begin`. */
  renew(signal: AbortSignal): Promise<void> {
    return this.#inLine(signal, () => (this.#held ? this.#renew(this.#held, signal) : this.#begin(signal)));
  }

  async #begin(signal: AbortSignal): Promise<void> {
    await this.#records.seen(signal);
    if (!this.#held) await this.#claim(false, signal);
  }

  async #claim(takeOver: boolean, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const rival = await this.#attempt(takeOver, signal);
      if (rival === null) return;
      if (rival.kind !== 'claimant' || attempt === tries) throw await this.#refuse(rival, signal);
      await this.#ports.clock.sleep(this.#ports.random() * longestWait, signal);
    }
  }

  async #attempt(takeOver: boolean, signal: AbortSignal): Promise<Rival | null> {
    const { installation, run } = this.#ports.self;
    const put: string[] = [];
    try {
      const first = await this.#records.put(unclaimed, put, signal);
      if (this.#past === null || takeOver) this.#past = this.#earlier(first.seen);
      const past = this.#past;
      const begun = takeOver ? null : inherited(first.seen, past, first.at);
      const claim = {
        installation,
        run,
        takeOver,
        past,
        claimedAt: begun?.claimedAt ?? first.at,
        turn: begun?.turn ?? nextTurn(first.seen),
      };
      const phase = begun ? 'confirming' : 'claiming';
      const before = rivalOf({ ...claim, phase }, first.seen, first.at);
      if (before) return await this.#withdraw(before, put, signal);
      const claimedAt = new Date(claim.claimedAt).toISOString();
      const second = await this.#records.put({ phase: 'owner', turn: claim.turn, claimedAt }, put, signal);
      const after = rivalOf({ ...claim, phase: 'confirming' }, second.seen, second.at);
      if (after) return await this.#withdraw(after, put, signal);
      // Somebody may have taken the first of the two for broken off.
      if (second.at - first.at > claimLasts) throw tooSlow(this.#ports.vault.name);
      this.#own({ claim: { ...claim, phase: 'owner' }, ...second, lookedAt: second.putAt });
      this.#renewal.confirmed();
      await this.#removeOld(second.seen, second.name, signal);
      return null;
    } catch (error) {
      await this.#records.remove(put, signal);
      throw error;
    }
  }

  #earlier(seen: readonly SeenOwner[]): ReadonlySet<string> {
    const { installation, run } = this.#ports.self;
    return new Set(
      seen.filter((one) => one.installation === installation && one.run !== run).map(({ name }) => name),
    );
  }

  async #look(held: Held, signal: AbortSignal): Promise<readonly SeenOwner[]> {
    const seen = await this.#records.seen(signal);
    const lookedAt = this.#ports.clock.monotonic();
    await this.#decide(held, { seen, now: held.at + (lookedAt - held.putAt), lookedAt }, signal);
    return seen;
  }

  /** Reads before it writes: the vault may have been out of reach for days, and be another's since. */
  async #renew(held: Held, signal: AbortSignal): Promise<void> {
    const { claim } = held;
    // Somebody had it meanwhile, and is silent: from now on they are to find themselves below us.
    if (nextTurn(await this.#look(held, signal)) > claim.turn + 1) {
      this.#held = null;
      await this.#claim(false, signal);
      return;
    }
    const claimedAt = new Date(claim.claimedAt).toISOString();
    const { name, seen, at, putAt } = await this.#records.put(
      { phase: 'owner', turn: claim.turn, claimedAt },
      [],
      signal,
    );
    const renewed = { ...held, name, at, putAt };
    await this.#decide(renewed, { seen, now: at, lookedAt: putAt }, signal);
    this.#renewal.confirmed();
    await this.#removeOld(seen, name, signal);
  }

  async #decide(
    held: Held,
    {
      seen,
      now,
      lookedAt,
    }: { readonly seen: readonly SeenOwner[]; readonly now: number; readonly lookedAt: number },
    signal: AbortSignal,
  ): Promise<void> {
    const rival = rivalOf(held.claim, seen, now);
    if (!rival) {
      this.#own({ ...held, lookedAt });
      return;
    }
    this.#held = null;
    const { installation, run } = this.#ports.self;
    const ours = seen.filter((one) => one.installation === installation && one.run === run);
    await this.#records.remove(
      ours.map(({ name }) => name),
      signal,
    );
    throw await this.#refuse(rival, signal);
  }

  async #withdraw(rival: Rival, put: readonly string[], signal: AbortSignal): Promise<Rival> {
    await this.#records.remove(put, signal);
    return rival;
  }

  /** Of our own installation, whatever run: what an earlier one left is of no use any more. */
  async #removeOld(seen: readonly SeenOwner[], newest: string, signal: AbortSignal): Promise<void> {
    const { installation } = this.#ports.self;
    const old = seen.filter((one) => one.installation === installation && one.name !== newest);
    await this.#records.remove(
      old.map(({ name }) => name),
      signal,
    );
  }

  #own(held: Held): void {
    this.#held = held;
    this.#refused = null;
    this.#tell({ owner: true });
  }

  async #refuse(rival: Rival, signal: AbortSignal): Promise<VigilError> {
    const { vault, clock } = this.#ports;
    const error = ownedByAnother(vault.name, rival);
    this.#refused = { error, lookedAt: clock.monotonic() };
    const by = await this.#doubt.beyond(rival, signal);
    this.#tell({ owner: false, error, by });
    return error;
  }

  /** One thing at a time. Whatever it comes to is told when it is not what was told last; a refusal has been. */
  #inLine<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
    const done = this.#line.then(async () => {
      signal.throwIfAborted();
      try {
        return await step();
      } catch (error) {
        if (!signal.aborted && error instanceof VigilError && error.code !== 'vault_owned')
          this.#tell({ owner: false, error, by: null });
        throw error;
      }
    });
    this.#line = done.catch(() => {});
    return done;
  }

  #tell(standing: Standing): void {
    const said = standing.owner ? 'owner' : `${standing.error.code} ${String(standing.error.subject)}`;
    if (said === this.#told && (standing.owner || standing.by === null)) return;
    this.#told = said;
    this.#ports.onStanding?.(standing);
  }
}

function tooSlow(vault: string): VigilError {
  return new VigilError(
    'vault_unavailable',
    `The vault ${vault} took longer than ${claimLasts / 60_000} min over the claim to it.`,
    { subject: vault },
  );
}
