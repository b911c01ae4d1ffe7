/**
 * Backups at the end of the daemon, of profiles whose browsers have just been closed: the most sound copies that there are,
 * and the next daemon may be on another machine. With what is left of the time alone; what has not ended by then is left,
 * and swept at the next start.
 */
import { toVigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Session } from '../session/session.ts';
import type { Clock } from '../system/clock.ts';
import type { Standing } from './backup-due.ts';
import { standingOf } from './backup-standing.ts';

export interface ClosedBackupsPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly concurrency: number;
}

/** One that is younger is good enough: whoever restarts a daemon often need not wait each time. */
const youngerThan = 60 * 60_000;
/** Milliseconds for what is under way to be left. */
const toLeave = 2_000;
/** With less than this nothing is begun. */
const worthWhile = 3_000;

/** Resolves within `budget` ms with how many were backed up; earlier when there is nothing to do, or `force` aborts. */
export async function backUpClosed(
  sessions: readonly Session[],
  budget: number,
  force: AbortSignal,
  { clock, log, concurrency }: ClosedBackupsPorts,
): Promise<number> {
  const line = oldestFirst(sessions, clock.now());
  if (line.length === 0 || budget < worthWhile + toLeave || force.aborted) return 0;
  log.info({ sessions: line.length, budget }, 'Backing up what was closed');
  const over = new AbortController();
  const ends = AbortSignal.any([over.signal, force]);
  let done = 0;
  const worker = async () => {
    for (let session = line.shift(); session && !ends.aborted; session = line.shift()) {
      // Why not is in the session's log; a next daemon makes up for it.
      const failed = await session.backup().then(() => null, toVigilError);
      if (failed === null) done++;
      // What the vault refuses of one it refuses of all.
      if (failed?.code === 'vault_unavailable' || failed?.code === 'vault_refused') line.length = 0;
      // On the disk before it counts: the record names it.
      else if (failed === null) await session.until((it) => it.atRest, ends).catch(() => {});
    }
  };
  const workers = Promise.all(Array.from({ length: concurrency }, worker));
  await Promise.race([workers, clock.sleep(budget - toLeave, ends).catch(() => {})]);
  over.abort(new Error('no time is left'));
  const left = sessions.filter((session) => !session.atRest);
  for (const session of left) session.abandonBackup();
  if (left.length > 0) await Promise.race([workers, clock.sleep(force.aborted ? 0 : toLeave)]);
  return done;
}

function oldestFirst(sessions: readonly Session[], now: number): Session[] {
  return sessions
    .flatMap((session) => {
      const standing = session.leftBehind ? null : standingOf(session);
      return standing !== null && isWanted(standing, now) ? [{ session, newest: standing.newest ?? 0 }] : [];
    })
    .sort((a, b) => a.newest - b.newest)
    .map(({ session }) => session);
}

function isWanted({ newest, writtenAt }: Standing, now: number): boolean {
  // Else its browser still runs, or nothing has been written since.
  if (writtenAt === null) return false;
  return newest === null || (writtenAt > newest && now - newest > youngerThan);
}
