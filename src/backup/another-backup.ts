/**
 * Whether what lies under a backup's names is another's: a vault may take capitals and small letters for the same, a person
 * may have copied one session's backups into the place of another, and a later version may have made one that only it
 * understands. None of these is removed for what it is called.
 */
import { VigilError } from '../errors.ts';
import { manifestName } from './backup-names.ts';
import type { BackupRef } from './catalogue.ts';
import { largestManifest, parseManifest } from './manifest-format.ts';
import type { Vault } from './vault.ts';
import { readText } from './vault-files.ts';

/** By its manifest; one that is damaged says nothing, and is ours. `unknown`: nobody here can read or understand it. */
export async function whose(
  { session, id }: BackupRef,
  vault: Vault,
  signal: AbortSignal,
): Promise<'ours' | 'another' | 'unknown'> {
  try {
    const text = await readText(vault, manifestName(session, id), largestManifest, signal);
    const parsed = parseManifest(text ?? '');
    if ('problem' in parsed) return parsed.kind === 'newer' ? 'unknown' : 'ours';
    return parsed.manifest.session === session && parsed.manifest.id === id ? 'ours' : 'another';
  } catch (error) {
    if (error instanceof VigilError && error.code === 'backup_not_found') return 'ours';
    if (error instanceof VigilError && error.code === 'vault_refused') return 'unknown';
    throw error;
  }
}
