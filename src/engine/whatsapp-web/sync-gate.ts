/**
 * Lets the library handle the end of a synchronisation once at a time. It loads its functions into the page
 * only if they are not there yet; two of these at once both find none, and register every listener twice.
 */
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';

const longestMs = 30_000;

export class SyncGate {
  readonly #clock: Clock;
  #inside: PromiseWithResolvers<void>[] = [];
  #entered = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the library has begun to handle a synchronisation of this document. */
  get entered(): boolean {
    return this.#entered;
  }

  async enter(): Promise<void> {
    this.#entered = true;
    const before = this.#inside.at(-1);
    this.#inside.push(Promise.withResolvers<void>());
    if (before !== undefined)
      await within(this.#clock, longestMs, 'The library', before.promise).catch(() => {});
  }

  /** The library is done with one (its `ready`). */
  leave(): void {
    this.#inside.shift()?.resolve();
  }

  /** The document is gone, and whatever was being done in it. */
  reset(): void {
    for (const one of this.#inside) one.resolve();
    this.#inside = [];
    this.#entered = false;
  }
}
