/** The phones, which scan what each side shows for the first time. Whatever is shown later waits for a person. */
import { bySide, type Session, type Side, sessions } from './cast.ts';
import type { Stage } from './stage.ts';

export class FirstScans {
  readonly #stage: Stage;
  readonly #done: Record<Side, Set<Session>> = bySide(() => new Set());
  #isScanning = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  look(): void {
    if (this.#isScanning || this.#done.vigil.size + this.#done.bare.size === 2 * sessions.length) return;
    this.#isScanning = true;
    void this.#scan().finally(() => {
      this.#isScanning = false;
    });
  }

  async #scan(): Promise<void> {
    const { daemon, bare, whatsapp } = this.#stage;
    const shown = async (side: Side, session: Session): Promise<string | null> => {
      if (side === 'bare') return bare.qr(session);
      return daemon.session(session)?.status === 'qr_ready' ? daemon.qr(session) : null;
    };
    for (const session of sessions) {
      for (const side of ['vigil', 'bare'] as const) {
        if (this.#done[side].has(session)) continue;
        const qr = await shown(side, session);
        if (qr !== null && (await whatsapp.scan(side, session, qr))) this.#done[side].add(session);
      }
    }
  }
}
