/** Lets so many things through a minute, and counts the rest: a bot that floods must not drown its daemon. */
import type { Clock, Timer } from '../system/clock.ts';

const minute = 60_000;

export class PerMinute {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #tellRest: (count: number) => void;
  #let = 0;
  #rest = 0;
  #timer: Timer | null = null;

  /** `tellRest` is called at the end of a minute in which something was held back. */
  constructor(clock: Clock, limit: number, tellRest: (count: number) => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#tellRest = tellRest;
  }

  /** Whether this one may pass. A minute begins with the first. */
  admit(): boolean {
    this.#timer ??= this.#clock.setTimer(minute, () => this.flush());
    if (this.#let < this.#limit) {
      this.#let += 1;
      return true;
    }
    this.#rest += 1;
    return false;
  }

  /** Ends the minute now. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const rest = this.#rest;
    this.#let = 0;
    this.#rest = 0;
    if (rest > 0) this.#tellRest(rest);
  }
}
