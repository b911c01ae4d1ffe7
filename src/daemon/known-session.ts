/** Whether there is a session of that name on a volume, for commands that only look. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { unlessAbsent } from '../system/errno.ts';
import { logPath, recordPath, type VolumeLayout } from '../volume/layout.ts';

/** Throws `session_not_found` where there is neither a record, sound or damaged, nor a log. */
export async function requireKnown(layout: VolumeLayout, id: SessionId): Promise<void> {
  const record = basename(recordPath(layout, id));
  const records = (await unlessAbsent(readdir(layout.records))) ?? [];
  if (records.some((name) => name === record || name.startsWith(`${record}.damaged-`))) return;
  const logs = (await unlessAbsent(readdir(layout.logs))) ?? [];
  if (logs.includes(basename(logPath(layout, id)))) return;
  throw new VigilError('session_not_found', `There is no session "${id}" on this volume.`, { subject: id });
}
