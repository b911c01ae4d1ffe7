/**
 * Holds a browser still: every process of its tree is stopped, so that what lies on the disk does not change and is
 * what `kill -9` would have left.
 *
 * What may not happen: a browser that stays stopped. Whatever goes wrong here, everything that was stopped runs again
 * before the failure is told; and somebody in another process watches besides (host/freeze-watch.ts).
 */
import type { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { resumeTree, treeOf } from '../system/process-tree.ts';
import type { Processes, ProcessInfo } from '../system/processes.ts';
import { snapshotFailed } from './snapshot-failure.ts';

export interface FreezePorts {
  readonly processes: Processes;
  readonly clock: Clock;
}

/** Milliseconds for the last thread to stop; one that writes to a slow disk stops when it has written. */
const stopDeadline = 1_000;
const lookEvery = 2;

/** A tree that is being held still, from its first stopped process on. */
export class FrozenTree {
  /** By the monotonic clock: when the first process was told to stop. */
  readonly since: number;
  readonly #ports: FreezePorts;
  /** The browser first. */
  readonly #tree: ProcessInfo[];
  readonly #seen: Set<number>;
  #thawing: Promise<void> | null = null;

  private constructor(tree: readonly ProcessInfo[], seen: readonly ProcessInfo[], ports: FreezePorts) {
    this.#tree = [...tree];
    this.#seen = new Set(seen.map(({ pid }) => pid));
    this.#ports = ports;
    this.since = ports.clock.monotonic();
  }

  /**
   * Stops a tree, the browser first in it, that was found among `seen`: one look at all processes, a moment ago. Throws
   * `snapshot_failed`, or the signal's reason; everything runs again then.
   */
  static async freeze(
    tree: readonly ProcessInfo[],
    seen: readonly ProcessInfo[],
    ports: FreezePorts,
    signal: AbortSignal,
  ): Promise<FrozenTree> {
    signal.throwIfAborted();
    const frozen = new FrozenTree(tree, seen, ports);
    try {
      await frozen.#stop(signal);
      return frozen;
    } catch (error) {
      await frozen.thaw();
      throw error;
    }
  }

  /** Whether nothing of it runs, or has begun to run: somebody else may have let it go. */
  async stands(): Promise<boolean> {
    if (this.#thawing !== null || (await this.#join()).length > 0) return false;
    return (await this.#state()) === 'still';
  }

  /** Lets everything run again, the browser last. Resolves when that is done; never rejects. */
  thaw(): Promise<void> {
    this.#thawing ??= resumeTree(this.#tree, this.#ports.processes);
    return this.#thawing;
  }

  async #stop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const [browser, ...others] = this.#tree;
    // What starts processes first: a child that it starts before it stops is found below.
    if (!browser || !(await this.#halt(browser)))
      throw snapshotFailed('The browser ended before it could be stopped.');
    await Promise.all(others.map((one) => this.#halt(one)));
    for (;;) {
      await this.#untilStill(signal);
      // What is stopped starts nothing: nobody can be missing from a look that finds nobody new.
      const joined = await this.#join();
      if (joined.length === 0) return;
      if (clock.monotonic() - this.since > stopDeadline) throw this.#late('still starts processes');
      await Promise.all(joined.map((one) => this.#halt(one)));
    }
  }

  async #untilStill(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    for (;;) {
      const state = await this.#state();
      if (state === 'still') break;
      if (state === 'ended') throw snapshotFailed('The browser ended while it was being stopped.');
      if (clock.monotonic() - this.since > stopDeadline) throw this.#late('has threads that do not stop');
      await clock.sleep(lookEvery, signal);
    }
    signal.throwIfAborted();
  }

  async #state(): Promise<'still' | 'runs' | 'ended'> {
    for (const one of this.#tree) {
      const left = (await this.#ports.processes.threads(one.pid)).filter(
        (state) => state !== 'Z' && state !== 'X',
      );
      if (left.length === 0 && one === this.#tree[0]) return 'ended';
      // `t` is a debugger's: it may let its thread run at any moment.
      if (left.some((state) => state !== 'T')) return 'runs';
    }
    return 'still';
  }

  /** Takes in whoever belongs to the tree and was not seen before. */
  async #join(): Promise<readonly ProcessInfo[]> {
    const fresh = await this.#ports.processes.list(this.#seen);
    for (const { pid } of fresh) this.#seen.add(pid);
    const known = new Set(this.#tree);
    const joined = treeOf(fresh, this.#tree).filter((one) => !known.has(one));
    this.#tree.push(...joined);
    return joined;
  }

  #halt(one: ProcessInfo): Promise<boolean> {
    return this.#ports.processes.signal(one, 'SIGSTOP');
  }

  #late(what: string): VigilError {
    return snapshotFailed(`The browser ${what} within ${stopDeadline} ms, and runs on.`);
  }
}
