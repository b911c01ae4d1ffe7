/**
 * Heartbeat, watchdog and activity of one session: each asks the engine one bounded question at its own
 * interval. No question overlaps another of the same session, and an interval counts from the end of the
 * one before, so that a slow page is never asked faster than it answers.
 */
import type { ProbeKind, ProbeReport, ProbeRequest } from '../engine/engine.ts';
import type { Clock, Timer } from '../system/clock.ts';

export interface ProbeIntervals {
  /** Milliseconds; null switches the probe off. */
  readonly heartbeat: number | null;
  readonly watchdog: number;
  readonly activity: number | null;
  /** Milliseconds for the page to answer. */
  readonly deadline: number;
  /** Heartbeats announce presence. */
  readonly presence: boolean;
}

export type Ask = (request: ProbeRequest) => Promise<ProbeReport>;

export class Probes {
  readonly #clock: Clock;
  readonly #ask: Ask;
  readonly #report: (kind: ProbeKind, report: ProbeReport) => void;
  readonly #failed: (error: unknown) => void;
  readonly #random: () => number;
  readonly #timers = new Map<ProbeKind, Timer>();
  #intervals: ProbeIntervals;
  #line: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly intervals: ProbeIntervals;
    readonly ask: Ask;
    readonly report: (kind: ProbeKind, report: ProbeReport) => void;
    /** A probe, or what was made of it, threw. */
    readonly failed: (error: unknown) => void;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#intervals = options.intervals;
    this.#ask = options.ask;
    this.#report = options.report;
    this.#failed = options.failed;
  }

  start(): void {
    for (const kind of ['heartbeat', 'watchdog', 'activity'] as const) this.#arm(kind, this.#spread());
  }

  /** Takes effect at once: a shorter interval does not wait for the longer one to end. */
  set(intervals: ProbeIntervals): void {
    const before = this.#intervals;
    this.#intervals = intervals;
    if (this.#stopped) return;
    for (const kind of ['heartbeat', 'watchdog', 'activity'] as const) {
      if (before[kind] !== intervals[kind]) this.#arm(kind, 1);
    }
  }

  /** Asks once more, as soon as the question under way has been answered. */
  now(kind: ProbeKind): void {
    if (!this.#stopped) this.#enqueue(kind);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** Sessions that came online together are not asked together. */
  #spread(): number {
    return 0.5 + this.#random() / 2;
  }

  #arm(kind: ProbeKind, fraction: number): void {
    this.#timers.get(kind)?.cancel();
    this.#timers.delete(kind);
    const interval = this.#intervals[kind];
    if (interval === null || this.#stopped) return;
    this.#timers.set(
      kind,
      this.#clock.setTimer(interval * fraction, () => {
        this.#timers.delete(kind);
        this.#enqueue(kind);
      }),
    );
  }

  #enqueue(kind: ProbeKind): void {
    const turn = this.#line.then(async () => {
      if (this.#stopped) return;
      const { deadline, presence } = this.#intervals;
      try {
        const report = await this.#ask({ kind, deadline, presence });
        if (!this.#stopped) this.#report(kind, report);
      } finally {
        // Whatever became of this one, the next one comes: a watchdog that stops is a silent death.
        if (!this.#timers.has(kind)) this.#arm(kind, 1);
      }
    });
    this.#line = turn.catch((error) => this.#failed(error));
  }
}
