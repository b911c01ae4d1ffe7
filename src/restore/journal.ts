/**
 * Journals on the volume, `vigil/restores/<session>.json`: there from before the first rename of a swap until after
 * its last. Only the holder of the volume's lock uses them.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSessionId, type SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { unlessAbsent } from '../system/errno.ts';
import { freeName } from '../system/free-name.ts';
import { readText } from '../system/read-text.ts';
import { compactUtc } from '../system/timestamp.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { formatJournal, parseJournal, type RestoreJournal } from './journal-format.ts';

interface JournalTools {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
}

export type FoundJournal =
  | { readonly session: SessionId; readonly journal: RestoreJournal }
  | { readonly session: SessionId; readonly problem: string };

/** Far beyond what any evidence takes. */
const largest = 16 * 1_048_576;

export function journalPath(layout: VolumeLayout, session: SessionId): string {
  return join(layout.restores, `${session}.json`);
}

/** Durable when it resolves. */
export async function writeJournal(journal: RestoreJournal, { layout, disk }: JournalTools): Promise<void> {
  if (await disk.mkdir(layout.restores, 'restore:journals'))
    await disk.syncDirectory(layout.ours, 'restore:journals-sync');
  await disk.writeFileAtomic(journalPath(layout, journal.session), formatJournal(journal), 'restore:journal');
}

export async function removeJournal(session: SessionId, { layout, disk }: JournalTools): Promise<void> {
  if (await disk.remove(journalPath(layout, session), 'restore:journal-remove'))
    await disk.syncDirectory(layout.restores, 'restore:journal-remove-sync');
}

/** One that cannot be read is told as that. It was written as a whole, so the disk has lost it since. */
export async function readJournals(layout: VolumeLayout): Promise<readonly FoundJournal[]> {
  const names = await unlessAbsent(readdir(layout.restores)).catch((error: unknown) => {
    throw diskError(error, layout.restores, 'restore:journals');
  });
  const found: FoundJournal[] = [];
  for (const name of (names ?? []).sort()) {
    const session = /^([^.]+)\.json$/.exec(name)?.[1];
    if (!isSessionId(session)) continue;
    const read = await readText(journalPath(layout, session), largest, 'restore:journal-read');
    if (read) found.push({ session, ...('text' in read ? parseJournal(read.text, session) : read) });
  }
  return found;
}

/** Out of the way, under a name that nobody replays; for whoever looks into it. */
export async function setJournalAside(
  session: SessionId,
  { layout, disk, clock }: JournalTools & { readonly clock: Clock },
): Promise<string> {
  const path = journalPath(layout, session);
  const target = await freeName(`${path}.damaged-${compactUtc(clock.now())}`);
  await disk.rename(path, target, 'restore:journal-aside');
  await disk.syncDirectory(layout.restores, 'restore:journal-aside-sync');
  return target;
}
