/**
 * A registry whose writes never fail and never wait: they are gathered and written in the background, so that
 * losing the registry never stops supervision. While it is lost, the latest state of each session and incident
 * and the newest transitions are kept in memory, and written when it is back; the oldest history goes first.
 */
import { toVigilError, VigilError } from '../errors.ts';
import type { Incident, TransitionEntry } from '../session/history.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { PendingWrites } from './pending-writes.ts';
import type { Registry } from './registry.ts';

export type RegistryReport =
  /** The first failure; those that follow are not reported. */
  | { readonly type: 'lost'; readonly error: VigilError }
  /** `dropped`: entries of history that did not fit into memory meanwhile. */
  | { readonly type: 'recovered'; readonly afterMs: number; readonly dropped: number };

export interface BestEffortOptions {
  readonly clock: Clock;
  readonly report: (report: RegistryReport) => void;
  /** Transitions, and as many incidents, kept while the registry is lost. */
  readonly bound?: number;
  /** Milliseconds that `close` waits for the last flush. */
  readonly closeDeadline?: number;
}

const flushAfter = 250;
const flushAt = 200;
const longestRetry = 30_000;

export class BestEffortRegistry implements Registry {
  readonly #inner: Registry;
  readonly #options: BestEffortOptions;
  readonly #pending: PendingWrites;
  #timer: Timer | null = null;
  #flushing: Promise<void> | null = null;
  #lost: { readonly since: number; readonly retryAfter: number } | null = null;
  #isOpen = false;
  #isClosed = false;

  constructor(inner: Registry, options: BestEffortOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#pending = new PendingWrites(options.bound ?? 10_000);
  }

  /** Rejects only where going on would do harm: `registry_too_new`. */
  async open(): Promise<void> {
    try {
      await this.#inner.open();
      this.#isOpen = true;
    } catch (error) {
      if (error instanceof VigilError && error.code === 'registry_too_new') throw error;
      this.#failed(error);
      this.#arm();
    }
  }

  putSession(record: SessionRecord): Promise<void> {
    return this.#add(() => this.#pending.session(record.id, record));
  }

  removeSession(id: SessionId): Promise<void> {
    return this.#add(() => this.#pending.session(id, null));
  }

  addTransitions(entries: readonly TransitionEntry[]): Promise<void> {
    return this.#add(() => this.#pending.transitions(entries));
  }

  putIncident(incident: Incident): Promise<void> {
    return this.#add(() => this.#pending.incident(incident));
  }

  prune(before: string): Promise<void> {
    return this.#add(() => this.#pending.prune(before));
  }

  /** Reads see what was written before them, and fail when the registry is lost. */
  async sessions(): Promise<readonly SessionRecord[]> {
    await this.flush();
    return this.#inner.sessions();
  }

  async transitions(id: SessionId, limit: number): Promise<readonly TransitionEntry[]> {
    await this.flush();
    return this.#inner.transitions(id, limit);
  }

  async incidents(id: SessionId | null, limit: number): Promise<readonly Incident[]> {
    await this.flush();
    return this.#inner.incidents(id, limit);
  }

  async openIncidents(): Promise<readonly Incident[]> {
    await this.flush();
    return this.#inner.openIncidents();
  }

  /** Of what was written before. */
  async snapshot(path: string): Promise<void> {
    await this.flush();
    return this.#inner.snapshot(path);
  }

  /** Tries to write everything now. Never rejects. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = null;
      if (!this.#pending.isEmpty || !this.#isOpen) this.#arm();
    });
    return this.#flushing;
  }

  async close(): Promise<void> {
    const deadline = new AbortController();
    await Promise.race([
      // Twice: the first may be one that was under way before the last entries were added.
      this.flush().then(() => this.flush()),
      this.#options.clock.sleep(this.#options.closeDeadline ?? 2_000, deadline.signal).catch(() => {}),
    ]);
    deadline.abort();
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#inner.close().catch(() => {});
  }

  async #add(entry: () => void): Promise<void> {
    if (this.#isClosed) return;
    entry();
    if (this.#pending.history >= flushAt && !this.#lost) void this.flush();
    else this.#arm();
  }

  #arm(): void {
    if (this.#timer || this.#flushing || this.#isClosed) return;
    this.#timer = this.#options.clock.setTimer(this.#lost?.retryAfter ?? flushAfter, () => {
      this.#timer = null;
      void this.flush();
    });
  }

  async #write(): Promise<void> {
    if (this.#isClosed || (this.#isOpen && this.#pending.isEmpty)) return;
    try {
      if (!this.#isOpen) await this.#inner.open();
      this.#isOpen = true;
      await this.#pending.writeTo(this.#inner);
    } catch (error) {
      this.#failed(error);
      return;
    }
    const lost = this.#lost;
    this.#lost = null;
    if (!lost) return;
    const afterMs = this.#options.clock.monotonic() - lost.since;
    this.#options.report({ type: 'recovered', afterMs, dropped: this.#pending.takeDropped() });
  }

  #failed(error: unknown): void {
    const before = this.#lost;
    const retryAfter = Math.min(longestRetry, (before?.retryAfter ?? flushAfter) * 2);
    this.#lost = { since: before?.since ?? this.#options.clock.monotonic(), retryAfter };
    if (!before) this.#options.report({ type: 'lost', error: toVigilError(error) });
  }
}
