/** The terminal while the demo has it: a screen of its own, without a cursor, keys as they are typed. */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { ansiLine } from './ansi.ts';
import type { Line } from './line.ts';

export const enterScreen = '\u001b[?1049h\u001b[?25l\u001b[?7l';
export const leaveScreen = '\u001b[?7h\u001b[?25h\u001b[?1049l';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #coloured: boolean;
  readonly #typed: (text: string) => void;
  readonly #resized: () => void;
  #isOpen = false;
  #drawn = '';

  constructor(options: {
    readonly input: ReadStream;
    readonly output: WriteStream;
    readonly coloured: boolean;
    readonly onTyped: (text: string) => void;
    readonly onResize: () => void;
  }) {
    this.#input = options.input;
    this.#output = options.output;
    this.#coloured = options.coloured;
    this.#typed = options.onTyped;
    this.#resized = () => {
      this.#drawn = '';
      options.onResize();
    };
  }

  get size(): Size {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  open(): void {
    this.#isOpen = true;
    // Whatever ends the process, an error that nobody caught included.
    process.once('exit', this.close);
    this.#input.setRawMode(true);
    this.#input.setEncoding('utf8').on('data', this.#typed).resume();
    this.#output.on('resize', this.#resized);
    this.#output.write(enterScreen);
  }

  /** May be called again, and in the midst of the process's end: nothing here waits. */
  readonly close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.close);
    this.#output.off('resize', this.#resized);
    this.#input.off('data', this.#typed).pause();
    try {
      this.#input.setRawMode(false);
      writeSync(1, leaveScreen);
    } catch {
      // The terminal has gone away.
    }
  };

  /** No more lines than there are rows, each as wide as the terminal, so that nothing has to be erased. */
  draw(lines: readonly Line[]): void {
    if (!this.#isOpen) return;
    const text = lines.map((line) => ansiLine(line, this.#coloured)).join('\r\n');
    const below = lines.length < this.size.rows ? '\r\n\u001b[J' : '';
    const frame = `\u001b[H${text}${below}`;
    if (frame === this.#drawn) return;
    this.#drawn = frame;
    // In one piece, where the terminal knows how.
    this.#output.write(`\u001b[?2026h${frame}\u001b[?2026l`);
  }
}
