/** What tells our processes apart on a machine full of others: arguments that we gave them. */
import type { SessionId } from '../session/id.ts';

/** Chromium ignores switches that it does not know; a host reads its own. */
export function volumeMarker(root: string): string {
  return `--vigil-volume=${root}`;
}

export function sessionMarker(id: SessionId): string {
  return `--vigil-session=${id}`;
}

/** Of a browser that opens a backup on its own, off every profile in place. */
export const drillMarker = '--vigil-drill';

export function markedVolumes(argv: readonly string[]): readonly string[] {
  return valuesOf(argv, '--vigil-volume=');
}

/**
 * The profiles that a browser's main process was given. Its children carry `--type=`; most of them show their
 * arguments as one long text besides, which is no argument of that form.
 */
export function userDataDirectories(argv: readonly string[]): readonly string[] {
  if (argv.some((argument) => argument.startsWith('--type='))) return [];
  const apart = argv.flatMap((argument, index) => {
    const next = argv[index + 1];
    return argument === '--user-data-dir' && next !== undefined ? [next] : [];
  });
  return [...valuesOf(argv, '--user-data-dir='), ...apart];
}

/**
 * The profile of a browser's child, which shows its arguments as one text or one by one; a path with ` --` in it is not
 * recognised.
 */
export function directoriesOfChild(argv: readonly string[]): readonly string[] {
  const text = argv.join(' ');
  if (!/(?:^| )--type=/.test(text)) return [];
  return [...text.matchAll(/(?:^| )--user-data-dir=(.+?)(?= --|$)/g)].flatMap(([, path]) => path ?? []);
}

function valuesOf(argv: readonly string[], prefix: string): readonly string[] {
  return argv
    .filter((argument) => argument.startsWith(prefix))
    .map((argument) => argument.slice(prefix.length));
}
