/** The right to run a session, and its place among those that start: taken in this order, given back apart. */
import { VigilError } from '../errors.ts';
import type { Claim, Ownership } from '../ownership/ownership.ts';
import type { SessionId } from './id.ts';
import type { Admission } from './ports.ts';
import type { LossCause } from './state.ts';

export class Tenure {
  readonly #id: SessionId;
  readonly #ports: { readonly ownership: Ownership; readonly admission: Admission };
  readonly #lost: (reason: unknown) => void;
  #claim: Claim | null = null;
  #leaveAdmission: (() => void) | null = null;

  /** `lost` is called when the right is gone without having been given back. */
  constructor(
    id: SessionId,
    ports: { readonly ownership: Ownership; readonly admission: Admission },
    lost: (reason: unknown) => void,
  ) {
    this.#id = id;
    this.#ports = ports;
    this.#lost = lost;
  }

  /** Of the latest claim; 0 before the first. */
  get epoch(): number {
    return this.#claim?.epoch ?? 0;
  }

  /** Resolves with the epoch once both are held. Rejects when the signal aborts, and holds no place then. */
  async take(signal: AbortSignal): Promise<number> {
    const claim = this.#claim ?? (await this.#claimIt(signal));
    this.leave();
    const leave = await this.#ports.admission.enter(this.#id, signal);
    if (signal.aborted) leave();
    else this.#leaveAdmission = leave;
    return claim.epoch;
  }

  /** Gives the place among the starting ones back. */
  leave(): void {
    this.#leaveAdmission?.();
    this.#leaveAdmission = null;
  }

  /** Gives the right back. */
  release(): void {
    this.#claim?.release();
    this.#claim = null;
  }

  async #claimIt(signal: AbortSignal): Promise<Claim> {
    const claim = await this.#ports.ownership.claim(this.#id, signal);
    claim.signal.throwIfAborted();
    claim.signal.addEventListener('abort', () => this.#gone(claim), { once: true });
    this.#claim = claim;
    return claim;
  }

  #gone(claim: Claim): void {
    if (this.#claim !== claim) return;
    this.#claim = null;
    this.#lost(claim.signal.reason);
  }
}

/** Why the right was refused, or was lost. */
export function causeOfLoss(reason: unknown): LossCause {
  return reason instanceof VigilError && reason.code === 'vault_owned' ? 'vault_owned' : 'ownership';
}
