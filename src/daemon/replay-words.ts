import type { Logger } from '../log.ts';
import type { Replayed } from '../restore/replay.ts';

/** Tells what became of a restore that a crash had left half done; a person may be waiting for it. */
export function logReplayed(log: Logger, replayed: Replayed): void {
  const { session, outcome } = replayed;
  switch (replayed.outcome) {
    case 'completed':
    case 'undone': {
      const { backup, quarantined } = replayed;
      log.warn(
        { session, outcome, backup: backup.id, quarantined },
        'A restore that was interrupted was ended',
      );
      return;
    }
    case 'unreadable': {
      const { problem, keptAs } = replayed;
      log.error({ session, problem, keptAs }, 'The journal of a restore could not be read and was set aside');
      return;
    }
    case 'failed':
      log.error(
        { session, err: replayed.error },
        'A restore that was interrupted cannot be ended; it is tried again before the session starts',
      );
  }
}
