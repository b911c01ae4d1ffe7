/**
 * Says every hour that the vault is still ours, and asks again where it is not. A vault that does not answer is asked more
 * often, and how long nothing could be said is told: after a day it is whoever's asks for it.
 */
import { toVigilError, VigilError } from '../errors.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { renewEvery, silentFor } from './rivals.ts';

export interface Silence {
  /** Of the last record that is known to have been put, else of the start; milliseconds since the epoch. */
  readonly since: number;
  /** False where none was put since the start: the vault may be another's already. */
  readonly confirmed: boolean;
  /** Milliseconds since then, by whichever clock says more: one stands still while the machine sleeps, one is set back. */
  readonly lasted: number;
}

export interface RenewalPorts {
  readonly clock: Clock;
  /** Throws `vault_owned`, and what the vault throws. */
  readonly renew: (signal: AbortSignal) => Promise<void>;
  /** Null once it is known again whose the vault is. */
  readonly onSilence?: ((silence: Silence | null) => void) | undefined;
}

const hour = 3_600_000;
/** Milliseconds until a vault that did not answer is asked again. */
export const askAgain = 5 * 60_000;
/** When a silence is told, and told again: at first, and above all at the end. */
const told = [1, 6, 12, 18, 23, 24].map((hours) => hours * hour);

interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export class Renewal {
  readonly #ports: RenewalPorts;
  readonly #ended = new AbortController();
  #from: Moment;
  #confirmed = false;
  #silentUpTo = 0;
  #timer: Timer | null = null;
  #started = false;

  constructor(ports: RenewalPorts) {
    this.#ports = ports;
    this.#from = this.#moment();
  }

  /** Until `stop`. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#from = this.#confirmed ? this.#from : this.#moment();
    this.#again(renewEvery);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#ended.abort(new VigilError('daemon_unavailable', 'The daemon is shutting down.'));
  }

  /** A record of ours was put, and nobody else has the vault. */
  confirmed(): void {
    this.#confirmed = true;
    this.#known();
  }

  #known(): void {
    this.#from = this.#moment();
    if (this.#silentUpTo > 0) this.#ports.onSilence?.(null);
    this.#silentUpTo = 0;
  }

  #again(ms: number): void {
    this.#timer = this.#ports.clock.setTimer(ms, () => void this.#once());
  }

  async #once(): Promise<void> {
    const { signal } = this.#ended;
    const error = await this.#ports.renew(signal).then(() => null, toVigilError);
    if (signal.aborted) return;
    // It was told to whoever listens; what it came to is known.
    if (error?.code === 'vault_owned') this.#known();
    else if (error) this.#tell();
    this.#again(error && error.code !== 'vault_owned' ? askAgain : renewEvery);
  }

  #tell(): void {
    const { wall, monotonic } = this.#moment();
    const lasted = Math.max(wall - this.#from.wall, monotonic - this.#from.monotonic);
    const upTo = told.filter((mark) => lasted >= mark).length;
    if (upTo <= this.#silentUpTo) return;
    this.#silentUpTo = upTo;
    this.#ports.onSilence?.({ since: this.#from.wall, confirmed: this.#confirmed, lasted });
  }

  #moment(): Moment {
    const { clock } = this.#ports;
    return { wall: clock.now(), monotonic: clock.monotonic() };
  }
}

/** Milliseconds until whoever asks for the vault has it; 0 when they have. */
export function leftOf({ lasted }: Silence): number {
  return Math.max(0, silentFor - lasted);
}
