/** Processes that were started on a stage, whoever their parent is by now. */
import { readFileSync } from 'node:fs';
import { allProcesses, type RunningProcess, send } from '../test/support/processes.ts';

/**
 * By the directory for temporary files, which each of them inherits: a person who looks at the scratch directory
 * meanwhile, from a shell in it, has another one.
 *
 * @param temporary that directory, or one that it lies in
 */
export function startedWith(temporary: string): readonly RunningProcess[] {
  const isTheirs = (variable: string) => `${variable}/`.startsWith(`TMPDIR=${temporary}/`);
  return allProcesses().filter(({ pid }) => pid !== process.pid && environmentOf(pid).some(isTheirs));
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // It has ended, or is another user's.
    return [];
  }
}

/** Kills them with the groups that they lead, until there are none. False when some are left after that long. */
export async function killAll(temporary: string, within: number): Promise<boolean> {
  const end = performance.now() + within;
  for (;;) {
    const left = startedWith(temporary);
    if (left.length === 0) return true;
    if (performance.now() > end) return false;
    for (const { pid, group } of left) {
      if (group === pid) send(-pid, 'SIGKILL');
      send(pid, 'SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
