import { foreignBackups, foreignWords } from '../backup/foreign-keys.ts';
import type { BackupTools } from '../backup/tools.ts';
import type { Logger } from '../log.ts';

/** Keys were changed, and backups of before need the old ones: said while nothing depends on it. Never rejects. */
export async function warnOfForeignKeys(
  { vault, encryption, log }: Pick<BackupTools, 'vault' | 'encryption'> & { readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const words of foreignWords(await foreignBackups(vault, encryption, signal))) log.warn({}, words);
  } catch (error) {
    // A vault that does not answer is told by whoever needs it.
    log.debug({ err: error }, 'Nobody could look at the keys of backups');
  }
}
