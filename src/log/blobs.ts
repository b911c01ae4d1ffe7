/**
 * Key material in running text: base64 or hexadecimal of 24 characters or more. Paths, identifiers and session
 * ids are made of the same characters, so that length alone does not do; random text changes between capitals,
 * small letters and digits all the time, and words do not.
 */
const window = 24;
const run = /[A-Za-z0-9+/_-]{24,}={0,2}/g;

export function maskBlobs(text: string): string {
  return text.replace(run, (found) => (found.endsWith('=') ? '[blob]' : maskRandom(found)));
}

function maskRandom(text: string): string {
  const isRandom = randomWindows(text);
  let masked = '';
  let kept = 0;
  for (let at = 0; at + window <= text.length; at++) {
    if (!isRandom(at)) continue;
    let last = at;
    while (last + 1 + window <= text.length && isRandom(last + 1)) last++;
    // The first window may begin in the words before the blob and the last one ends within it: the blob is
    // what lies between, up to the separators around.
    const start = wordStart(text, at + window / 2, kept);
    const end = wordEnd(text, last + window);
    masked += `${text.slice(kept, start)}[blob]`;
    kept = end;
    at = end - 1;
  }
  return masked + text.slice(kept);
}

/** Answers for every position whether the window that begins there looks random; sums make each answer cheap. */
function randomWindows(text: string): (at: number) => boolean {
  const changes = new Uint32Array(text.length + 1);
  const digits = new Uint32Array(text.length + 1);
  const notHex = new Uint32Array(text.length + 1);
  let previous = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const kind = kindOf(character);
    const changed = kind !== '' && previous !== '' && kind !== previous;
    changes[at + 1] = (changes[at] ?? 0) + (changed ? 1 : 0);
    digits[at + 1] = (digits[at] ?? 0) + (kind === 'digit' ? 1 : 0);
    notHex[at + 1] = (notHex[at] ?? 0) + (/[0-9a-fA-F]/.test(character) ? 0 : 1);
    previous = kind;
  }
  const between = (sums: Uint32Array, from: number, to: number) => (sums[to] ?? 0) - (sums[from] ?? 0);
  return (at) => {
    const end = at + window;
    const changed = between(changes, at + 1, end);
    if (between(digits, at, end) === 0) return changed >= 13;
    return changed >= (between(notHex, at, end) === 0 ? 4 : 8);
  };
}

function wordStart(text: string, at: number, lowest: number): number {
  let start = at;
  while (start > lowest && kindOf(text.charAt(start - 1)) !== '') start--;
  return start;
}

function wordEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && kindOf(text.charAt(end)) !== '') end++;
  return end;
}

function kindOf(character: string): '' | 'digit' | 'capital' | 'small' {
  if (character >= '0' && character <= '9') return 'digit';
  if (character >= 'A' && character <= 'Z') return 'capital';
  if (character >= 'a' && character <= 'z') return 'small';
  return '';
}
