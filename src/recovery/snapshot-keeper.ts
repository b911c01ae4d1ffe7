/**
 * Keeps the snapshot in the vault from falling behind: one a day with the history in it, and one of the records alone a
 * moment after something about them changed that a recovery must not be behind in.
 */
import { toVigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Clock, Timer } from '../system/clock.ts';

export interface SnapshotKeeperPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the records as they are; null where there is none, of which nothing is to be said. */
  readonly digest: () => string | null;
  /** Of the newest snapshot that this installation has in the vault; null when there is none. */
  readonly last: (signal: AbortSignal) => Promise<string | null>;
  /** Resolves with the digest of what was put. */
  readonly take: (withRegistry: boolean, signal: AbortSignal) => Promise<string>;
}

/** A pairing, a stop and a setting in a row are one change. */
const gatherFor = 10_000;
const retryAfter = 10 * 60_000;
const daily = 24 * 3_600_000;

export class SnapshotKeeper {
  readonly #ports: SnapshotKeeperPorts;
  readonly #ending = new AbortController();
  #state: string | null = null;
  #asked = false;
  #dueAt = 0;
  #timer: Timer | null = null;
  /** The timer is not merely the daily one. */
  #soon = false;
  #taking: Promise<void> | null = null;
  #started = false;

  constructor(ports: SnapshotKeeperPorts) {
    this.#ports = ports;
  }

  /** Before it nothing is taken: a command that changes one record leaves it to the daemon. */
  start(): void {
    this.#started = true;
    this.changed();
  }

  /** Something of a record may have changed; looked at a moment later. */
  changed(): void {
    if (this.#started && !this.#soon) this.#arm(gatherFor, true);
  }

  stop(): void {
    this.#started = false;
    this.#timer?.cancel();
    this.#ending.abort(new Error('The daemon is shutting down.'));
  }

  #arm(ms: number, soon = false): void {
    if (this.#ending.signal.aborted) return;
    this.#timer?.cancel();
    this.#soon = soon;
    this.#timer = this.#ports.clock.setTimer(ms, () => {
      this.#soon = false;
      this.#taking = (this.#taking ?? Promise.resolve()).then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    const { clock, digest, last, log, take } = this.#ports;
    const { signal } = this.#ending;
    if (signal.aborted) return;
    try {
      if (!this.#asked) {
        this.#state = await last(signal);
        this.#asked = true;
      }
      // A snapshot of nothing would be the newest, and hide those that a lost volume comes back from.
      if (digest() === null) {
        if (!this.#soon) this.#arm(daily);
        return;
      }
      const now = clock.monotonic();
      const isDue = now >= this.#dueAt;
      if (isDue || digest() !== this.#state) {
        this.#state = await take(isDue, signal);
        if (isDue) this.#dueAt = now + daily;
      }
      if (!this.#soon) this.#arm(Math.max(gatherFor, this.#dueAt - clock.monotonic()));
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toVigilError(thrown);
      // Whose the vault is has been said by whoever asked.
      if (error.code !== 'vault_owned')
        log.warn({ err: error }, 'No snapshot of the registry could be taken; it is tried again');
      if (!this.#soon) this.#arm(retryAfter, true);
    }
  }
}
