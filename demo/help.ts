/** Carries out what the person beside the bare program decides. */
import type { BareSide } from './bare-side.ts';
import { listed, type Session, sessions } from './cast.ts';
import type { Tell } from './newspaper.ts';
import { type Act, decide } from './person.ts';
import type { Sight, WhatsApp } from './whatsapp.ts';

export interface HelpRequest {
  readonly bare: BareSide;
  readonly whatsapp: WhatsApp;
  readonly tell: Tell;
  /** Called before each act: what comes back from now on did not do so by itself. */
  readonly onAct: () => void;
}

export class Help {
  readonly #request: HelpRequest;
  readonly #qrs = new Map<Session, number>();
  #lastAct = 0;
  #isActing = false;
  person: 'away' | 'looking' | 'helping' = 'helping';

  constructor(request: HelpRequest) {
    this.#request = request;
  }

  /** @param lastFault when, by `performance.now()`; null before the first */
  look(sight: Sight, online: ReadonlySet<Session>, lastFault: number | null): void {
    const { bare } = this.#request;
    const now = performance.now();
    for (const session of sessions) {
      const qr = bare.qr(session);
      if (qr === null || !sight.isShown(qr)) this.#qrs.delete(session);
      else if (!this.#qrs.has(session)) {
        this.#qrs.set(session, now);
        this.#request.tell(`${session}: shows a QR`, 'asking', ['bare']);
      }
    }
    if (lastFault === null || this.#isActing || this.person === 'away') return;
    const act = decide({
      now,
      down: sessions.filter((session) => !online.has(session)),
      qrs: this.#qrs,
      lastFault,
      startedAt: bare.startedAt,
      ends: bare.ends,
      lastAct: this.#lastAct,
      hasStaleLock: bare.hasStaleLock,
      mayScan: this.person === 'helping',
    });
    if (act !== null) void this.#carryOut(act);
  }

  showsQr(session: Session): boolean {
    return this.#qrs.has(session);
  }

  async #carryOut(act: Act): Promise<void> {
    const { bare, whatsapp, tell, onAct } = this.#request;
    this.#isActing = true;
    onAct();
    bare.forgetEnds();
    if (act.is === 'scan') {
      tell(`a person scans the QR of ${listed(act.sessions)}`, 'bad', ['bare']);
      for (const session of act.sessions) {
        await whatsapp.scan('bare', session, bare.qr(session) ?? '');
        this.#qrs.delete(session);
      }
    } else if (act.is === 'remove_locks') {
      tell('a person removes the lock file', 'bad', ['bare']);
      bare.removeLocks();
    } else {
      tell('a person restarts the program', 'bad', ['bare']);
      await bare.restart();
    }
    this.#lastAct = performance.now();
    this.#isActing = false;
  }
}
