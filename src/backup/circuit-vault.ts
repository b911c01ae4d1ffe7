/**
 * Says for a vault that does not answer that it does not, without asking it each time. Where a hundred sessions want
 * something of a vault that is down, the first few find out, and the others need not wait for their own deadlines. After
 * a while one caller looks whether it is back; the others are told meanwhile.
 */
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import type { Vault } from './vault.ts';
import { VaultAround, type VaultQuestion } from './vault-around.ts';

/** One after another, whoever asked. */
const failuresUntilOpen = 5;
/** Milliseconds; doubled with each look that finds it still away. */
const shortestRest = 15_000;
const longestRest = 5 * 60_000;

/** Details of the error that stands for one that was not asked for again. */
export const notAsked = { asked: false } as const;

export class CircuitVault extends VaultAround {
  readonly #clock: Clock;
  /** Since it last answered. */
  #failures = 0;
  /** When it may be looked at again, by the monotonic clock; null while it is asked. */
  #restsUntil: number | null = null;
  #rest = shortestRest;
  #looking = false;
  #last = '';

  constructor(vault: Vault, clock: Clock) {
    super(vault);
    this.#clock = clock;
  }

  protected async around<T>({ call }: VaultQuestion, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    // A person who asks whether it is there wants it to be asked.
    if (this.#restsUntil !== null && call !== 'check' && call !== 'create')
      await this.#look(this.#restsUntil, signal);
    return this.#counted(signal, ask);
  }

  /** Throws unless the vault turns out to be back. By a question that is short: a file may be on its way for long. */
  async #look(until: number, signal: AbortSignal): Promise<void> {
    const left = until - this.#clock.monotonic();
    if (left > 0 || this.#looking) throw this.#away(left);
    this.#looking = true;
    try {
      await this.#counted(signal, () => this.vault.check(signal));
    } catch (error) {
      if (isUnavailable(error)) throw error;
      // It answers. What it refuses here it may grant to what was asked.
      signal.throwIfAborted();
    } finally {
      this.#looking = false;
    }
  }

  async #counted<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#answered();
      return answer;
    } catch (error) {
      // Who goes away has found out nothing.
      if (signal.aborted) throw error;
      if (isUnavailable(error)) this.#failed(error);
      else if (error instanceof VigilError) this.#answered();
      throw error;
    }
  }

  #answered(): void {
    this.#failures = 0;
    this.#restsUntil = null;
    this.#rest = shortestRest;
  }

  #failed(error: VigilError): void {
    this.#last = error.message;
    if (++this.#failures < failuresUntilOpen) return;
    const resting = this.#restsUntil !== null && this.#clock.monotonic() < this.#restsUntil;
    // What was on its way when it began to rest says nothing new.
    if (resting) return;
    if (this.#restsUntil !== null) this.#rest = Math.min(longestRest, this.#rest * 2);
    this.#restsUntil = this.#clock.monotonic() + this.#rest;
  }

  #away(left: number): VigilError {
    const seconds = Math.max(1, Math.ceil(left / 1_000));
    return new VigilError(
      'vault_unavailable',
      `The vault ${this.name} has not answered for a while and is asked again in ${seconds} s. Last it was: ${this.#last}`,
      { subject: this.name, details: notAsked },
    );
  }
}

function isUnavailable(error: unknown): error is VigilError {
  return error instanceof VigilError && error.code === 'vault_unavailable';
}
