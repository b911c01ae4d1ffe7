/** A block of lines that is drawn again in its place, where the terminal can. */
import type { Terminal } from './context.ts';
import { columnsOf } from './printable.ts';

/** The text in one line of the terminal; a longer one would wrap and be counted wrongly. */
export function clipped(text: string, columns: number): string {
  if (columnsOf(text) < columns) return text;
  let short = '';
  for (const character of text) {
    if (columnsOf(short + character) > columns - 2) break;
    short += character;
  }
  return `${short}…`;
}

/** The text in lines that fit into the terminal; a word that is too long for one is cut. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && columnsOf(longer) < columns) lines[lines.length - 1] = longer;
    else lines.push(clipped(word, columns));
  }
  return lines;
}

export class Screen {
  readonly #terminal: Terminal;
  #lines = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Every line must fit into the terminal's width. */
  draw(lines: readonly string[]): void {
    const { isTTY, rows = 24 } = this.#terminal;
    // What has scrolled out at the top cannot be reached any more: then the block is drawn anew below.
    const back =
      isTTY === true && this.#lines > 0 && this.#lines < rows ? `\u001b[${this.#lines}A\u001b[0J` : '';
    this.#terminal.write(`${back}${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }
}
