/**
 * Ending what an earlier daemon left: a host without a daemon and its browser. First they get time to end by
 * themselves, since a browser that is closed writes the login to disk and one that is killed may not; then they
 * are killed, each known by pid and start time, and waited for until /proc says that they are gone.
 */
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import { treeOf } from '../system/process-tree.ts';
import { isGone, isStopped, type Processes, type ProcessInfo } from '../system/processes.ts';
import { names, type ProfileInspection } from './inspect-profile.ts';
import { markedVolumes, sessionMarker } from './markers.ts';
import { samePlaceAs } from './same-place.ts';

const lookEvery = 50;
/** SIGKILL takes 100 ms for a browser's whole tree; longer means a disk that hangs. */
const killDeadline = 5_000;

/** The hosts of this session that were started on this volume, among these processes. */
export async function hostsAmong(
  running: readonly ProcessInfo[],
  id: SessionId,
  volume: string,
  processes: Processes,
): Promise<readonly ProcessInfo[]> {
  const candidates = running.filter(
    (candidate) => !isGone(candidate) && candidate.argv.includes(sessionMarker(id)),
  );
  if (candidates.length === 0) return [];
  const isVolume = await samePlaceAs(volume, processes);
  const hosts: ProcessInfo[] = [];
  for (const candidate of candidates)
    if (await names(candidate, markedVolumes, isVolume)) hosts.push(candidate);
  return hosts;
}

export interface EndOptions {
  readonly hosts: readonly ProcessInfo[];
  readonly browsers: ProfileInspection['processes'];
  readonly processes: Processes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds to end by themselves. */
  readonly grace: number;
}

/** False when some of them is still there after everything was tried. Rejects when the signal aborts. */
export async function endOrphans(options: EndOptions): Promise<boolean> {
  const { processes, clock, signal } = options;
  // Hosts first: a host that sees its browser die might start another.
  const roots = [...options.hosts, ...options.browsers];
  const targets = new Map<string, ProcessInfo>();
  const look = async () => {
    for (const candidate of treeOf(await processes.list(), [...roots, ...targets.values()])) {
      targets.set(`${candidate.pid}:${candidate.startTime}`, candidate);
    }
  };
  await look();
  // What stands still, as a snapshot leaves it whose host was killed, does not end by itself however long one waits.
  const grace = roots.every(isStopped) ? 0 : options.grace;
  if (await areGone(targets, options, clock.monotonic() + grace)) return true;
  const deadline = clock.monotonic() + killDeadline;
  for (;;) {
    for (const candidate of targets.values()) await processes.signal(candidate, 'SIGKILL');
    if (await areGone(targets, options, Math.min(deadline, clock.monotonic() + 4 * lookEvery))) return true;
    if (clock.monotonic() >= deadline) return false;
    signal.throwIfAborted();
    // Somebody may have forked between the look and the kill.
    await look();
  }
}

async function areGone(
  targets: ReadonlyMap<string, ProcessInfo>,
  { processes, clock, signal }: EndOptions,
  deadline: number,
): Promise<boolean> {
  for (;;) {
    const now = await Promise.all([...targets.values()].map((target) => isThere(target, processes)));
    if (!now.includes(true)) return true;
    if (clock.monotonic() >= deadline) return false;
    await clock.sleep(lookEvery, signal);
  }
}

async function isThere(target: ProcessInfo, processes: Processes): Promise<boolean> {
  const now = await processes.find(target.pid);
  return !isGone(now) && now?.startTime === target.startTime;
}
