/**
 * The person who owns the daemon. A volume that has gone takes with it who the daemon was, and its vault says that it
 * belongs to somebody else: whether that one still runs is known to people alone, so one of them types one command. It
 * is counted as a person's act, as those beside the bare program are, and comes as late.
 */
import { type DaemonSide, recoverCommand } from './daemon-side.ts';
import type { Tell } from './newspaper.ts';
import { looksAfter } from './person.ts';

export interface OwnerRequest {
  readonly daemon: DaemonSide;
  readonly tell: Tell;
  /** Called before each act: what comes back from now on did not do so by itself. */
  readonly onAct: () => void;
}

export class Owner {
  readonly #request: OwnerRequest;
  #isActing = false;
  #isAsked = false;

  constructor(request: OwnerRequest) {
    this.#request = request;
  }

  /** @param lastFault when, by `performance.now()`; null before the first */
  look(lastFault: number | null): void {
    const { daemon, tell } = this.#request;
    if (lastFault === null || this.#isActing) return;
    if (daemon.asksForOwner && !this.#isAsked)
      tell('whose is the vault? the daemon asks', 'asking', ['vigil']);
    this.#isAsked = daemon.asksForOwner;
    if (this.#isAsked && performance.now() - lastFault >= looksAfter) void this.#recover();
  }

  async #recover(): Promise<void> {
    const { daemon, tell, onAct } = this.#request;
    this.#isActing = true;
    onAct();
    tell(`a person types vigil ${recoverCommand.join(' ')}`, 'bad', ['vigil']);
    if (!(await daemon.recover())) tell('it did not bring them back', 'bad', ['vigil']);
    this.#isActing = false;
  }
}
