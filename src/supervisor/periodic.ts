/**
 * Looks again and again, never twice at once. Schedules are kept by looking whether something is due instead of by
 * waiting for its time: what was missed while the daemon was down, a clock that was set and an hour that was skipped or
 * doubled need nothing of their own then (docs/decisions/0033-schedule-by-looking.md).
 *
 * To run something by a cron expression: `look` asks `latestRun(times, timeZone, clock.now())` (system/cron-runs.ts) and
 * compares it with when the thing was done last, as what it left behind tells (a mark, a manifest); `jitterOf` of
 * backup-due.ts spreads what is many.
 */
import type { Clock, Timer } from '../system/clock.ts';

export interface PeriodicOptions {
  readonly clock: Clock;
  /** Milliseconds from the end of one look to the next. */
  readonly interval: number;
  /** What it throws goes to `failed`; the next one comes all the same. */
  readonly look: () => void | Promise<void>;
  readonly failed: (error: unknown) => void;
}

export class Periodic {
  readonly #options: PeriodicOptions;
  #timer: Timer | null = null;
  #stopped = true;

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#arm();
  }

  /** One that is under way ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.setTimer(this.#options.interval, () => void this.#look());
  }

  async #look(): Promise<void> {
    try {
      await this.#options.look();
    } catch (error) {
      this.#options.failed(error);
    }
    this.#arm();
  }
}
