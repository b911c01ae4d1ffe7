/**
 * What `purge` does to the disk: everything of a session, after a line in the audit that says so.
 *
 * The order is what a kill may leave. First the session is recorded as stopped, and its record goes last: until it is all
 * over it is a session that nobody starts and that can be purged again. Before the profile goes what could put one back:
 * the backups, then the journal of a restore that was broken off. So nothing that was erased comes back by itself, and
 * what is left is whole.
 */
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { purgeBackups } from '../backup/purge.ts';
import { eraseProfiles } from '../profile/erase.ts';
import { requireNobody } from '../profile/prepare-profile.ts';
import type { Registry } from '../registry/registry.ts';
import { journalPath } from '../restore/journal.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import type { RecordStore } from '../session/record-store.ts';
import { unlessAbsent } from '../system/errno.ts';
import { compactUtc } from '../system/timestamp.ts';
import { logPath, recordPath } from '../volume/layout.ts';

export interface EraseTools {
  readonly tools: RestoreTools;
  readonly records: Pick<RecordStore, 'read' | 'write' | 'remove'>;
  readonly registry: Pick<Registry, 'removeSession'>;
  /** Throws `session_refused` where the volume would take another session for this one. */
  readonly requireDistinct: (id: SessionId) => Promise<void>;
}

/** What it was, by path and name; empty when there was nothing. Throws `profile_in_use` before anything is gone. */
export async function eraseSession(
  id: SessionId,
  { tools, records, registry, requireDistinct }: EraseTools,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { layout, vault } = tools;
  const erased: string[] = [];
  const record = recordPath(layout, id);
  await requireDistinct(id);
  await requireNobody(id, tools);
  await audit(id, tools);
  const isRecorded = (await unlessAbsent(lstat(record))) !== null;
  await recordAsStopped(id, records, tools.clock.now());
  // What may fail for reasons of its own comes first: then the profile is still there, whole and in its place.
  const backups = await purgeBackups(vault, id, signal);
  if (backups > 0) erased.push(`${backups} objects of its backups in ${vault.name}`);
  erased.push(...(await removeFiles(await journalsOf(id, tools), 'purge:journal', tools)));
  erased.push(...(await eraseProfiles(id, tools)));
  const log = logPath(layout, id);
  erased.push(...(await removeFiles([log, `${log}.1`], 'purge:log', tools)));
  // Before the record: a boot takes up what only the registry remembers.
  await registry.removeSession(id);
  if (isRecorded) erased.push(record);
  await records.remove(id);
  return erased;
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

/** Also one that nothing is known of: a profile without a record is taken up by the next boot, and started. */
async function recordAsStopped(id: SessionId, records: EraseTools['records'], now: number): Promise<void> {
  const record = await records.read(id).catch(() => null);
  if (record?.wanted === 'stopped') return;
  await records.write({ ...(record ?? newRecord(id, now)), wanted: 'stopped' });
}

/** Of a restore that was broken off, and what was set aside of such. */
async function journalsOf(id: SessionId, { layout }: RestoreTools): Promise<readonly string[]> {
  const journal = journalPath(layout, id);
  const names = (await unlessAbsent(readdir(layout.restores))) ?? [];
  return names
    .filter((name) => name === basename(journal) || name.startsWith(`${basename(journal)}.damaged-`))
    .map((name) => join(layout.restores, name));
}

/** Durable when it resolves. */
async function removeFiles(
  paths: readonly string[],
  label: string,
  { disk }: RestoreTools,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const path of paths) if (await disk.remove(path, label)) removed.push(path);
  for (const directory of new Set(removed.map((path) => dirname(path))))
    await disk.syncDirectory(directory, `${label}-sync`);
  return removed;
}
