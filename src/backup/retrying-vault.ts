/**
 * Asks a vault again that could not be reached. Only where asking again can help (`vault_unavailable`), only so often and
 * so long, and after a time that is left to chance, so that those who failed together do not come back together.
 *
 * Every question of the port may be put twice: a put that was carried out and whose answer was lost is found done, since
 * a name that is taken by the same bytes counts as put.
 */
import { PassThrough, Readable } from 'node:stream';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { notAsked } from './circuit-vault.ts';
import type { Vault } from './vault.ts';
import { VaultAround, type VaultQuestion } from './vault-around.ts';

const tries = 5;
/** Milliseconds: up to this before the second try, twice as long before each further one. */
const firstPause = 1_000;
const longestPause = 20_000;
/** Milliseconds after which no further try begins; a put has as much longer as its file takes at the slowest. */
const patience = 120_000;
const slowestBytesPerMs = 65;

export interface RetryOptions {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export class RetryingVault extends VaultAround {
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(vault: Vault, { clock, random }: RetryOptions) {
    super(vault);
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * A stream that broke off goes on where it was: the object is fetched anew and as much of it passed over, since objects
   * never change. Readers check hashes in any case.
   */
  override async get(name: string, signal: AbortSignal): Promise<Readable> {
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    const round = this.#round({ call: 'get', bytes: 0 }, either);
    const open = () => round.until(() => this.vault.get(name, either));
    const source = Readable.from(this.#pieces(name, await open(), open, round), { objectMode: false });
    const stream = new PassThrough({
      destroy(error, done) {
        // Whatever it waits for then, a pause or a silent store.
        left.abort(new Error('Nobody reads it any more.'));
        source.destroy();
        done(error);
      },
    });
    source.on('error', (error) => stream.destroy(error));
    return source.pipe(stream);
  }

  /** One that is asked twice may have been carried out the first time: what is gone then was there. */
  override async remove(name: string, signal: AbortSignal): Promise<boolean> {
    let asked = 0;
    const removed = await this.around({ call: 'remove', bytes: 0 }, signal, () => {
      asked++;
      return this.vault.remove(name, signal);
    });
    return removed || asked > 1;
  }

  protected around<T>(question: VaultQuestion, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    return this.#round(question, signal).until(ask);
  }

  async *#pieces(
    name: string,
    first: Readable,
    open: () => Promise<Readable>,
    round: Round,
  ): AsyncGenerator<Uint8Array> {
    let passed = 0;
    for (let stream = first; ; stream = await open()) {
      let before = passed;
      try {
        for await (const chunk of stream as AsyncIterable<Uint8Array>) {
          const piece = chunk.subarray(Math.min(before, chunk.length));
          before -= chunk.length - piece.length;
          passed += piece.length;
          if (piece.length > 0) yield piece;
        }
        if (before === 0) return;
        throw new VigilError(
          'vault_unavailable',
          `The vault ${this.name} gave back less of ${name} than before.`,
        );
      } catch (error) {
        await round.failed(error);
      }
    }
  }

  #round({ bytes }: VaultQuestion, signal: AbortSignal): Round {
    return new Round(this.#clock, this.#random, patience + bytes / slowestBytesPerMs, signal);
  }
}

/** The tries that one question has. */
class Round {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #signal: AbortSignal;
  readonly #end: number;
  #failures = 0;

  constructor(clock: Clock, random: () => number, ms: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
    this.#end = clock.monotonic() + ms;
  }

  async until<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        await this.failed(error);
      }
    }
  }

  /** Resolves when it may be tried again, or throws what it is given. */
  async failed(error: unknown): Promise<void> {
    const pause = this.#random() * Math.min(longestPause, firstPause * 2 ** this.#failures);
    if (
      !canHelp(error) ||
      this.#signal.aborted ||
      ++this.#failures >= tries ||
      this.#clock.monotonic() + pause >= this.#end
    )
      throw error;
    await this.#clock.sleep(pause, this.#signal);
  }
}

const canHelp = (error: unknown): boolean =>
  error instanceof VigilError && error.code === 'vault_unavailable' && error.details !== notAsked;
