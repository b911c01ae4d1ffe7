import { diskError } from './disk-error.ts';
import { errnoOf, unlessAbsent } from './errno.ts';
import { openRegular } from './open-regular.ts';

/**
 * A small file of ours as a whole. Null when there is none; a problem, the rest of a sentence, where something lies there
 * that is no such file. Throws what a disk says that cannot be read; `step` names the look.
 */
export async function readText(
  path: string,
  largest: number,
  step: string,
): Promise<{ readonly text: string } | { readonly problem: string } | null> {
  try {
    const found = await unlessAbsent(openRegular(path));
    if (!found) return null;
    try {
      if (found.stats.size > largest) return { problem: `it has ${found.stats.size} bytes` };
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(await found.file.readFile()) };
    } finally {
      await found.file.close();
    }
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'it is not text' };
    const code = errnoOf(error);
    if (code === 'ELOOP') return { problem: 'it is a symbolic link' };
    if (code === 'EISDIR' || code === 'EINVAL') return { problem: 'it is not a file' };
    throw diskError(error, path, step);
  }
}
