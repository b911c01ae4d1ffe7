/** Follows one linked device through the socket's states and the library's events, each said only once. */
import type { Clock, Timer } from '../../system/clock.ts';
import type { Account } from '../engine.ts';
import type { Life } from './life.ts';
import { socketStateOf, socketVerdict } from './socket-verdict.ts';

/** For the farewell of a real logout to arrive, which tells it from a page that has merely lost itself. */
const farewellMs = 2_000;

export class DeviceWatch {
  readonly #life: Life;
  readonly #clock: Clock;
  /** This engine has seen the device linked, so UNPAIRED is not where pairing begins. */
  #linked = false;
  #authenticated = false;
  #socket: string | null = null;
  #doubt: Timer | null = null;

  constructor(life: Life, clock: Clock) {
    this.#life = life;
    this.#clock = clock;
  }

  /** A state seen by level or told by event; ends the engine if that is what it means. */
  socketSeen(state: string): void {
    if (state !== this.#socket) this.#life.say({ type: 'socket', state: socketStateOf(state) });
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

  /** True when the state settles it, now or once a doubt has been waited out. */
  #judge(state: string): boolean {
    const verdict = socketVerdict(state, this.#linked);
    if (verdict.kind === 'unpaired') this.#doubtLogin(state);
    else if (verdict.kind === 'alive') this.#believe();
    if (verdict.kind === 'gone')
      this.#life.gone(verdict.cause, `WhatsApp's socket is in the state ${state}.`);
    return verdict.kind === 'unpaired' || verdict.kind === 'gone';
  }

  /**
   * A state is no logout: only WhatsApp's farewell is, and a login that is declared dead is not tried again.
   * Another start of the browser shows whether it still works.
   */
  #doubtLogin(state: string): void {
    this.#doubt ??= this.#clock.setTimer(farewellMs, () =>
      this.#life.gone('refused', `WhatsApp's socket says ${state}, though the device was linked.`),
    );
  }

  #believe(): void {
    this.#doubt?.cancel();
    this.#doubt = null;
  }
}
