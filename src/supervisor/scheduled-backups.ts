/**
 * Backups that nobody asks for. Once a minute every session is looked at: which one is due, its newest backup says
 * (backup-due.ts). A few are backed up at a time, the one that waits longest first. A failure is tried again after
 * pauses that grow; while the vault does not answer one session alone asks for it, so that its return is no storm.
 */
import type { BackupIncidents, BackupIncidentView } from '../backup/incidents.ts';
import { toVigilError, type VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { SessionId } from '../session/id.ts';
import type { Session } from '../session/session.ts';
import type { BackupMark } from '../session/state.ts';
import type { Clock } from '../system/clock.ts';
import type { CronTimes } from '../system/cron.ts';
import { latestRun } from '../system/cron-runs.ts';
import {
  type DueRules,
  dueSince,
  isOverdue,
  isServed,
  jitterOf,
  pauseAfter,
  triesInVain,
} from './backup-due.ts';
import { LatestBackups, newestOf, standingOf } from './backup-standing.ts';
import { Periodic } from './periodic.ts';

export interface ScheduleRules {
  readonly at: CronTimes | null;
  readonly timeZone: string;
  readonly spread: number;
  readonly every: number | null;
  readonly concurrency: number;
  readonly maxAge: number | null;
}

export interface ScheduledBackupsPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly rules: ScheduleRules;
  readonly sessions: () => readonly Session[];
  /** The sessions that were to be started have come somewhere. */
  readonly settled: () => boolean;
  readonly incidents: BackupIncidents & { of(session: SessionId): readonly BackupIncidentView[] };
  /**
   * The newest backup of a session in the vault, where that one was demoted, which its record does not name; null where it
   * was not. Throws what the vault throws.
   */
  readonly demoted: (session: SessionId, signal: AbortSignal) => Promise<BackupMark | null>;
  /** Tells somebody outside that a run was good. Never throws. */
  readonly ping: () => Promise<void>;
}

const minute = 60_000;
/** A boot has much to do; backups come after it, even where a session never settles. */
const bootWait = 10 * minute;
/** What was missed is made up for within this after a boot. */
const catchUpSpread = 10 * minute;

interface Failures {
  readonly count: number;
  /** Of the monotonic clock. */
  readonly until: number;
}

export class ScheduledBackups {
  readonly #ports: ScheduledBackupsPorts;
  readonly #looks: Periodic;
  readonly #running = new Set<SessionId>();
  readonly #latest = new LatestBackups();
  /** The vault was asked for what an earlier daemon has taken of them. */
  readonly #asked = new Set<SessionId>();
  readonly #ending = new AbortController();
  readonly #failures = new Map<SessionId, Failures>();
  #vault: Failures | null = null;
  /** When the boot was over, of the monotonic clock. */
  #readyAt: number | null = null;
  /** When this daemon began to look, of the clock on the wall. */
  #bornAt = 0;
  /** Of the latest run that was seen through, or that an earlier daemon has seen through. */
  #seenThrough: number | null = null;
  #stopped = false;
  /** Something was done for a run that had come before this daemon did. */
  #caughtUp = false;

