/**
 * Deadlines for code that shares our process, on a machine that may be overloaded: while this process wants the processor
 * and does not get it, nobody in it can hurry.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { DeadlineExceeded, within } from './deadline.ts';

/** Milliseconds for which the main thread of this process has waited for a processor since it was started. */
export type Starved = () => number;

/** Linux counts it, the time in which a container's share was used up included. Nothing where it does not. */
export const starved: Starved = () => {
  try {
    return parseRunDelay(readFileSync('/proc/self/schedstat', 'utf8'));
  } catch {
    return 0;
  }
};

/** The second number, in nanoseconds. */
export function parseRunDelay(text: string): number {
  const nanoseconds = Number(/^\d+ (\d+) \d+\s*$/.exec(text)?.[1] ?? 0);
  return nanoseconds / 1e6;
}

/** As `within`, with as much more time as the machine has kept from us meanwhile. */
export async function withinOwnTime<T>(
  { clock, starved }: { readonly clock: Clock; readonly starved: Starved },
  ms: number,
  what: string,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  // So that a failure of the work is never taken for the end of its time.
  const outcome = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  let before = starved();
  for (let left = ms; ; ) {
    const came = await within(clock, left, what, outcome, signal).catch((reason: unknown) => {
      if (!(reason instanceof DeadlineExceeded)) throw reason;
      return null;
    });
    if (came !== null) {
      if ('error' in came) throw came.error;
      return came.value;
    }
    const now = starved();
    left = now - before;
    before = now;
    // Less is what any process waits for; it gets shorter with each turn.
    if (left < 1) throw new DeadlineExceeded(what, ms);
  }
}
