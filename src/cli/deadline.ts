import type { Clock } from '../system/clock.ts';

export interface Wait extends Disposable {
  /** Aborts at the deadline or at the interruption. */
  readonly signal: AbortSignal;
  /** What ended it first; null while nothing has. */
  readonly end: () => 'deadline' | 'interrupted' | null;
}

export function waitUntil(clock: Clock, ms: number | null, interrupted: AbortSignal): Wait {
  const deadline = new AbortController();
  const timer = ms === null ? null : clock.setTimer(ms, () => deadline.abort());
  return {
    signal: AbortSignal.any([deadline.signal, interrupted]),
    end: () => (interrupted.aborted ? 'interrupted' : deadline.signal.aborted ? 'deadline' : null),
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
