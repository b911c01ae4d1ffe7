/** A line of the screen as data, before it becomes a terminal's or a picture's. */
export type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'busy' | 'asking' | 'bad';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

/** Every character that is drawn here takes one column. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

export function widthOf(line: Line): number {
  return [...textOf(line)].length;
}

/** Exactly so wide: cut, with an ellipsis, or filled with spaces. */
export function fitted(line: Line, width: number): Line {
  const over = widthOf(line) - width;
  if (over <= 0) return over === 0 ? line : [...line, span(' '.repeat(-over))];
  const kept: Span[] = [];
  let left = width - 1;
  for (const { text, tone } of line) {
    const characters = [...text].slice(0, left);
    if (characters.length > 0) kept.push({ text: characters.join(''), tone });
    left -= characters.length;
  }
  return width <= 0 ? [] : [...kept, span('…', kept.at(-1)?.tone ?? 'plain')];
}

/** Words in as many lines as they need. */
export function wrapped(text: string, width: number, tone: Tone = 'plain'): readonly Line[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => [span(line, tone)]);
}

export function plain(lines: readonly Line[]): string {
  return lines.map((line) => `${textOf(line).trimEnd()}\n`).join('');
}
