/** Follows one linked device through the socket's states and the library's events, each said only once. */
import type { Account } from '../engine.ts';
import type { Life } from './life.ts';
import { socketVerdict } from './socket-verdict.ts';

export class DeviceWatch {
  readonly #life: Life;
  /** This engine has seen the device linked, so UNPAIRED means that it no longer is. */
  #linked = false;
  #authenticated = false;
  #socket: string | null = null;

  constructor(life: Life) {
    this.#life = life;
  }

  /** A state seen by level or told by event; ends the engine if that is what it means. */
  socketSeen(state: string): void {
    if (state !== this.#socket) this.#life.say({ type: 'socket', state });
    this.#socket = state;
    this.#judge(state);
  }

  /** The library ended it, for a reason that mostly is a state of the socket. */
  disconnected(reason: string): void {
    if (reason === 'LOGOUT') this.#life.loggedOut();
    else if (!this.#judge(reason)) this.#life.gone('refused', `The library ended it: ${reason}`);
  }

  authenticated(): void {
    this.#linked = true;
    if (!this.#authenticated) this.#life.say({ type: 'authenticated' });
    this.#authenticated = true;
  }

  ready(account: Account, webVersion: string | null): void {
    this.authenticated();
    this.#life.say({ type: 'ready', account, webVersion });
  }

  /** Another document: the library authenticates anew. */
  navigated(): void {
    this.#authenticated = false;
    this.#life.say({ type: 'navigating' });
  }

  #judge(state: string): boolean {
    const verdict = socketVerdict(state, this.#linked);
    if (verdict.kind === 'logged_out') this.#life.loggedOut();
    if (verdict.kind === 'gone')
      this.#life.gone(verdict.cause, `WhatsApp's socket is in the state ${state}.`);
    return verdict.kind === 'logged_out' || verdict.kind === 'gone';
  }
}
