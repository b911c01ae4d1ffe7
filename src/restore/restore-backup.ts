import type { BackupManifest } from '../backup/manifest.ts';
import { closeStaging } from '../backup/staging.ts';
import type { OnProgress } from '../backup/tools.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import { stageBackup } from './stage.ts';
import { requireReplaceable, swapIn } from './swap.ts';
import type { RestoreTools } from './tools.ts';

export interface RestoreOptions {
  readonly signal: AbortSignal;
  readonly progress?: OnProgress;
}

export interface RestoredBackup {
  readonly backup: BackupManifest;
  readonly evidence: LoginEvidence;
  /** Where the profile went that had been there; null when there was none. */
  readonly quarantined: string | null;
  /** What was tolerated in the backup, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * A backup in its session's place; what was there goes to quarantine. Nobody runs on the profile meanwhile
 * (`profile_in_use`), and nobody launches on it. Whatever it throws, the profile is what it was.
 */
export async function restoreBackup(
  manifest: BackupManifest,
  options: RestoreOptions,
  tools: RestoreTools,
): Promise<RestoredBackup> {
  await requireReplaceable(manifest.session, tools);
  const staged = await stageBackup(manifest, options, tools);
  if (options.signal.aborted) {
    // The last moment at which giving up costs nothing.
    await closeStaging(staged.place, tools.disk);
    options.signal.throwIfAborted();
  }
  const quarantined = await swapIn(staged, tools);
  return { backup: manifest, evidence: staged.evidence, quarantined, warnings: staged.warnings };
}
