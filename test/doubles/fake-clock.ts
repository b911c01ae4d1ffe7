import type { Clock, Timer } from '../../src/system/clock.ts';

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock that stands still until it is advanced. `advance` fires timers in the order of their times and
 * lets pending promises settle between them, so that a timer armed by the effect of another one is seen.
 */
export class FakeClock implements Clock {
  #elapsed = 0;
  #order = 0;
  #epoch: number;
  readonly #waiting = new Set<Waiting>();

  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + this.#elapsed;
  }

  /** Somebody sets the clock on the wall. Whoever waits does not notice. */
  set(now: number): void {
    this.#epoch = now - this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  setTimer(ms: number, fire: () => void): Timer {
    const waiting: Waiting = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, fire };
    this.#waiting.add(waiting);
    return { cancel: () => void this.#waiting.delete(waiting) };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.setTimer(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** How many timers wait for their time. */
  get pending(): number {
    return this.#waiting.size;
  }

  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await settle();
    for (;;) {
      const next = [...this.#waiting]
        .filter((w) => w.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.#waiting.delete(next);
      this.#elapsed = next.at;
      next.fire();
      await settle();
    }
    this.#elapsed = until;
    await settle();
  }
}

/** Lets everything that needs no time happen: promise reactions and immediates. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
