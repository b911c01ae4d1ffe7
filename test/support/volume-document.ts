/** What volume-layout.md describes: each row of its table as paths. */

export interface DescribedPath {
  /** As it is written, every part of it: `vigil/sessions/<id>.json`. */
  readonly path: string;
  /** A directory of which everything below is described with it. */
  readonly whole: boolean;
  readonly fits: RegExp;
}

export interface Row {
  readonly paths: readonly DescribedPath[];
  /** What it is, who writes it, whether it may be deleted. */
  readonly says: readonly string[];
}

/**
 * Code in the first column is a path from the volume's root. Further ones in the same cell continue the first: an ending
 * (`-wal`, `.damaged-<time>`), or a name in the same directory. `<…>` is a part of a name, `*` and `**` are as in a shell.
 */
export function describedRows(text: string): readonly Row[] {
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => {
    const [first = '', ...says] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const spans = [...first.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '');
    // One that lies anywhere has no directory of its own.
    const anywhere = /\banywhere\b/.test(first);
    return { paths: spans.map((span) => described(resolved(spans[0] ?? '', span, anywhere))), says };
  });
}

function resolved(first: string, span: string, anywhere: boolean): string {
  if (anywhere) return `**/${span}`;
  if (span === first || span.slice(0, -1).includes('/')) return span;
  return /^[-.]/.test(span) ? `${first}${span}` : `${parentOf(first)}${span}`;
}

function parentOf(path: string): string {
  return path.replace(/[^/]+\/?$/, '');
}

function described(path: string): DescribedPath {
  const whole = path.endsWith('/');
  const source = path
    .replace(/\/$/, '')
    .split('/')
    .map((part) => (part === '**' ? '(?:[^/]+/)*' : `${nameOf(part)}/`))
    .join('')
    .replace(/\/$/, '');
  return { path, whole, fits: new RegExp(`^${source}${whole ? '(?:/|$)' : '$'}`) };
}

function nameOf(part: string): string {
  return part
    .split(/(<[^>]+>|\*)/)
    .map((piece) => (/^(?:<.*>|\*)$/.test(piece) ? '[^/]+' : piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
}

/** Whether a path of a volume is described: by itself, within a directory, or as a directory on the way to one. */
export function isDescribed(rows: readonly Row[], path: string, isDirectory: boolean): boolean {
  const all = rows.flatMap(({ paths }) => paths);
  if (all.some(({ fits }) => fits.test(path))) return true;
  return isDirectory && all.some((one) => leadsTo(path, one.path));
}

/** `vigil/vault` leads to `vigil/vault/sessions/<id>/`. */
function leadsTo(directory: string, path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '');
  const names = directory.split('/');
  return (
    names.length < parts.length &&
    names.every(
      (name, index) => new RegExp(`^${nameOf(parts[index] ?? '')}$`).test(name) && parts[index] !== '**',
    )
  );
}
