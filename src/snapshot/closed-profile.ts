import { type CopyOptions, type CopySummary, ProfileCopy } from './profile-copy.ts';
import { asSnapshotFailure } from './snapshot-failure.ts';

/**
 * Copies a profile on which no browser runs. Throws `profile_damaged`, `snapshot_failed` when it cannot be read, what the
 * disk says (`disk_full`), or the signal's reason.
 */
export async function copyClosedProfile(options: CopyOptions): Promise<CopySummary> {
  const copy = new ProfileCopy(options);
  try {
    await copy.take();
    return await copy.finish();
  } catch (error) {
    throw options.signal.aborted ? options.signal.reason : asSnapshotFailure(error);
  }
}
