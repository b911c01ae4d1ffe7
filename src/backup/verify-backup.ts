import { VigilError } from '../errors.ts';
import type { ProfileVerdict } from '../profile/verdict.ts';
import type { BackupManifest } from './manifest.ts';
import { openBackup } from './open-backup.ts';
import { closeStaging, openStaging } from './staging.ts';
import type { BackupTools, OnProgress } from './tools.ts';

/**
 * Fetches a backup and looks at everything in it, on the volume and without leaving anything there. A backup that
 * is damaged is a verdict; what prevents a look (the vault, the disk, a signal) throws.
 */
export async function verifyBackup(
  manifest: BackupManifest,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress?: OnProgress },
  tools: BackupTools,
): Promise<ProfileVerdict> {
  const place = await openStaging('verify', manifest.session, tools);
  try {
    // Whether the browser here could open it is not asked: it is the backup that is looked at.
    const options = { place, browser: null, signal, ...(progress && { progress }) };
    return (await openBackup(manifest, options, tools)).verdict;
  } catch (error) {
    if (error instanceof VigilError && (error.code === 'backup_damaged' || error.code === 'backup_not_found'))
      return { soundness: 'damaged', problem: error.message };
    throw error;
  } finally {
    await closeStaging(place, tools.disk);
  }
}
