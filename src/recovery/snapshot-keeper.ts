/**
 * Keeps the snapshot in the vault from falling behind: one with the history in it for each run of the backups' schedule,
 * also for one that came while no daemon ran, and one of the records alone a moment after something about them changed
 * that a recovery must not be behind in.
 */
import { toVigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Clock, Timer } from '../system/clock.ts';

export interface LastSnapshots {
  /** Of the newest; null when there is none. */
  readonly state: string | null;
  /** When the newest one with the history was taken, in milliseconds since the epoch; null when there is none. */
  readonly withRegistry: number | null;
}

export interface SnapshotKeeperPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the records as they are; null where there is none, of which nothing is to be said. */
  readonly digest: () => string | null;
  /** What this installation has in the vault. */
  readonly last: (signal: AbortSignal) => Promise<LastSnapshots>;
  /** Whether one with the history is due, by when there was one last. Milliseconds since the epoch. */
  readonly due: (withRegistry: number | null, now: number) => boolean;
  /** Resolves with the digest of what was put. */
  readonly take: (withRegistry: boolean, signal: AbortSignal) => Promise<string>;
}

/** A pairing, a stop and a setting in a row are one change. */
const gatherFor = 10_000;
const retryAfter = 10 * 60_000;
/** Between two looks whether one is due. */
const lookEvery = 10 * 60_000;

export class SnapshotKeeper {
  readonly #ports: SnapshotKeeperPorts;
  readonly #ending = new AbortController();
  #state: string | null = null;
  #asked = false;
  #withRegistry: number | null = null;
  #timer: Timer | null = null;
  /** The timer is not merely the one of the next look. */
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
    const { clock, digest, due, last, log, take } = this.#ports;
    const { signal } = this.#ending;
    if (signal.aborted) return;
    try {
      if (!this.#asked) {
        const { state, withRegistry } = await last(signal);
        this.#state = state;
        this.#withRegistry = withRegistry;
        this.#asked = true;
      }
      // A snapshot of nothing would be the newest, and hide those that a lost volume comes back from.
      if (digest() !== null) {
        const now = clock.now();
        const isDue = due(this.#withRegistry, now);
        if (isDue || digest() !== this.#state) {
          this.#state = await take(isDue, signal);
          if (isDue) this.#withRegistry = now;
        }
      }
      if (!this.#soon) this.#arm(lookEvery);
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
