import { subjectOf } from '../backup/catalogue.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { openBackup } from '../backup/open-backup.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import type { OnProgress } from '../backup/tools.ts';
import { damaged } from '../backup/unpack.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { RestoreTools } from './tools.ts';

export interface StagedBackup {
  readonly manifest: BackupManifest;
  /** A directory in staging; the profile is `profile` in it. Whoever does not swap it in removes it. */
  readonly place: string;
  readonly evidence: LoginEvidence;
  /** What was tolerated, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * A backup on the volume, verified as deeply as it can be. Touches no profile. Throws `backup_damaged`,
 * `backup_not_found`, `chromium_too_old` or `session_refused` for the backup, and what vault and disk throw;
 * nothing stays then.
 */
export async function stageBackup(
  manifest: BackupManifest,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress?: OnProgress },
  tools: RestoreTools,
): Promise<StagedBackup> {
  const browser = await tools.browserVersion(signal);
  const place = await openStaging('restore', manifest.session, tools);
  try {
    const options = { place, browser, signal, ...(progress && { progress }) };
    const { verdict } = await openBackup(manifest, options, tools);
    if (verdict.soundness !== 'sound') throw damaged(subjectOf(manifest), verdict.problem.replace(/\.$/, ''));
    return { manifest, place, evidence: verdict.evidence, warnings: verdict.warnings };
  } catch (error) {
    await closeStaging(place, tools.disk);
    throw error;
  }
}
