/**
 * Those who have asked for a restore and wait to hear what became of it. What is still to be done stands in the record;
 * so each hears of the backup that it asked for, when that has left the record or the session has come to rest.
 */
import { toVigilError, VigilError } from '../errors.ts';
import { Outcomes } from './outcomes.ts';
import type { Restored } from './ports.ts';
import { backupAskedFor, type SessionRecord } from './record.ts';
import { type EventType, isAtRest, type SessionEvent, type State } from './state.ts';

export interface Step {
  readonly event: SessionEvent;
  readonly before: SessionRecord;
  readonly after: SessionRecord;
  /** After it. */
  readonly state: State;
  /** What keeps the record from the disk; null when it is there. */
  readonly unwritten: VigilError | null;
}

/** After these nothing is under way any more that could still put the backup in place, or nobody cares. */
const final: ReadonlySet<EventType> = new Set([
  'restore',
  'restore_failed',
  'restore_impossible',
  'prepare_failed',
]);

export class RestoreRequests {
  /** By the id of the backup. */
  readonly #waiting = new Map<string, Outcomes<Restored>>();
  /** Of restores that were given up, until what they had begun has ended: it may be in place all the same. */
  readonly #givenUp = new Map<string, VigilError>();

  /** For a wish that the machine has just taken up; `record` as it is since. */
  outcome(backup: string, record: SessionRecord): Promise<Restored> {
    if (backupAskedFor(record) !== backup)
      return Promise.reject(new VigilError('internal', `Session "${record.id}" did not take up a restore.`));
    this.#givenUp.delete(backup);
    const outcomes = this.#waiting.get(backup) ?? new Outcomes<Restored>();
    this.#waiting.set(backup, outcomes);
    return outcomes.wait();
  }

  /** Tells whomever a step of the machine concerns. */
  stepped(step: Step): void {
    const { event, before, after, state } = step;
    const asked = backupAskedFor(before);
    if (event.type === 'restored') this.#take(event.backup.id)?.done(event);
    else if (asked !== null && asked !== backupAskedFor(after)) {
      const error = whyNot(event, asked, after);
      if (final.has(event.type)) this.#take(asked)?.failed(error);
      else this.#givenUp.set(asked, error);
    }
    const rests = isAtRest(state);
    if (event.type === 'closed' || rests) {
      for (const [backup, error] of this.#givenUp) this.#take(backup)?.failed(error);
      this.#givenUp.clear();
    }
    if (!rests) return;
    for (const backup of [...this.#waiting.keys()]) this.#take(backup)?.failed(kept(backup, step));
  }

  #take(backup: string): Outcomes<Restored> | undefined {
    const outcomes = this.#waiting.get(backup);
    this.#waiting.delete(backup);
    return outcomes;
  }
}

function whyNot(event: SessionEvent, backup: string, { id }: SessionRecord): VigilError {
  const subject = id;
  const remedy = `\`vigil restore ${id} --backup ${backup}\` asks for it again.`;
  switch (event.type) {
    case 'restore_failed':
    case 'prepare_failed':
      return event.error ?? toVigilError(event.detail);
    case 'restore':
      return new VigilError(
        'session_refused',
        `The restore of session "${id}" to backup ${backup} was replaced by a later request, for backup ${event.backup}.`,
        { subject, remedy: '`vigil sessions` shows which backup its profile came from.' },
      );
    case 'timeout':
      return new VigilError(
        'deadline_exceeded',
        `Backup ${backup} was not put in place of the profile of session "${id}": the vault or the disk does not answer, or is far too slow.`,
        { subject, remedy: 'Look at the vault and the volume (`vigil doctor`), and ask again.' },
      );
    case 'stop':
      return new VigilError(
        'session_refused',
        `Session "${id}" was stopped, and its restore to backup ${backup} was called off.`,
        { subject, remedy },
      );
    default:
      return new VigilError(
        'session_refused',
        `The restore of session "${id}" to backup ${backup} was called off, since something else was asked of it.`,
        { subject, remedy },
      );
  }
}

/** It rests, and is still to be restored: the daemon ends. */
function kept(backup: string, { after, event, unwritten }: Step): VigilError {
  if (backupAskedFor(after) !== backup) return whyNot(event, backup, after);
  const { id } = after;
  if (unwritten)
    return new VigilError(
      'daemon_unavailable',
      `The daemon is shutting down. Session "${id}" has not been restored to backup ${backup}, and the request could not be recorded: ${unwritten.message}`,
      {
        subject: id,
        remedy: `\`vigil restore ${id} --backup ${backup}\` asks for it again.`,
        cause: unwritten,
      },
    );
  return new VigilError(
    'daemon_unavailable',
    `The daemon is shutting down. The restore of session "${id}" to backup ${backup} is kept, and carried out at the daemon's next start.`,
    { subject: id, remedy: `Start the daemon; \`vigil stop ${id}\` calls it off.` },
  );
}
