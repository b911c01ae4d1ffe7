/**
 * Whether the lock that is held is still the one that others would take. Somebody may move the volume's folder or
 * delete the lock's file under a running daemon; the next one would lock a new file, and two would run.
 */
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../system/clock.ts';
import { unlessAbsent } from '../system/errno.ts';

export interface LockWatch {
  stop(): void;
}

const every = 15_000;

/** Calls `lost` once when the path names another file than at the start, or none. Never opens the file. */
export async function watchLock(path: string, clock: Clock, lost: (why: string) => void): Promise<LockWatch> {
  const locked = await stat(path);
  let timer: Timer | null = null;
  let stopped = false;
  const look = async () => {
    // A disk that does not answer says nothing about the file.
    const found = await unlessAbsent(stat(path)).catch(() => locked);
    if (stopped) return;
    if (found?.ino === locked.ino && found.dev === locked.dev)
      timer = clock.setTimer(every, () => void look());
    else lost(found ? `${path} is another file now` : `${path} was removed`);
  };
  timer = clock.setTimer(every, () => void look());
  return {
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
