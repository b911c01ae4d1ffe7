/** What became of a restore that a crash had left half done; a person may be waiting for it. */
import { printable } from '../cli/printable.ts';
import type { Logger } from '../log.ts';
import type { Replayed } from '../restore/replay.ts';

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

/** A line, for the person whose command met it. */
export function replayedWords(replayed: Replayed): string {
  const { session } = replayed;
  switch (replayed.outcome) {
    case 'completed': {
      const { backup, quarantined } = replayed;
      const there = quarantined === null ? '' : ` What was there is in quarantine: ${printable(quarantined)}`;
      return `The restore of ${session} to backup ${backup.id}, which was interrupted, has been completed.${there}`;
    }
    case 'undone':
      return `The restore of ${session} to backup ${replayed.backup.id}, which was interrupted, has been undone: its profile is what it was.`;
    case 'unreadable': {
      const { problem, keptAs } = replayed;
      return `A restore of ${session} was interrupted, and its journal cannot be used (${problem}). It was set aside as ${printable(keptAs)}`;
    }
    case 'failed':
      return `A restore of ${session} was interrupted and cannot be ended; it is tried again before ${session} starts: ${printable(replayed.error.message)}`;
  }
}
