/**
 * The volume's lock: whoever works on the volume holds it, daemon and command alike, since two of them would
 * run two browsers on one profile. A second one waits, naming the first, and then refuses.
 */
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { tryKernelLock } from './kernel-lock.ts';
import type { VolumeLayout } from './layout.ts';
import { describeHolder, type LockHolder, readHolder, removeHolder, writeHolder } from './lock-holder.ts';

/** An attempt costs a fraction of a millisecond; a redeployment should not wait longer than it must. */
const attemptEvery = 200;

export interface AcquireOptions {
  /** Milliseconds; 0 tries once. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly signal: AbortSignal;
  /** What this process is called in the messages of others. */
  readonly describe: Omit<LockHolder, 'startedAt'>;
  /** Called when it begins to wait, and again when somebody else holds it. */
  readonly onWait?: (holder: LockHolder | null) => void;
}

export interface VolumeLock {
  /** May be called repeatedly. */
  release(): Promise<void>;
}

/** Throws `volume_busy` after the wait, and the signal's reason when it aborts. */
export async function acquireVolumeLock(layout: VolumeLayout, options: AcquireOptions): Promise<VolumeLock> {
  const { clock, disk, signal, waitMs } = options;
  const deadline = clock.monotonic() + waitMs;
  let named: string | null = null;
  for (;;) {
    signal.throwIfAborted();
    const lock = tryKernelLock(layout.lock);
    if (lock) {
      const startedAt = new Date(clock.now()).toISOString();
      await writeHolder(layout, disk, { ...options.describe, startedAt });
      let release: Promise<void> | null = null;
      return {
        release() {
          // The name goes first: after the lock it may be the next holder's.
          release ??= removeHolder(layout, disk).then(() => lock.release());
          return release;
        },
      };
    }
    const holder = await readHolder(layout);
    const left = deadline - clock.monotonic();
    if (left <= 0) throw busy(layout, holder, waitMs);
    if (named !== describeHolder(holder)) options.onWait?.(holder);
    named = describeHolder(holder);
    await clock.sleep(Math.min(attemptEvery, left), signal);
  }
}

function busy(layout: VolumeLayout, holder: LockHolder | null, waitMs: number): VigilError {
  const waited = waitMs > 0 ? ` It was waited for ${waitMs / 1_000} s.` : '';
  return new VigilError(
    'volume_busy',
    `The volume ${layout.root} is held by ${describeHolder(holder)}.${waited}`,
    {
      subject: layout.root,
      details: { holder },
    },
  );
}
