/**
 * Messages for one device, each from a stranger of its own: the library hands the whole chat to its host with every
 * change of an unread count, so that one chat of thousands of messages would measure that instead.
 */
import { systemClock } from '../../src/system/clock.ts';
import type { SimulatorControl } from '../../test/simulator/control.ts';

export interface Load {
  readonly perSecond: number;
  /** Of each message. */
  readonly bytes: number;
}

const tick = 100;
/** A machine that comes late catches up on no more than so many seconds of it. */
const arrears = 2;

let strangers = 0;

export class Traffic implements AsyncDisposable {
  readonly #control: SimulatorControl;
  readonly #device: string;
  readonly #load: Load;
  readonly #flowing: Promise<void>;
  #isOver = false;

  constructor(control: SimulatorControl, device: string, load: Load) {
    this.#control = control;
    this.#device = device;
    this.#load = load;
    this.#flowing = this.#flow();
    // Whoever disposes of it hears of it.
    this.#flowing.catch(() => {});
  }

  /** So many more, at once. */
  async burst(count: number): Promise<void> {
    const { bytes } = this.#load;
    const one = () => this.#control.deliver({ to: { device: this.#device }, from: stranger(), bytes });
    await Promise.all(Array.from({ length: count }, one));
  }

  /** Nothing more comes afterwards. Throws what the simulator answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#flowing;
  }

  async #flow(): Promise<void> {
    const { perSecond } = this.#load;
    let due = 0;
    for (let last = performance.now(); !this.#isOver; await systemClock.sleep(tick)) {
      const now = performance.now();
      due = Math.min(due + ((now - last) * perSecond) / 1_000, perSecond * arrears);
      last = now;
      const whole = Math.floor(due);
      due -= whole;
      await this.burst(whole);
    }
  }
}

function stranger(): string {
  return `1777${String(strangers++).padStart(7, '0')}@c.us`;
}
