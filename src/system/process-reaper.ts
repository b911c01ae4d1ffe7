/**
 * Ends what is left of one launch and returns when nothing is. A process belongs to the launch if it carries
 * the launch's marker, or if it is in the group of one that does (a browser's children name neither). A
 * browser that somebody else runs on the same profile does not, and is never harmed.
 */
import type { Clock } from './clock.ts';
import { DeadlineExceeded } from './deadline.ts';
import type { Processes, ProcessInfo } from './processes.ts';

export interface Launch {
  /** An argument that only this launch's browser was started with. */
  readonly marker: string;
  /** The browser's pid and process group, if it was ever seen. */
  readonly group: number | null;
}

const pollMs = 25;

/** Throws `DeadlineExceeded` if something outlives SIGKILL for `deadline` milliseconds (a process in state D). */
export async function reap(
  launch: Launch,
  ports: { readonly processes: Processes; readonly clock: Clock },
  deadline: number,
): Promise<void> {
  const { clock, processes } = ports;
  const end = clock.monotonic() + deadline;
  const groups = new Set<number>(launch.group === null ? [] : [launch.group]);
  // A group's number is not reused while it has members, but may be once it was seen empty.
  for (;;) {
    const left = members(await processes.list(), launch.marker, groups);
    if (left.length === 0) return;
    if (clock.monotonic() > end)
      throw new DeadlineExceeded(`Killing ${left.length} browser processes`, deadline);
    for (const process of left) await processes.signal(process, 'SIGKILL');
    await clock.sleep(pollMs);
  }
}

function members(all: readonly ProcessInfo[], marker: string, groups: Set<number>): ProcessInfo[] {
  for (const process of all) {
    if (process.argv.includes(marker)) groups.add(process.group);
  }
  return all.filter(
    (process) => process.state !== 'Z' && (process.argv.includes(marker) || groups.has(process.group)),
  );
}
