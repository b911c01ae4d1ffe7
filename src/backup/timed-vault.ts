/**
 * A vault whose every answer is waited for within a bound. A disk behind a network that has gone never answers, and
 * no signal reaches a call that sits in the kernel: so it is left, and what comes late is nobody's.
 */
import { Readable } from 'node:stream';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { alarm, DeadlineExceeded, within } from '../system/deadline.ts';
import type { Vault, VaultObject, VaultSource } from './vault.ts';

/** Milliseconds for an answer that carries no file, and between two pieces of one that does. */
const patience = 60_000;
/** Bytes a second below which a file is no longer on its way. */
const slowest = 65_536;

export class TimedVault implements Vault {
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(vault: Vault, clock: Clock) {
    this.#vault = vault;
    this.#clock = clock;
  }

  get name(): string {
    return this.#vault.name;
  }

  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    const ms = patience + (source.bytes / slowest) * 1_000;
    return this.#answer(`put ${name}`, ms, signal, (bounded) => this.#vault.put(name, source, bounded));
  }

  async get(name: string, signal: AbortSignal): Promise<Readable> {
    const what = `get ${name}`;
    const stream = await this.#answer(what, patience, signal, (bounded) => this.#vault.get(name, bounded));
    return Readable.from(this.#pieces(stream, what, signal), { objectMode: false });
  }

  stat(name: string, signal: AbortSignal): Promise<VaultObject | null> {
    return this.#answer(`look at ${name}`, patience, signal, (bounded) => this.#vault.stat(name, bounded));
  }

  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]> {
    return this.#answer('list what it holds', patience, signal, (bounded) =>
      this.#vault.list(prefix, bounded),
    );
  }

  remove(name: string, signal: AbortSignal): Promise<boolean> {
    return this.#answer(`remove ${name}`, patience, signal, (bounded) => this.#vault.remove(name, bounded));
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#answer('look at it', patience, signal, (bounded) => this.#vault.check(bounded));
  }

  create(signal: AbortSignal): Promise<boolean> {
    return this.#answer('create it', patience, signal, (bounded) => this.#vault.create(bounded));
  }

  async #answer<T>(
    what: string,
    ms: number,
    signal: AbortSignal,
    call: (bounded: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const late = alarm(this.#clock, ms, what);
    try {
      const bounded = AbortSignal.any([signal, late.signal]);
      return await within(this.#clock, ms, what, call(bounded), signal);
    } catch (error) {
      throw error instanceof DeadlineExceeded ? this.#silent(what, ms) : error;
    } finally {
      // A stream goes on under the same signal, at its own pace.
      late.cancel();
    }
  }

  async *#pieces(stream: Readable, what: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const pieces = stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value, done } = await within(this.#clock, patience, what, pieces.next(), signal);
        if (done) return;
        yield value as Uint8Array;
      }
    } catch (error) {
      throw error instanceof DeadlineExceeded ? this.#silent(what, patience) : error;
    } finally {
      // Not waited for: whatever does not answer does not end either.
      stream.destroy();
    }
  }

  #silent(what: string, ms: number): VigilError {
    return new VigilError(
      'vault_unavailable',
      `The vault ${this.name} did not answer for ${Math.round(ms / 1_000)} s (${what}).`,
      { subject: this.name },
    );
  }
}
