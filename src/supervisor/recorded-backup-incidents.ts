/**
 * What goes wrong with backups, kept in the registry: at most one of a cause and session lasts at any time. One that an
 * earlier run of the daemon left open is taken up under its id, so that the next good backup closes it.
 */
import type { BackupIncidentCause, BackupIncidents, BackupIncidentView } from '../backup/incidents.ts';
import type { Logger } from '../log.ts';
import { backupIncidentsOf, backupIncidentView, newBackupIncidentId } from '../session/backup-incident.ts';
import type { Incident } from '../session/history.ts';
import type { SessionId } from '../session/id.ts';
import type { History } from '../session/ports.ts';
import type { Clock } from '../system/clock.ts';

/** A vault that is down for weeks is asked thousands of times; the first answers and the newest one tell it all. */
const stepLimit = 50;

export interface BackupIncidentsPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Never fails, never waits. */
  readonly history: Pick<History, 'incident'>;
}

export class RecordedBackupIncidents implements BackupIncidents {
  readonly #ports: BackupIncidentsPorts;
  readonly #open = new Map<string, Incident>();

  constructor(ports: BackupIncidentsPorts) {
    this.#ports = ports;
  }

  /** Goes on with those that an earlier run left open; others are passed over. */
  resume(incidents: readonly Incident[]): void {
    for (const incident of incidents) {
      const view = backupIncidentView(incident);
      if (view === null) continue;
      const key = keyOf(view.cause, view.session);
      // Two of one kind: a registry that was away for a while. The other one stays.
      if (this.#open.has(key)) this.#close(incident, 'superseded');
      else this.#open.set(key, incident);
    }
  }

  raise(
    cause: BackupIncidentCause,
    session: SessionId | null,
    { problem, remedy }: { readonly problem: string; readonly remedy: string | null },
  ): void {
    const at = this.#at();
    const key = keyOf(cause, session);
    const before = this.#open.get(key);
    const step = `${at} ${problem}`;
    const steps = [...(before?.steps ?? []).slice(0, stepLimit - 1), step];
    const incident: Incident = {
      id: before?.id ?? newBackupIncidentId(),
      session,
      openedAt: before?.openedAt ?? at,
      closedAt: null,
      cause,
      steps,
      outcome: null,
      remedy,
    };
    this.#open.set(key, incident);
    this.#ports.history.incident(incident);
    if (!before) this.#ports.log.warn({ session, cause, problem }, 'Something is wrong with backups');
  }

  resolve(cause: BackupIncidentCause, session: SessionId | null): void {
    const key = keyOf(cause, session);
    const incident = this.#open.get(key);
    if (!incident) return;
    this.#open.delete(key);
    this.#close(incident, 'recovered');
    this.#ports.log.info({ session, cause }, 'What was wrong with backups is over');
  }

  /** Sessions that are gone need no backup any more. */
  keepOnly(known: (session: SessionId) => boolean): void {
    for (const [key, incident] of this.#open) {
      if (incident.session === null || known(incident.session)) continue;
      this.#open.delete(key);
      this.#close(incident, 'stopped');
    }
  }

  /** Of this session, and what concerns all. */
  of(session: SessionId): readonly BackupIncidentView[] {
    return backupIncidentsOf(session, this.open);
  }

  /** All that last. */
  get open(): readonly BackupIncidentView[] {
    return [...this.#open.values()].map(backupIncidentView).filter((view) => view !== null);
  }

  #close(incident: Incident, outcome: string): void {
    this.#ports.history.incident({ ...incident, closedAt: this.#at(), outcome, remedy: null });
  }

  #at(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}

const keyOf = (cause: BackupIncidentCause, session: SessionId | null): string => `${cause} ${session ?? ''}`;
