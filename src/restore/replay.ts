/**
 * Ends every restore that a crash left half done. At the boot of a daemon and before any verb of the command line,
 * under the volume's lock, before any profile is looked at and before anything is staged.
 */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type OnUnswept, sweepStaging } from '../backup/staging.ts';
import { toVigilError, type VigilError } from '../errors.ts';
import { bringBack } from '../profile/quarantine-place.ts';
import { oldestFirst } from '../profile/quarantine-policy.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { SessionId } from '../session/id.ts';
import { isDirectory } from '../system/directories.ts';
import { unlessAbsent } from '../system/errno.ts';
import { type FoundJournal, readJournals, setJournalAside } from './journal.ts';
import { placesOf, profileIsThere, settle } from './settle.ts';
import { replaced, type SwapTools } from './tools.ts';

export type Replayed = { readonly session: SessionId } & (
  | {
      /** `completed`: the backup is in place. `undone`: the profile is what it was. */
      readonly outcome: 'completed' | 'undone';
      readonly backup: { readonly id: string; readonly at: string };
      readonly evidence: LoginEvidence;
      /** Where what was there went; null when nothing was, or when it is back. */
      readonly quarantined: string | null;
    }
  /** The disk has lost the journal's text since. The profile that was there is there, if there was one. */
  | { readonly outcome: 'unreadable'; readonly problem: string; readonly keptAs: string }
  /** The disk refused it. The journal is still there: nothing may be started on this profile, others may. */
  | { readonly outcome: 'failed'; readonly error: VigilError }
);

/** Sweeps staging afterwards, but for what a journal still needs. Throws when the journals cannot be listed. */
export async function replayRestores(tools: SwapTools, onUnswept?: OnUnswept): Promise<readonly Replayed[]> {
  const replayed: Replayed[] = [];
  const needed = new Set<string>();
  for (const found of await readJournals(tools.layout)) {
    try {
      replayed.push(await replay(found, tools));
    } catch (error) {
      if ('journal' in found) needed.add(found.journal.staged);
      replayed.push({ outcome: 'failed', session: found.session, error: toVigilError(error) });
    }
  }
  await sweepStaging(tools, needed, onUnswept);
  return replayed;
}

/** Of one journal. Throws what keeps it from its end, and the journal is still there then. */
export async function replay(found: FoundJournal, tools: SwapTools): Promise<Replayed> {
  const { session } = found;
  if ('problem' in found) {
    await bringBackReplaced(session, tools);
    const keptAs = await setJournalAside(session, tools);
    return { outcome: 'unreadable', session, problem: found.problem, keptAs };
  }
  const { backup, evidence } = found.journal;
  const outcome = await settle(found.journal, tools);
  const quarantined = outcome === 'completed' ? placesOf(found.journal, tools.layout).quarantine : null;
  return { outcome, session, backup, evidence, quarantined };
}

/**
 * A swap stood between its renames, and nobody can say what was to take the place: then what was there goes back. It is
 * what went to quarantine last, and went there for a swap.
 */
async function bringBackReplaced(session: SessionId, tools: SwapTools): Promise<void> {
  if (await profileIsThere(session, tools.layout)) return;
  const place = join(tools.layout.quarantine, session);
  const names = (await unlessAbsent(readdir(place))) ?? [];
  // What somebody else has put there, under a name of their own, comes before all of ours.
  const newest = names
    .map((name) => ({ name }))
    .toSorted(oldestFirst)
    .at(-1)?.name;
  if (!newest || !new RegExp(`-${replaced}(?:-\\d+)?$`).test(newest)) return;
  const target = join(place, basename(newest));
  if (await isDirectory(target)) await bringBack(session, target, tools);
}
