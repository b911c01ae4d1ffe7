/** Lines as a terminal is told them. */
import type { Line, Tone } from './line.ts';

const codes: Readonly<Record<Tone, number | null>> = {
  plain: null,
  bold: 1,
  dim: 90,
  good: 32,
  busy: 36,
  asking: 33,
  bad: 31,
};

export function ansiLine(line: Line, coloured: boolean): string {
  return line
    .map(({ text, tone }) => {
      const code = codes[tone];
      return coloured && code !== null ? `\u001b[${code}m${text}\u001b[0m` : text;
    })
    .join('');
}
