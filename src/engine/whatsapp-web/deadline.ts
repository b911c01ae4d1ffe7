/**
 * Bounds for what the library promises: nothing that leaves this process is awaited without a deadline and
 * a signal. The work itself goes on (nothing can stop a CDP call); its late failure is swallowed here, since
 * an unhandled rejection would end the host.
 */
import type { Clock } from '../../system/clock.ts';

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
