import type { SessionId } from '../session/id.ts';
import type { Session } from '../session/session.ts';
import type { Clock } from '../system/clock.ts';

/** Milliseconds for killed browsers to be gone. */
const afterKill = 5_000;

/**
 * Closes them, all at once, within `budget` ms or until `force` aborts; what has not closed by then is killed. Resolves
 * with the ids of those that had to be killed.
 */
export async function drainAll(
  sessions: readonly Session[],
  clock: Clock,
  budget: number,
  force?: AbortSignal,
): Promise<readonly SessionId[]> {
  const late = new Set(sessions);
  const resting = sessions.map(async (session) => {
    session.abandonBackup();
    session.post({ type: 'drain' });
    await session.until((it) => it.atRest);
    late.delete(session);
  });
  const enough = new AbortController();
  const giveUp = force ? AbortSignal.any([enough.signal, force]) : enough.signal;
  await Promise.race([Promise.all(resting), clock.sleep(budget, giveUp).catch(() => {})]);
  enough.abort();
  if (late.size === 0) return [];
  const killed = [...late];
  for (const session of killed) session.kill();
  // Who comes after us must find no browser of ours; a process that the kernel holds is not waited for longer.
  await Promise.race([Promise.all(resting), clock.sleep(afterKill)]);
  return killed.map(({ id }) => id);
}
