/**
 * What is going on meanwhile, on standard error so that standard output holds results only: on a terminal one line
 * that turns, elsewhere a line whenever something new is said.
 */
import type { Clock, Timer } from '../system/clock.ts';
import type { Terminal } from './context.ts';
import { clipped } from './screen.ts';

export interface Progress {
  say(text: string): void;
  /** Takes the line away; what is printed next begins on a clean one. May be called again. */
  end(): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameLasts = 80;
const clearLine = '\r\u001b[2K';

export const silent: Progress = { say() {}, end() {} };

export function spinner(terminal: Terminal, clock: Clock): Progress {
  return terminal.isTTY ? new Spinner(terminal, clock) : new PlainLines(terminal);
}

class Spinner implements Progress {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #text = '';
  #frame = 0;
  #timer: Timer | null = null;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  say(text: string): void {
    this.#text = text;
    this.#timer?.cancel();
    this.#turn();
  }

  end(): void {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    this.#terminal.write(clearLine);
  }

  #turn(): void {
    const frame = frames[this.#frame++ % frames.length] ?? '';
    this.#terminal.write(clearLine + clipped(`${frame} ${this.#text}`, this.#terminal.columns ?? 80));
    this.#timer = this.#clock.setTimer(frameLasts, () => this.#turn());
  }
}

class PlainLines implements Progress {
  readonly #terminal: Terminal;
  #last = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  say(text: string): void {
    if (text === this.#last) return;
    this.#last = text;
    this.#terminal.write(`${text}\n`);
  }

  end(): void {}
}
