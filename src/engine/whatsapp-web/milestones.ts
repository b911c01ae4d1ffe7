/**
 * How far a launch has come. The library tells none of it: its `initialize()` covers everything from the
 * browser to the wired page in one promise, without a bound, so each stretch is waited for by itself.
 */
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';

export class Milestones {
  readonly #clock: Clock;
  readonly #exited = Promise.withResolvers<void>();
  readonly #browserReady = Promise.withResolvers<void>();
  readonly #pageLoaded = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The browser and its page exist. */
  browserReady(): void {
    this.#browserReady.resolve();
  }

  /** The page has loaded, and the library begins to wire it. */
  pageLoaded(): void {
    this.#pageLoaded.resolve();
  }

  browserExited(): void {
    this.#exited.resolve();
  }

  /** Rejects with what failed first: the stretch's deadline, or one of `others`, which include the library's start. */
  async untilBrowser(ms: number, others: readonly Promise<unknown>[]): Promise<void> {
    const died = this.#exited.promise.then(() => {
      throw new Error('The browser process ended.');
    });
    await this.#until(ms, 'Launching the browser', [this.#browserReady.promise, died, ...others]);
  }

  async untilPage(ms: number, others: readonly Promise<unknown>[]): Promise<void> {
    await this.#until(ms, 'Loading WhatsApp Web', [this.#pageLoaded.promise, ...others]);
  }

  async untilWired(ms: number, others: readonly Promise<unknown>[]): Promise<void> {
    await this.#until(ms, 'WhatsApp Web', others);
  }

  /** Gives a browser that refuses to start a moment to say why. */
  async lastWords(ms: number): Promise<void> {
    await within(this.#clock, ms, 'The browser', this.#exited.promise).catch(() => {});
  }

  async #until(ms: number, what: string, race: readonly Promise<unknown>[]): Promise<void> {
    await within(this.#clock, ms, what, Promise.race(race));
  }
}
