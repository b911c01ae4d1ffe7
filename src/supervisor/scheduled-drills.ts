/**
 * Drills that nobody asks for: each session's newest good backup as often as is set. When a drill was last passed, the
 * marks in the vault say, so that a restart of the daemon forgets nothing. Every few minutes one session at most is
 * drilled, when no backup is being taken; where one fails, the next older one is drilled soon, so that it is known how far
 * the way back reaches. What keeps a drill from its end is tried again, and said when it lasts.
 */
import type { BackupIncidents, BackupIncidentView } from '../backup/incidents.ts';
import { toVigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import { triesInVain } from './backup-due.ts';
import type { DrillStanding, Drills } from './drills.ts';
import { Periodic } from './periodic.ts';

export interface ScheduledDrillsPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds from one drill that is passed to the next; null where none is wanted. */
  readonly every: number | null;
  readonly sessions: () => readonly SessionId[];
  /** The sessions that were to be started have come somewhere. */
  readonly settled: () => boolean;
  /** Backups are being taken by schedule. */
  readonly busy: () => boolean;
  readonly drills: Pick<Drills, 'standing' | 'run' | 'end'>;
  readonly incidents: BackupIncidents & { of(session: SessionId): readonly BackupIncidentView[] };
}

const minute = 60_000;
const hour = 60 * minute;
/** From the end of one drill to the next look. */
const interval = 5 * minute;
/** A boot has much to do. */
const bootWait = 15 * minute;
/** Until the vault is asked again what it holds of a session for which nothing is due. */
const recheck = 6 * hour;
/** A clock that was a little ahead is no reason to doubt a mark. */
const skew = 5 * minute;

export class ScheduledDrills {
  readonly #ports: ScheduledDrillsPorts;
  readonly #looks: Periodic;
  readonly #stopped = new AbortController();
  /** Of the monotonic clock; the vault is asked then. Of those that are not in it, at once. */
  readonly #next = new Map<SessionId, number>();
  readonly #inVain = new Map<SessionId, number>();
  #isReady = false;

  constructor(ports: ScheduledDrillsPorts) {
    this.#ports = ports;
    this.#looks = new Periodic({
      clock: ports.clock,
      interval,
      look: () => this.#look(),
      failed: (error) => ports.log.error({ err: error }, 'The drills that are due could not be looked for'),
    });
  }

  start(): void {
    const { every, sessions, incidents } = this.#ports;
    if (every !== null) this.#looks.start();
    // What nobody wants is not overdue.
    else for (const id of sessions()) incidents.resolve('drill_overdue', id);
  }

  /** Calls off the one that is under way; resolves when nothing of it is left. Never rejects. */
  async stop(): Promise<void> {
    this.#looks.stop();
    this.#stopped.abort(new Error('The daemon ends.'));
    await this.#ports.drills.end();
  }

  async #look(): Promise<void> {
    const { clock, sessions, settled, busy } = this.#ports;
    this.#isReady ||= settled() || clock.monotonic() >= bootWait;
    if (!this.#isReady) return;
    const when = (id: SessionId) => this.#next.get(id) ?? 0;
    const due = sessions()
      .filter((id) => when(id) <= clock.monotonic())
      .sort((a, b) => when(a) - when(b));
    for (const id of due) {
      if (busy() || this.#stopped.signal.aborted) return;
      if (await this.#turn(id)) return;
    }
  }

  /** True where a drill was tried, whatever came of it. */
  async #turn(id: SessionId): Promise<boolean> {
    const { drills, incidents } = this.#ports;
    const { signal } = this.#stopped;
    try {
      // Another installation's: its sessions, and its marks.
      if (incidents.of(id).some(({ cause }) => cause === 'vault_owned')) return this.#wait(id, hour);
      const standing = await drills.standing(id, signal);
      if (standing === null) return this.#wait(id, hour);
      const left = this.#until(id, standing);
      if (left > 0) return this.#wait(id, Math.min(left, recheck));
      const { passed } = await drills.run(id, { id: standing.backup }, { signal });
      this.#inVain.delete(id);
      const isOver = this.#failure(id) === undefined;
      this.#wait(id, !passed ? hour : isOver ? (this.#ports.every ?? recheck) : recheck);
    } catch (thrown) {
      if (!signal.aborted) this.#triedInVain(id, thrown);
    }
    return true;
  }

  /** Milliseconds until it is due. */
  #until(id: SessionId, { lastPassed, takenAt, isDrilled }: DrillStanding): number {
    const { clock, every } = this.#ports;
    const now = clock.now();
    const failed = this.#failure(id);
    // One that was taken since shows whether the next ones are good again.
    if (failed && !isDrilled && takenAt >= Date.parse(failed.since)) return 0;
    if (lastPassed === null || lastPassed > now + skew) return 0;
    return lastPassed + (every ?? recheck) - now;
  }

  #failure(id: SessionId): BackupIncidentView | undefined {
    return this.#ports.incidents.of(id).find(({ cause }) => cause === 'drill_failed');
  }

  #wait(id: SessionId, ms: number): false {
    this.#next.set(id, this.#ports.clock.monotonic() + ms);
    return false;
  }

  #triedInVain(id: SessionId, thrown: unknown): void {
    const { incidents, log } = this.#ports;
    const error = toVigilError(thrown);
    const tries = (this.#inVain.get(id) ?? 0) + 1;
    this.#inVain.set(id, tries);
    log.warn({ session: id, err: error, tries }, 'A drill did not come to its end and is tried again');
    this.#wait(id, Math.min(recheck, hour * 2 ** Math.min(10, tries - 1)));
    if (tries < triesInVain) return;
    incidents.raise('drill_overdue', id, { problem: error.message, remedy: error.remedy });
  }
}
