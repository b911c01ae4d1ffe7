import { VigilError } from '../errors.ts';
import { errnoOf } from '../system/errno.ts';

/** What the vault itself has said. */
const ofVaults = ['vault_unavailable', 'vault_refused', 'backup_not_found'];

/** What a disk said, in the words of the port: whether asking again can help, or only a person. */
export function unlessRefused(error: unknown, vault: string): unknown {
  if (error instanceof VigilError && ofVaults.includes(error.code)) return error;
  const code = errnoOf(error);
  if (code === null) return error;
  const options = { cause: error, subject: vault };
  const said = error instanceof VigilError ? error.message : `${code}: ${String(error)}`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new VigilError('disk_full', `The vault ${vault} has no space left. ${said}`, {
        ...options,
        remedy: 'Free space there, or name another vault with VIGIL_VAULT.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new VigilError(
        'vault_refused',
        `The vault ${vault} lets this user not read or write. ${said}`,
        options,
      );
    default:
      return new VigilError(
        'vault_unavailable',
        `The vault ${vault} cannot be used just now. ${said}`,
        options,
      );
  }
}
