/**
 * The daemon's eye on a browser that its host holds still for a snapshot. The host's process may die, hang or be
 * stopped meanwhile, and a browser that stands still never ends by itself: so it is let go from here when it has stood
 * still for `longestFreeze`, and ended from here when its host is gone.
 */
import { longestFreeze, type StoppedProcess } from '../engine/engine.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { within } from '../system/deadline.ts';
import { remainderOf, resumeTree } from '../system/process-tree.ts';
import { isStopped, type Processes, type ProcessInfo } from '../system/processes.ts';

/** What a killed host leaves is looked for during this time: its last signals take effect a moment after it. */
const endDeadline = 5_000;
const lookEvery = 20;

export class FreezeWatch {
  readonly #processes: Processes;
  readonly #clock: Clock;
  #frozen: readonly StoppedProcess[] | null = null;
  #alarm: Timer | null = null;
  #thawed = Promise.withResolvers<void>();
  #ending: Promise<void> | null = null;
  #overdue = false;

  constructor(processes: Processes, clock: Clock) {
    this.#processes = processes;
    this.#clock = clock;
    this.#thawed.resolve();
  }

  /** Resolves when no browser is being held still, or none may be any more; within `longestFreeze`, never rejects. */
  get thawed(): Promise<void> {
    return this.#thawed.promise;
  }

  /** Whether the last browser stood still for too long and had to be let go from here. */
  get wasOverdue(): boolean {
    return this.#overdue;
  }

  /** From now on these may stand still, the browser first among them. */
  begin(frozen: readonly StoppedProcess[]): void {
    this.#alarm?.cancel();
    if (this.#frozen === null) this.#thawed = Promise.withResolvers<void>();
    this.#frozen = frozen;
    this.#overdue = false;
    this.#arm();
  }

  /** The host says that all of them run. */
  end(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#frozen = null;
    this.#thawed.resolve();
  }

  /**
   * The host is gone: what it has left standing still is ended at once. Resolves when it is, or cannot be; never
   * rejects.
   */
  hostGone(): Promise<void> {
    const frozen = this.#frozen;
    if (frozen !== null) this.#ending ??= this.#endSoon(frozen);
    return this.#ending ?? Promise.resolve();
  }

  #arm(): void {
    this.#alarm = this.#clock.setTimer(longestFreeze, () => {
      void this.#letGo();
      this.#thawed.resolve();
      // A host that was held up itself may stop what we have just let go, until it says that it is done.
      this.#arm();
    });
  }

  async #letGo(): Promise<void> {
    const known = this.#frozen ?? [];
    const tree = await this.#tree(known);
    // It runs by now, or this is another freeze, with time of its own.
    if (this.#frozen !== known) return;
    // A daemon that was held up itself finds a browser that runs, and a word about it that it has not read yet.
    if (tree?.some(isStopped) === false) return;
    this.#overdue = true;
    await resumeTree(tree ?? known, this.#processes);
  }

  async #endSoon(frozen: readonly StoppedProcess[]): Promise<void> {
    const ended = this.#endTree(frozen);
    // Whoever waits for the host's end is told of it, even where `/proc` itself hangs.
    await within(this.#clock, endDeadline, 'Ending a browser', ended).catch(() => {});
    this.end();
  }

  async #endTree(frozen: readonly StoppedProcess[]): Promise<void> {
    this.#alarm?.cancel();
    const deadline = this.#clock.monotonic() + endDeadline;
    for (let isKilling = false; ; ) {
      const tree = await this.#tree(frozen);
      if (tree?.length === 0 || this.#clock.monotonic() > deadline) return;
      // One that runs closes by itself when its host's pipe ends, and saves its login.
      isKilling ||= tree?.some(isStopped) ?? false;
      if (isKilling)
        for (const one of tree ?? []) await this.#processes.signal(one, 'SIGKILL').catch(() => false);
      await this.#clock.sleep(lookEvery);
    }
  }

  /** Null when nobody can be looked at, as with no descriptor left. */
  async #tree(known: readonly StoppedProcess[]): Promise<readonly ProcessInfo[] | null> {
    const all = await this.#processes.list().catch(() => null);
    return all && remainderOf(all, known);
  }
}
