/**
 * Ownership of sessions that somebody else may run at the moment. While it is known of one, it is not to be had, and whoever
 * has it loses it; the browsers close cleanly, since the other one's may have run for an hour by then.
 */
import type { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { Claim, Ownership } from './ownership.ts';

/** Why a session is not to be run here; null when it may be. */
export type Withholding = (session: SessionId) => VigilError | null;

export class WithheldOwnership implements Ownership {
  readonly #ownership: Ownership;
  readonly #lose = new Map<Claim, (why: Withholding) => void>();
  #why: Withholding = () => null;

  constructor(ownership: Ownership) {
    this.#ownership = ownership;
  }

  /** From now on. */
  withhold(why: Withholding): void {
    this.#why = why;
    for (const lose of [...this.#lose.values()]) lose(why);
  }

  async claim(session: SessionId, signal: AbortSignal): Promise<Claim> {
    this.#require(session);
    const claim = await this.#ownership.claim(session, signal);
    try {
      this.#require(session);
    } catch (error) {
      claim.release();
      throw error;
    }
    const lost = new AbortController();
    const release = () => {
      this.#lose.delete(claim);
      claim.release();
    };
    this.#lose.set(claim, (why) => {
      const reason = why(session);
      if (reason === null) return;
      lost.abort(reason);
      release();
    });
    return { epoch: claim.epoch, signal: AbortSignal.any([claim.signal, lost.signal]), release };
  }

  #require(session: SessionId): void {
    const reason = this.#why(session);
    if (reason) throw reason;
  }
}
