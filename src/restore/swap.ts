/**
 * Puts a staged profile in a session's place. Two renames with a moment between them in which there is no profile:
 * a journal is on the disk from before the first until after the second, so that whoever finds it (replay.ts) knows
 * where both lie.
 */
import { basename } from 'node:path';
import { closeStaging } from '../backup/staging.ts';
import { requireNobody, requireOwnDirectory } from '../profile/prepare-profile.ts';
import { moveToQuarantine, quarantineTarget } from '../profile/quarantine-place.ts';
import type { SessionId } from '../session/id.ts';
import { profilePath } from '../volume/layout.ts';
import { writeJournal } from './journal.ts';
import type { RestoreJournal } from './journal-format.ts';
import { isInPlace, placesOf, putInPlace, settle } from './settle.ts';
import type { StagedBackup } from './stage.ts';
import { replaced, type SwapTools } from './tools.ts';

/** Throws `profile_in_use` and `volume_permission`, before anything is downloaded for nothing. */
export async function requireReplaceable(session: SessionId, tools: SwapTools): Promise<{ exists: boolean }> {
  const exists = await requireOwnDirectory(session, profilePath(tools.layout, session));
  await requireNobody(session, tools);
  return { exists };
}

/**
 * Resolves with the place in quarantine of what was there, null when there was nothing. When it rejects the profile
 * is what it was, and nothing is staged any more; where not even that could be reached, the journal stays, and
 * replaying it comes before anything else on that profile. Not to be aborted: a few renames, which are worse half
 * done than late.
 */
export async function swapIn(staged: StagedBackup, tools: SwapTools): Promise<string | null> {
  const { session, id, createdAt } = staged.manifest;
  const target = await chooseQuarantine(staged, tools);
  const journal: RestoreJournal = {
    version: 1,
    session,
    backup: { id, at: createdAt },
    staged: basename(staged.place),
    quarantine: target && basename(target),
    evidence: staged.evidence,
  };
  try {
    await writeJournal(journal, tools);
    if (target) await moveToQuarantine(session, target, tools);
    await putInPlace(placesOf(journal, tools.layout), tools);
  } catch (error) {
    if (await isCompleted(journal, tools)) return target;
    throw error;
  }
  // It is in place and durable; a journal that cannot be removed is settled again, to the same end.
  await settle(journal, tools).catch(() => {});
  return target;
}

/** What came of it after all: a step may have failed behind the rename that counts. */
async function isCompleted(journal: RestoreJournal, tools: SwapTools): Promise<boolean> {
  try {
    return (await settle(journal, tools)) === 'completed';
  } catch {
    return isInPlace(journal, tools);
  }
}

async function chooseQuarantine({ manifest, place }: StagedBackup, tools: SwapTools): Promise<string | null> {
  try {
    const { exists } = await requireReplaceable(manifest.session, tools);
    return exists ? await quarantineTarget(manifest.session, replaced, tools) : null;
  } catch (error) {
    await closeStaging(place, tools.disk);
    throw error;
  }
}
