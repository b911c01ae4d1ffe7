/**
 * Paths of files within a profile, as a manifest and an archive name them: relative, with `/`, and nothing in them
 * that leads elsewhere or breaks a line.
 */
const longestPath = 1_024;
const longestPart = 255;
/** Parts of a path, the file's own name included. */
export const deepest = 32;

export function isProfilePath(text: unknown): text is string {
  if (typeof text !== 'string' || !text.isWellFormed() || /\p{Cc}/u.test(text)) return false;
  if (Buffer.byteLength(text) > longestPath) return false;
  const parts = text.split('/');
  return (
    parts.length <= deepest &&
    parts.every((part) => !['', '.', '..'].includes(part) && Buffer.byteLength(part) <= longestPart)
  );
}

/** The directory itself, or something in it. */
export function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** For a message: a name that came from outside, on one line and not endless. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
