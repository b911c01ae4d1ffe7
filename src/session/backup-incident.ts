/**
 * Incidents of backups among the others in the registry. Told apart by their ids: a session's own incident may have a
 * cause of the same name, and be of another matter.
 */
import { randomUUID } from 'node:crypto';
import {
  type BackupIncidentCause,
  type BackupIncidentView,
  backupIncidentCauses,
} from '../backup/incidents.ts';
import type { Incident } from './history.ts';

const prefix = 'backup-';

export const newBackupIncidentId = (): string => `${prefix}${randomUUID()}`;

export const isBackupIncident = ({ id }: Incident): boolean => id.startsWith(prefix);

/** Null for one that is over, of a session's own life, or of a cause that another version knows. */
export function backupIncidentView(incident: Incident): BackupIncidentView | null {
  const { session, openedAt, closedAt, steps, remedy } = incident;
  const cause = backupIncidentCauses.find((known) => known === incident.cause);
  if (cause === undefined || closedAt !== null || !isBackupIncident(incident)) return null;
  return { cause, session, since: openedAt, problem: problemOf(steps), remedy };
}

/** What the newest step says; each begins with its time. */
function problemOf(steps: readonly string[]): string {
  return steps.at(-1)?.replace(/^\S+ /, '') ?? '';
}

/** Of this session, and what concerns all, in the order of `backupIncidentCauses`. */
export function backupIncidentsOf(
  session: string,
  open: readonly BackupIncidentView[],
): readonly BackupIncidentView[] {
  const order = (cause: BackupIncidentCause) => backupIncidentCauses.indexOf(cause);
  return open
    .filter((one) => one.session === null || one.session === session)
    .sort((a, b) => order(a.cause) - order(b.cause));
}
