/**
 * What to do when WhatsApp's QRs have run out (UNPAIRED_IDLE): ask for new ones, a few times, then say that
 * pairing is idle. Nothing else would ever bring a QR back.
 */
export type IdleAction = 'nothing' | 'refresh' | 'report';

const tries = 3;
const betweenMs = 5_000;

export class PairingIdle {
  #tried = 0;
  #latest = 0;
  #reported = false;

  weigh(state: string | null, now: number): IdleAction {
    if (state !== 'UNPAIRED_IDLE') {
      this.#tried = 0;
      this.#reported = false;
      return 'nothing';
    }
    if (this.#tried > 0 && now - this.#latest < betweenMs) return 'nothing';
    if (this.#tried >= tries) {
      if (this.#reported) return 'nothing';
      this.#reported = true;
      return 'report';
    }
    this.#tried += 1;
    this.#latest = now;
    return 'refresh';
  }
}
