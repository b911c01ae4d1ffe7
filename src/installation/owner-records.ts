/** The owner records of one vault: put, listed, read and removed. */
import type { Vault, VaultSource } from '../backup/vault.ts';
import { readText } from '../backup/vault-files.ts';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import {
  formatOwnerRecord,
  largestOwnerRecord,
  type OwnerRecord,
  ownerName,
  owners,
  parseOwnerName,
  parseOwnerRecord,
  type Writer,
} from './owner-record.ts';
import type { SeenOwner } from './rivals.ts';

export interface OwnerRecordsPorts {
  /** The vault itself, without a look at who owns it. */
  readonly vault: Vault;
  readonly self: Writer;
  readonly clock: Clock;
  /** A text as a vault wants it; the file is gone when `use` is over. */
  readonly staged: <T>(text: string, use: (source: VaultSource) => Promise<T>) => Promise<T>;
}

/** What changes from one record of a run to the next. */
export type OwnerStep = Pick<OwnerRecord, 'phase' | 'turn' | 'claimedAt'>;

/** A record of ours that is there, and what else was there then. */
export interface PutRecord {
  readonly name: string;
  readonly seen: readonly SeenOwner[];
  /** By the vault's clock, milliseconds since the epoch. */
  readonly at: number;
  /** Monotonic. */
  readonly putAt: number;
}

/** A listing that names what is gone a moment later is made again, so often. */
const listings = 5;

export class OwnerRecords {
  readonly #ports: OwnerRecordsPorts;
  readonly #read = new Map<string, OwnerRecord | null>();
  #lastAt = 0;

  constructor(ports: OwnerRecordsPorts) {
    this.#ports = ports;
  }

  /** `put` takes the name before it is put: nobody knows what became of a call that failed. */
  async put(step: OwnerStep, put: string[], signal: AbortSignal): Promise<PutRecord> {
    const { vault, self, clock, staged } = this.#ports;
    // No two of one run have one name, whatever the clock does.
    this.#lastAt = Math.max(clock.now(), this.#lastAt + 1_000);
    const name = ownerName(self, this.#lastAt);
    const renewedAt = new Date(clock.now()).toISOString();
    put.push(name);
    await staged(formatOwnerRecord({ version: 1, ...self, ...step, renewedAt }), (source) =>
      vault.put(name, source, signal),
    );
    const seen = await this.seen(signal);
    const own = seen.find((one) => one.name === name);
    if (own) return { name, seen, at: own.at, putAt: clock.monotonic() };
    throw new VigilError(
      'vault_unavailable',
      `The vault ${vault.name} does not list ${name}, which was just put.`,
      { subject: vault.name },
    );
  }

  /** All of them, each read once. What is renewed meanwhile is listed again: else the owner would be missed. */
  async seen(signal: AbortSignal): Promise<readonly SeenOwner[]> {
    const { vault } = this.#ports;
    for (let listing = 1; ; listing++) {
      try {
        const seen: SeenOwner[] = [];
        for (const { name, modifiedAt, problem } of await vault.list(owners, signal)) {
          const named = parseOwnerName(name);
          if (!named) continue;
          const record = problem === null ? await this.#recordOf(name, signal) : null;
          seen.push({ ...named, name, at: Date.parse(modifiedAt), record });
        }
        return seen;
      } catch (error) {
        const gone = error instanceof VigilError && error.code === 'backup_not_found';
        if (!gone || listing === listings) throw error;
      }
    }
  }

  /** The same, and nothing of what was read before is taken for what lies there now. */
  seenAnew(signal: AbortSignal): Promise<readonly SeenOwner[]> {
    this.#read.clear();
    return this.seen(signal);
  }

  /** One that cannot be removed now is older than what counts, or grows old. */
  async remove(names: readonly string[], signal: AbortSignal): Promise<void> {
    for (const name of names) {
      await this.#ports.vault.remove(name, signal).catch(() => false);
      this.#read.delete(name);
    }
  }

  async #recordOf(name: string, signal: AbortSignal): Promise<OwnerRecord | null> {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const text = await readText(this.#ports.vault, name, largestOwnerRecord, signal);
    const record = text === null ? null : parseOwnerRecord(text);
    this.#read.set(name, record);
    return record;
  }
}
