/**
 * TypeScript as a text in which comments, and on demand strings, are blank: enough to look for imports and names
 * without a compiler. Lines and columns stay where they were.
 */
export interface Blanked {
  readonly withoutComments: string;
  /** Without comments, strings and regular expressions. */
  readonly code: string;
}

/** A slash after one of these begins a regular expression, elsewhere it divides. */
const beforeRegExp = /(?:[([{,;:=!&|?+\-*%<>~^]|\b(?:return|case|typeof|yield|await|of|in))\s*$/;

export function blanked(text: string): Blanked {
  const comments = [...text];
  const strings = [...text];
  const blank = (characters: string[], from: number, to: number) => {
    for (let index = from; index < to; index++) if (characters[index] !== '\n') characters[index] = ' ';
  };
  /** Depth of braces at which each open `${` ends. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    const two = text.slice(at, at + 2);
    const start = at;
    if (two === '//' || two === '/*') {
      const end = two === '//' ? text.indexOf('\n', at) : text.indexOf('*/', at) + 2;
      at = end < start ? text.length : end;
      blank(comments, start, at);
      blank(strings, start, at);
    } else if (character === "'" || character === '"') {
      at = endOf(text, at + 1, character);
      blank(strings, start + 1, at - 1);
    } else if (character === '`' || (character === '}' && templates.at(-1) === depth)) {
      if (character === '}') templates.pop();
      at = endOfTemplate(text, at + 1);
      blank(strings, start + 1, at - 1);
      if (text[at - 1] === '{') templates.push(depth);
    } else if (character === '/' && beforeRegExp.test(text.slice(Math.max(0, at - 12), at))) {
      at = endOfRegExp(text, at + 1);
      blank(strings, start + 1, at - 1);
    } else {
      if (character === '{') depth++;
      if (character === '}') depth--;
      at++;
    }
  }
  return { withoutComments: comments.join(''), code: strings.join('') };
}

function endOf(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote || text[at] === '\n') return at + 1;
  }
  return text.length;
}

/** Behind the closing backtick, or behind the next `${`. */
function endOfTemplate(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return at + 1;
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2;
  }
  return text.length;
}

function endOfRegExp(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '/' && !inClass) return at + 1;
  }
  return from;
}
