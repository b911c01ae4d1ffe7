/** What `purge` does to the disk: everything of a session, after a line in the audit that says so. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { purgeBackups } from '../backup/purge.ts';
import { eraseProfiles } from '../profile/erase.ts';
import type { Registry } from '../registry/registry.ts';
import { journalPath } from '../restore/journal.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import type { RecordStore } from '../session/record-store.ts';
import { unlessAbsent } from '../system/errno.ts';
import { compactUtc } from '../system/timestamp.ts';
import { logPath, recordPath } from '../volume/layout.ts';

export interface EraseTools {
  readonly tools: RestoreTools;
  readonly records: Pick<RecordStore, 'remove'>;
  readonly registry: Pick<Registry, 'removeSession'>;
}

/** On the disk before anything is erased: a purge that was broken off is told as well. */
async function audit(id: SessionId, { layout, disk, clock }: RestoreTools): Promise<void> {
  const at = clock.now();
  await disk.mkdir(layout.audit, 'purge:audit');
  const entry = { at: new Date(at).toISOString(), action: 'purge', session: id };
  await disk.writeFileAtomic(
    join(layout.audit, `${compactUtc(at)}-purge-${id}.json`),
    `${JSON.stringify(entry)}\n`,
    'purge:audit',
  );
}

/**
 * What it was, by path and name; empty when there was nothing. The record goes last, so that a purge that was broken
 * off is still a session that can be purged.
 */
export async function eraseSession(
  id: SessionId,
  { tools, records, registry }: EraseTools,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { layout, disk, vault } = tools;
  await audit(id, tools);
  // First: it refuses while somebody's browser runs, and nothing may be gone by then.
  const erased = [...(await eraseProfiles(id, tools))];
  const backups = await purgeBackups(vault, id, signal);
  if (backups > 0) erased.push(`${backups} objects of its backups in ${vault.name}`);
  // Else the next holder of the volume would put back what a restore had left half done.
  if (await disk.remove(journalPath(layout, id), 'purge:journal')) erased.push(journalPath(layout, id));
  for (const path of [logPath(layout, id), `${logPath(layout, id)}.1`]) {
    if (await disk.remove(path, 'purge:log')) erased.push(path);
  }
  await registry.removeSession(id);
  const record = recordPath(layout, id);
  if (await unlessAbsent(lstat(record))) erased.push(record);
  await records.remove(id);
  return erased;
}
