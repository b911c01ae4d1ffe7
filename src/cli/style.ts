/** Colours, where they are wanted: on a terminal, unless NO_COLOR or a dumb one says otherwise. */
import type { Tone } from '../wording/words.ts';
import type { Terminal } from './context.ts';

export interface Style {
  tone(tone: Tone, text: string): string;
  bold(text: string): string;
  dim(text: string): string;
}

const codes = { good: 32, busy: 36, asking: 33, idle: 90, bad: 31 } as const satisfies Record<Tone, number>;

export function styleFor(terminal: Terminal, env: Readonly<Record<string, string | undefined>>): Style {
  const coloured = terminal.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const paint = (code: number, text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    tone: (tone, text) => paint(codes[tone], text),
    bold: (text) => paint(1, text),
    dim: (text) => paint(2, text),
  };
}
