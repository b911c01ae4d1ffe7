/** The demo with a person at the keys. */
import { type Session, sessions } from './cast.ts';
import type { FaultName } from './faults.ts';
import type { Command } from './keys.ts';
import type { Show } from './show.ts';

const keys = '[k]ill [l]ock [d]amage [h]ang [f]inale [q]uit · [1-3] ';

export class Play {
  readonly #show: Show;
  #chosen: Session = sessions[0];
  #isOpen = false;
  #isHitting = false;
  #notice: string | null = null;

  constructor(show: Show) {
    this.#show = show;
    this.#say();
  }

  /** From now on faults are taken. */
  open(): void {
    this.#isOpen = true;
    this.#say();
  }

  /** Everything but `quit`. */
  take(command: Command): void {
    if (command.is === 'choose') {
      this.#chosen = command.session;
      this.#notice = null;
    } else if (command.is === 'fault' && this.#isOpen && !this.#isHitting) void this.#hit(command.fault);
    this.#say();
  }

  async #hit(fault: FaultName): Promise<void> {
    this.#isHitting = true;
    const session = this.#chosen;
    const isDone = await this.#show.hit(fault, session);
    this.#isHitting = false;
    if (!isDone) {
      this.#notice = fault === 'finale' ? 'not all are back yet' : `${session} is not back yet`;
    } else {
      this.#notice = null;
      // The same again would have to wait for a moment: whoever only types k sees something each time.
      if (fault !== 'finale') this.#chosen = next(session);
    }
    this.#say();
  }

  #say(): void {
    this.#show.footer = this.#isOpen
      ? `${keys}${this.#chosen}${this.#notice === null ? '' : ` · ${this.#notice}`}`
      : 'The sessions pair by themselves; keys in a moment. [q]uit';
  }
}

function next(session: Session): Session {
  return sessions[(sessions.indexOf(session) + 1) % sessions.length] ?? session;
}
