/** What starts at boot: each session is begun once, and the pass is over when all of them have come somewhere. */
import type { SessionId } from '../session/id.ts';
import { backupAskedFor } from '../session/record.ts';
import type { Session } from '../session/session.ts';

/** States that a session passes through on its way up; the pass waits until it has left them. */
export const undecided: ReadonlySet<string> = new Set(['claiming', 'preparing', 'launching', 'syncing']);

export class BootPass {
  readonly #undecided = new Set<SessionId>();
  #begun = false;

  /** Starts those that are wanted and not failed, and ends what an earlier run left of the others. */
  begin(sessions: Iterable<Session>): void {
    this.#begun = true;
    for (const session of sessions) this.#one(session);
  }

  /** True once every session that was to be started has come somewhere: online, a QR, a rest, a failure. */
  get isOver(): boolean {
    return this.#begun && this.#undecided.size === 0;
  }

  #one(session: Session): void {
    if (session.record.wanted !== 'online' || session.record.failure !== null) {
      const backup = backupAskedFor(session.record);
      // It may stay stopped, and was promised another profile all the same.
      if (backup !== null) session.post({ type: 'restore', backup });
      else void session.sweep();
      return;
    }
    this.#undecided.add(session.id);
    const unsubscribe = session.onNotice(() => {
      if (undecided.has(session.state.name) || session.state.name === 'stopping') return;
      unsubscribe();
      this.#undecided.delete(session.id);
    });
    session.post({ type: 'start' });
  }
}