  constructor(ports: ScheduledBackupsPorts) {
    this.#ports = ports;
    this.#looks = new Periodic({
      clock: ports.clock,
      interval: minute,
      look: () => this.#look(),
      failed: (error) => ports.log.error({ err: error }, 'The backups that are due could not be looked for'),
    });
  }

  start(): void {
    const { clock, rules } = this.#ports;
    if (rules.at === null && rules.every === null) return;
    this.#bornAt = clock.now();
    this.#looks.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#ending.abort(new Error('The daemon is shutting down.'));
    this.#looks.stop();
  }

  /** Backups are being taken. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  #look(): void {
    const { clock, rules, sessions, settled } = this.#ports;
    const now = clock.now();
    this.#resolveWhatIsOver();
    this.#sayWhatIsOverdue(now);
    if (this.#readyAt === null) {
      if (!settled() && clock.monotonic() < bootWait) return;
      this.#readyAt = clock.monotonic();
    }
    const run = rules.at === null ? null : latestRun(rules.at, rules.timeZone, now);
    const due = sessions()
      .flatMap((session) => {
        const since = this.#dueSince(session, { ...rules, run }, now);
        return since === null ? [] : [{ session, since }];
      })
      .sort((a, b) => a.since - b.since);
    for (const { session } of due) {
      if (this.#running.size >= this.#atOnce()) break;
      if (!this.#running.has(session.id) && !this.#pauses(session.id)) void this.#back(session);
    }
    if (run !== null) this.#seeThrough(run, now);
  }

  #dueSince(session: Session, rules: DueRules, now: number): number | null {
    const standing = standingOf(session);
    const newest = this.#latest.of(session);
    const since = standing && dueSince({ ...standing, newest }, rules, now);
    if (since === null || since > this.#bornAt) return since;
    // It was due before this daemon came: not all of those at once.
    const waited = this.#ports.clock.monotonic() - (this.#readyAt ?? 0);
    return waited >= jitterOf(session.id, this.#bornAt, Math.min(rules.spread, catchUpSpread)) ? since : null;
  }

  /** Half open: one asks, until the vault answers. */
  #atOnce(): number {
    if (this.#vault === null) return this.#ports.rules.concurrency;
    return this.#ports.clock.monotonic() >= this.#vault.until ? 1 : 0;
  }

  #pauses(id: SessionId): boolean {
    return (this.#failures.get(id)?.until ?? 0) > this.#ports.clock.monotonic();
  }

  async #back(session: Session): Promise<void> {
    const { log } = this.#ports;
    this.#running.add(session.id);
    const before = session.record.backup;
    try {
      if (await this.#hasOneAlready(session)) return;
      log.info({ session: session.id }, 'A backup is due');
      const { mark } = await session.backup();
      this.#latest.taken(session.id, before, mark);
      this.#failures.delete(session.id);
      this.#caughtUp = true;
      // Said by the clock it would last, had the clock been set back meanwhile.
      this.#vault = null;
      this.#ports.incidents.resolve('vault_unreachable', null);
      this.#ports.incidents.resolve('backup_failed', session.id);
    } catch (thrown) {
      this.#failed(session, toVigilError(thrown));
    } finally {
      this.#running.delete(session.id);
    }
    if (this.#stopped) return;
    // Room for the next one, which need not wait for the minute.
    this.#look();
  }

  /** One that was demoted is enough for its night, also after a restart of the daemon. */
  async #hasOneAlready(session: Session): Promise<boolean> {
    const { id, record } = session;
    if (this.#asked.has(id)) return false;
    const mark = await this.#ports.demoted(id, this.#ending.signal);
    this.#asked.add(id);
    if (mark === null) return false;
    this.#latest.taken(id, record.backup, mark);
    const { clock, rules } = this.#ports;
    const now = clock.now();
    const run = rules.at === null ? null : latestRun(rules.at, rules.timeZone, now);
    return this.#dueSince(session, { ...rules, run }, now) === null;
  }

  #failed({ id }: Session, error: VigilError): void {
    const { incidents } = this.#ports;
    const { message: problem, remedy } = error;
    // Neither is the backup's failure: the daemon ends, or the session has gone to another state meanwhile.
    if (error.code === 'daemon_unavailable') return;
    if (isOfVault(error)) {
      this.#vault = this.#again(this.#vault, 'vault');
      incidents.raise('vault_unreachable', null, { problem, remedy });
      return;
    }
    const failures = this.#again(this.#failures.get(id) ?? null, id);
    this.#failures.set(id, failures);
    if (error.code === 'session_refused') return;
    if (failures.count >= triesInVain) incidents.raise('backup_failed', id, { problem, remedy });
  }

  #again(before: Failures | null, key: string): Failures {
    const count = (before?.count ?? 0) + 1;
    const pause = pauseAfter(count);
    // Not all of those at once that failed together.
    const jitter = jitterOf(key, count, pause / 4);
    return { count, until: this.#ports.clock.monotonic() + pause + jitter };
  }

  /** By the newest backups, whoever took them. */
  #resolveWhatIsOver(): void {
    const { sessions, incidents } = this.#ports;
    for (const { id, record } of sessions()) {
      const newest = newestOf(record);
      if (newest === null) continue;
      for (const { cause, since, session } of incidents.of(id)) {
        if (Date.parse(since) > newest) continue;
        if (cause === 'backup_failed') incidents.resolve(cause, id);
        if (cause === 'vault_unreachable' && session === null) {
          incidents.resolve(cause, null);
          this.#vault = null;
        }
      }
    }
  }

  #sayWhatIsOverdue(now: number): void {
    const { sessions, incidents, rules } = this.#ports;
    const { maxAge } = rules;
    for (const { id, record } of sessions()) {
      const isOpen = incidents.of(id).some(({ cause }) => cause === 'backup_overdue');
      const isMeant = record.wanted === 'online' && record.login === 'settled' && record.failure === null;
      const newest = newestOf(record);
      const since = newest ?? record.pairedAt ?? Date.parse(record.createdAt);
      if (maxAge === null || !isMeant || !isOverdue(since, maxAge, now)) {
        if (isOpen) incidents.resolve('backup_overdue', id);
      } else if (!isOpen) {
        const problem =
          newest === null ? 'there is none' : `the newest is of ${new Date(newest).toISOString()}`;
        const remedy = `See why with \`vigil backup ${id}\`.`;
        incidents.raise('backup_overdue', id, { problem, remedy });
      }
    }
  }

  /** Once for each run, when everybody's moment in it has passed and everybody has a backup. */
  #seeThrough(run: number, now: number): void {
    const { rules, sessions, incidents, log, ping } = this.#ports;
    if (this.#seenThrough === run || now < run + rules.spread || this.#running.size > 0) return;
    // One that an earlier daemon has seen through was told by that one.
    if (run <= this.#bornAt && !this.#caughtUp) return;
    const all = sessions();
    const isGood = all.every((session) => {
      const standing = standingOf(session);
      if (standing !== null) return isServed(standing, run);
      return incidents.of(session.id).every(({ cause }) => cause !== 'backup_overdue');
    });
    if (!isGood) return;
    this.#seenThrough = run;
    log.info({ sessions: all.length }, 'Every session that was due is backed up');
    void ping();
  }
}

function isOfVault({ code }: VigilError): boolean {
  return code === 'vault_unavailable' || code === 'vault_refused';
}
