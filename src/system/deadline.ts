/**
 * Bounds for what others promise: nothing that leaves this process is awaited without a deadline and a signal.
 * The work itself may go on (nothing can stop a call into a browser); its late failure is swallowed here, since
 * nobody is left to handle it.
 */
import type { Clock } from './clock.ts';

export class DeadlineExceeded extends Error {
  readonly what: string;

  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`);
    this.name = 'DeadlineExceeded';
    this.what = what;
  }
}

export function within<T>(
  clock: Clock,
  ms: number,
  what: string,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimer(ms, () => done(() => reject(new DeadlineExceeded(what, ms))));
    const abort = () => done(() => reject(signal?.reason));
    const done = (settle: () => void) => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      settle();
    };
    work.then(
      (value) => done(() => resolve(value)),
      (error: unknown) => done(() => reject(error)),
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

export interface Alarm {
  /** Aborts after the time, with a `DeadlineExceeded`. */
  readonly signal: AbortSignal;
  cancel(): void;
}

/** A signal for work that heeds one. */
export function alarm(clock: Clock, ms: number, what: string): Alarm {
  const controller = new AbortController();
  const timer = clock.setTimer(ms, () => controller.abort(new DeadlineExceeded(what, ms)));
  return { signal: controller.signal, cancel: () => timer.cancel() };
}
