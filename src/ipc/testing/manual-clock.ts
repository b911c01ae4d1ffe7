import type { ChannelClock } from '../channel-clock.ts';

/**
 * Time that stands still until it is advanced. Unlike the fake clock of the other tests, advancing lets nothing else
 * happen: that a timer fires before the socket is read, as after a suspension, is what these tests are about.
 */
export class ManualClock implements ChannelClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>();

  /** Timers that are armed: a test that ends with some has found a leak. */
  get armed(): number {
    return this.#timers.size;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimer(ms: number, fn: () => void): { cancel(): void } {
    const timer = { at: this.#now + ms, fn };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.fn();
    }
  }
}
