/**
 * Whether a path in another process's arguments is a directory of ours. By identity, since the same directory
 * goes by several names and another container's `/data` by the same one.
 */
import { realpath, stat } from 'node:fs/promises';
import { normalize } from 'node:path';
import { unlessAbsent } from '../system/errno.ts';
import type { Processes } from '../system/processes.ts';

export type SamePlace = (pid: number, theirs: string) => Promise<boolean>;

export async function samePlaceAs(ours: string, processes: Processes): Promise<SamePlace> {
  const found = await unlessAbsent(stat(ours, { bigint: true }));
  const called = new Set([normal(ours), normal((await unlessAbsent(realpath(ours))) ?? ours)]);
  return async (pid, theirs) => {
    const seen = await processes.fileSeenBy(pid, theirs);
    // A browser may go on after its profile was moved from under it: then the name is all there is.
    if (seen === 'unknown' || (seen === 'absent' && !found)) return called.has(normal(theirs));
    return seen !== 'absent' && seen.device === found?.dev && seen.inode === found.ino;
  };
}

function normal(path: string): string {
  return normalize(path).replace(/(.)\/+$/, '$1');
}
