/** What is wrong with backups, as lists and the doctor say it. */
import type { BackupIncidentCause, BackupIncidentView } from '../backup/incidents.ts';
import { relativeTime } from './relative-time.ts';

const words: Readonly<Record<BackupIncidentCause, string>> = {
  backup_failed: 'Its last backup failed',
  backup_overdue: 'It has no good backup that is new enough',
  backup_shrunk: 'Its profile suddenly holds much less than before',
  drill_failed: 'A backup of it did not stand its drill',
  drill_overdue: 'Drills of its backups do not come to their end',
  vault_unreachable: 'The vault does not answer, so no session is backed up',
  vault_owned:
    'The vault belongs to another installation, so no session is backed up, and none that it holds is run',
  vault_unrenewed: 'The right to the vault could not be renewed',
};

/** One or two sentences, with no full stop doubled. */
export function backupIncidentWords({ cause, problem, since }: BackupIncidentView, now: number): string {
  const what = `${words[cause]} (since ${relativeTime(since, now)})`;
  return problem === '' ? `${what}.` : `${what}: ${problem.replace(/\.$/, '')}.`;
}
