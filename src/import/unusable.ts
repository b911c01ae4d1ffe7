/** Why something cannot be imported, said of the source as the person knows it. */
import { VigilError } from '../errors.ts';
import { errnoOf } from '../system/errno.ts';

/** `problem` is the rest of a sentence that begins with the path. */
export function unusable(path: string, problem: string, remedy?: string, cause?: unknown): VigilError {
  return new VigilError('import_unusable', `${oneLine(path)} ${problem}.`, {
    subject: path,
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** What the system said of a source that cannot be read; anything else as it came. */
export function unreadable(error: unknown, path: string): unknown {
  const code = errnoOf(error);
  if (code === 'EACCES' || code === 'EPERM')
    return unusable(
      path,
      'may not be read by this user',
      'Run the command as its owner, or hand a copy of it to the user that the daemon runs as (chown).',
      error,
    );
  if (code === 'ENOENT' || code === 'ENOTDIR') return unusable(path, 'is not there');
  if (error instanceof VigilError || code === null) return error;
  return unusable(
    path,
    `cannot be read (${code})`,
    'Look at the disk that it lies on, and at the kernel log.',
  );
}

/** Of a name or a message that came from outside. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
