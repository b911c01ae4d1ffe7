/** Sizes as people write them: `100m` is 100 × 1024 × 1024 bytes, a bare number is bytes. */

const units = [
  ['t', 1024 ** 4],
  ['g', 1024 ** 3],
  ['m', 1024 ** 2],
  ['k', 1024],
] as const;

const pattern = /^(\d+)([kmgt]?)$/;

/** Bytes, or null when the text is no size. */
export function parseBytes(text: string): number | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const size = units.find(([unit]) => unit === match[2])?.[1] ?? 1;
  const bytes = Number(match[1]) * size;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Exactly: the text that `parseBytes` reads back as the same number. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of units) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

/** Rounded, for sentences: `1.5 GB`, `312 MB`. */
export function roundBytes(bytes: number): string {
  for (const [unit, size] of units) {
    if (bytes >= size) {
      const count = bytes / size;
      return `${count >= 10 ? Math.round(count) : Math.round(count * 10) / 10} ${unit.toUpperCase()}B`;
    }
  }
  return `${bytes} bytes`;
}
