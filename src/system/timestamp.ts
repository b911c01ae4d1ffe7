/** A moment as part of a file name: `20261122T164200Z`. Sorts by time; no character that a shell minds. */
export function compactUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
