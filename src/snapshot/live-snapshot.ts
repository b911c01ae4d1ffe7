/**
 * Snapshots of one running browser: what never changes is linked while it runs, then it stands still for as long as the
 * rest takes to copy, and runs on. One at a time; whoever ends the browser ends them first.
 */
import { type FreezeWatcher, longestFreeze } from '../engine/engine.ts';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { within } from '../system/deadline.ts';
import type { Disk } from '../system/disk.ts';
import { treeOf } from '../system/process-tree.ts';
import { isGone, type ProcessInfo } from '../system/processes.ts';
import { type FreezePorts, FrozenTree } from './freeze.ts';
import { type CopySummary, ProfileCopy } from './profile-copy.ts';
import { asSnapshotFailure, snapshotFailed } from './snapshot-failure.ts';

export interface LiveSnapshotOptions extends FreezePorts {
  readonly profile: string;
  readonly layout: ProfileLayout;
  readonly disk: Disk;
}

export interface SnapshotOrder {
  /** The browser's main process, a child of this process. */
  readonly browser: number;
  /** Missing or empty; the directory that holds it is there. */
  readonly target: string;
  readonly watcher: FreezeWatcher;
}

export interface SnapshotTaken extends CopySummary {
  /** Milliseconds. */
  readonly pause: number;
}

/** For the watcher to answer. One that is busy for longer would come too late as well. */
const answerDeadline = 2_000;
/** By this the copy is given up here before the watcher in the other process has to do it. */
const margin = 200;

export class LiveSnapshot {
  readonly #options: LiveSnapshotOptions;
  readonly #over = new AbortController();
  #busy = false;
  #thawed: Promise<void> = Promise.resolve();

  constructor(options: LiveSnapshotOptions) {
    this.#options = options;
  }

  /** Resolves when the browser does not stand still, or does so no more; never rejects. */
  get thawed(): Promise<void> {
    return this.#thawed;
  }

  /** Calls off what is under way, and resolves once nothing stands still. There is no snapshot afterwards. */
  async end(): Promise<void> {
    this.#over.abort(new Error('The browser is being ended.'));
    await this.#thawed;
  }

  /**
   * Throws `snapshot_failed`, or what the profile (`profile_damaged`) or the disk (`disk_full`) says; the browser runs
   * then as it did before.
   */
  async take(order: SnapshotOrder, signal: AbortSignal): Promise<SnapshotTaken> {
    if (this.#busy) throw snapshotFailed('Another snapshot of this browser is being taken.');
    this.#busy = true;
    const abandoned = new AbortController();
    const bound = AbortSignal.any([signal, this.#over.signal, abandoned.signal]);
    try {
      bound.throwIfAborted();
      return await this.#take(order, bound);
    } catch (error) {
      // A step that hangs may end at any time; nothing follows it.
      abandoned.abort(error);
      throw asSnapshotFailure(error);
    } finally {
      this.#busy = false;
    }
  }

  async #take({ browser, target, watcher }: SnapshotOrder, signal: AbortSignal): Promise<SnapshotTaken> {
    const { clock, profile, layout, disk, processes } = this.#options;
    const copy = new ProfileCopy({ profile, target, layout, disk, signal });
    await copy.prepare();
    const seen = await processes.list();
    const tree = this.#treeFrom(browser, seen);
    let pause: number;
    try {
      const names = tree.map(({ pid, startTime }) => ({ pid, startTime }));
      const watching = watcher.watch(names);
      await within(clock, answerDeadline, 'The answer of who watches the snapshot', watching, signal);
      pause = await this.#whileFrozen(tree, seen, () => copy.take(), signal);
    } finally {
      watcher.release();
    }
    return { ...(await copy.finish()), pause };
  }

  #treeFrom(browser: number, seen: readonly ProcessInfo[]): readonly ProcessInfo[] {
    const root = seen.find(({ pid }) => pid === browser) ?? null;
    // A number alone names nobody: it may be somebody else's by now, and is not as long as it is our child's.
    if (root === null || isGone(root) || root.parent !== this.#options.processes.self())
      throw snapshotFailed('The browser is not running.');
    return treeOf(seen, [root]);
  }

  /** Resolves with the milliseconds that the browser stood still. */
  async #whileFrozen(
    tree: readonly ProcessInfo[],
    seen: readonly ProcessInfo[],
    work: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<number> {
    const { clock } = this.#options;
    const thawed = Promise.withResolvers<void>();
    this.#thawed = thawed.promise;
    try {
      const frozen = await FrozenTree.freeze(tree, seen, this.#options, signal);
      try {
        const left = longestFreeze - margin - (clock.monotonic() - frozen.since);
        await within(clock, left, 'Copying the profile', work(), signal);
        if (!(await frozen.stands()))
          throw snapshotFailed('The browser ran on before its profile was copied.');
      } finally {
        await frozen.thaw();
      }
      return clock.monotonic() - frozen.since;
    } finally {
      thawed.resolve();
    }
  }
}
