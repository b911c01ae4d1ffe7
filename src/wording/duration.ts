/** Durations as people write them (`45s`, `1h30m`); everything inside the program holds milliseconds. */

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const pattern = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds, or null when the text is no duration. A bare number is none: it does not say of what. */
export function parseDuration(text: string): number | null {
  const match = pattern.exec(text);
  if (text === '' || !match) return null;
  let total = 0;
  for (const [index, [, size]] of units.entries()) total += Number(match[index + 1] ?? 0) * size;
  return Number.isSafeInteger(total) ? total : null;
}

/** The shortest text that `parseDuration` reads back as the same number. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text || '0s';
}

/** Rounded down to two units, for sentences: `8 s`, `2 min 30 s`, `1 h 5 min`. */
export function roundDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(`${minutes} min`, seconds - minutes * 60, 's');
  return joined(`${Math.floor(minutes / 60)} h`, minutes % 60, 'min');
}

function joined(whole: string, rest: number, unit: string): string {
  return rest === 0 ? whole : `${whole} ${rest} ${unit}`;
}
