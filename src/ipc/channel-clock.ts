/** The part of a clock that a channel needs; deadlines are its only use of time. */
export interface ChannelClock {
  /** Milliseconds since an arbitrary moment; never goes back. */
  monotonic(): number;
  /** Calls `fn` once, `ms` milliseconds from now, unless cancelled. */
  setTimer(ms: number, fn: () => void): { cancel(): void };
}
