/** What surfaces show of a session, derived from its record and its state. */

import { basename } from 'node:path';
import type { BackupIncidentView } from '../backup/incidents.ts';
import { remedyFor } from './reasons.ts';
import { botOf, type SessionRecord } from './record.ts';
import type { SessionView } from './session-view.ts';
import type { State } from './state.ts';
import { reasonOf, statusOf } from './status.ts';

/** Where a session stands before anything was done about it. */
export function initialState(record: SessionRecord): State {
  return record.failure ? { name: 'failed', reason: record.failure } : { name: 'stopped' };
}

/** What a view shows that neither record nor state knows. */
export interface Surroundings {
  /** Path of the daemon's bot. */
  readonly bot: string | null;
  readonly botErrors: number;
  readonly backupIncidents?: readonly BackupIncidentView[];
}

/** @param since milliseconds since the epoch */
export function viewOf(
  record: SessionRecord,
  state: State,
  since: number,
  around: Surroundings = { bot: null, botErrors: 0 },
): SessionView {
  const reason = reasonOf(state);
  const bot = botOf(record.settings, around.bot);
  return {
    id: record.id,
    status: statusOf(state),
    reason,
    phone: record.phone,
    lastSeen: record.lastSeen,
    lastBackup: record.backup?.at ?? null,
    restarts: record.restarts,
    name: record.name,
    wanted: record.wanted,
    state: state.name,
    since: new Date(since).toISOString(),
    remedy: remedyFor(reason, record.id),
    restored: record.restored,
    nextTry: state.name === 'resting' ? new Date(state.until).toISOString() : null,
    bot: bot === null ? null : basename(bot),
    botErrors: around.botErrors,
    backupIncidents: around.backupIncidents ?? [],
  };
}
