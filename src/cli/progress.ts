/**
 * What is going on meanwhile, on standard error so that standard output holds results only: on a terminal one line
 * that turns, elsewhere a line whenever something new is said.
 */
import type { Clock, Timer } from '../system/clock.ts';
import type { Terminal } from './context.ts';
import { type Amount, Pace } from './pace.ts';
import { gauge } from './progress-bar.ts';
import { clipped } from './screen.ts';

export interface Progress {
  /** The amount is shown beside it on a terminal only. */
  say(text: string, amount?: Amount | null): void;
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
  #amount: Amount | null = null;
  readonly #pace = new Pace();
  #frame = 0;
  #timer: Timer | null = null;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  say(text: string, amount: Amount | null = null): void {
    const isNews = text !== this.#text || this.#timer === null;
    // Another step has a pace of its own.
    if (isNews) this.#pace.forget();
    this.#text = text;
    this.#amount = amount;
    if (amount !== null) this.#pace.note(this.#clock.monotonic(), amount.done);
    // An amount changes often; the next frame shows it.
    if (!isNews) return;
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
    const line = clipped(`${frame} ${this.#text}${this.#shown()}`, this.#terminal.columns || 80);
    this.#terminal.write(clearLine + line);
    this.#timer = this.#clock.setTimer(frameLasts, () => this.#turn());
  }

  #shown(): string {
    const amount = this.#amount;
    if (amount === null) return '';
    const pace = this.#pace.words(this.#clock.monotonic(), amount);
    return `  ${gauge(amount.done, amount.total, amount.format)}${pace === '' ? '' : `, ${pace}`}`;
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
