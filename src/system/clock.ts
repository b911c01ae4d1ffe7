/**
 * Time, injected. Wall time is for what people read and for schedules; monotonic time is for every deadline,
 * since the wall clock jumps. Nothing outside `system/` and `main.ts` asks the runtime for the time or for a
 * timer (test/unit/architecture.test.ts).
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment in the past; never goes back. */
  monotonic(): number;
  /** Calls `fire` once after `ms`. Does not keep the process alive by itself. */
  setTimer(ms: number, fire: () => void): Timer;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(ms, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, ms), longestTimer));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      // Kept referenced: whoever sleeps is awaited by someone, and the process must live to answer them.
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        Math.min(Math.max(0, ms), longestTimer),
      );
      signal?.addEventListener('abort', abort, { once: true });
    });
  },
};
