/** Processes that belong together: a browser and everything that it has started. */
import { isGone, type Processes, type ProcessIdentity, type ProcessInfo } from './processes.ts';

/**
 * These processes, their descendants, and the groups that they lead. A group that somebody else leads is left
 * alone: it may be the daemon's own.
 */
export function treeOf(all: readonly ProcessInfo[], roots: readonly ProcessInfo[]): readonly ProcessInfo[] {
  const found = new Map(roots.map((root) => [root.pid, root]));
  const groups = new Set(roots.filter(({ pid, group }) => pid === group).map(({ group }) => group));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const candidate of all) {
      if (!found.has(candidate.pid) && (found.has(candidate.parent) || groups.has(candidate.group))) {
        found.set(candidate.pid, candidate);
      }
    }
  }
  return [...found.values()].filter((candidate) => !isGone(candidate));
}

/**
 * What is left of a tree that was seen before, its first process being the root: whoever is the same still, in that
 * order, and whoever has joined them since.
 */
export function remainderOf(
  all: readonly ProcessInfo[],
  known: readonly ProcessIdentity[],
): readonly ProcessInfo[] {
  const now = new Map(all.map((one) => [one.pid, one]));
  const living = known.flatMap(({ pid, startTime }) => {
    const one = now.get(pid);
    return one?.startTime === startTime && !isGone(one) ? one : [];
  });
  // The number of a group is not given away while one of its members lives, its leader or not.
  const leader = known[0]?.pid;
  const led = living.some(({ group }) => group === leader) ? all.filter(({ group }) => group === leader) : [];
  return treeOf(all, [...living, ...led]);
}

/** Lets a tree that was stopped run again, its root last. Never throws; doing it again changes nothing. */
export async function resumeTree(
  tree: readonly ProcessIdentity[],
  processes: Pick<Processes, 'signal' | 'signalGroup'>,
): Promise<void> {
  const [root, ...others] = tree;
  if (!root) return;
  const resume = async (one: ProcessIdentity) => {
    try {
      await processes.signal(one, 'SIGCONT');
      return true;
    } catch {
      return false;
    }
  };
  const resumed = await Promise.all(others.map(resume));
  if ((await resume(root)) && !resumed.includes(false)) return;
  // Nobody can be looked at, as with no descriptor left. What is stopped does not end, so that the group is the same.
  try {
    processes.signalGroup(root.pid, 'SIGCONT');
  } catch {
    // Whoever watches the tree from another process tries it, too.
  }
}
