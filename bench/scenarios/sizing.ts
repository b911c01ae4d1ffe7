/** What sessions take of a machine, all of a daemon's processes together: memory, CPU, tasks, disk; at rest and at a start. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/system/clock.ts';
import { treeOf } from '../../src/system/process-tree.ts';
import { profilePath, type VolumeLayout } from '../../src/volume/layout.ts';
import { Daemon } from '../daemon.ts';
import { figure, median, type Result } from '../figure.ts';
import { allProcesses, cpuOf, type Memory, memoryOf } from '../processes.ts';
import { sessions, type Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const counts = [1, 3, 6] as const;
/** From the last `ready` to the first sample: past the start's own rubbish. */
const settling = 45_000;
/** One round of every probe: the heartbeat comes every two minutes. */
const resting = 120_000;
const samples = 5;
/** Between two looks at a start: a look itself costs some milliseconds. */
const lookEvery = 100;

interface AtRest {
  readonly memory: readonly Memory[];
  /** Percent of one core. */
  readonly cpu: number;
  readonly processes: number;
  readonly tasks: number;
}

interface Start {
  /** Highest PSS of the session while it started, in megabytes. */
  readonly peak: number;
  /** Seconds of CPU until it was online. */
  readonly cpu: number;
}

export async function sizing(workshop: Workshop, { runs, told }: Request): Promise<Result> {
  const starts: Start[] = [];
  for (let run = 1; run <= runs; run++) {
    starts.push(await oneStart(workshop));
    told(`start ${run} of ${runs}: ${JSON.stringify(starts.at(-1))}`);
  }
  const rest = new Map<number, AtRest>();
  for (const count of counts) {
    rest.set(count, await atRest(workshop, count));
    told(`${count} at rest: ${JSON.stringify(rest.get(count))}`);
  }
  const [one, three, six] = counts.map((count) => rest.get(count) as AtRest) as [AtRest, AtRest, AtRest];
  const pss = ({ memory }: AtRest) => memory.map((sample) => sample.pss);
  const further = pss(six).map((value) => (value - median(pss(one))) / 5);
  const disk = await onDisk(workshop);
  return {
    scenario: 'sizing',
    title: 'What sessions take of a machine',
    figures: [
      figure('daemon and 1 session, PSS', 'MB', pss(one)),
      figure('daemon and 3 sessions, PSS', 'MB', pss(three)),
      figure('daemon and 6 sessions, PSS', 'MB', pss(six)),
      figure(
        'the same 6, RSS summed up',
        'MB',
        six.memory.map((sample) => sample.rss),
      ),
      figure('each further session, PSS', 'MB', further),
      figure(
        'a start alone, highest PSS of the session',
        'MB',
        starts.map(({ peak }) => peak),
      ),
      figure(
        'a start, CPU time until online',
        's',
        starts.map(({ cpu }) => cpu),
      ),
      figure('at rest, CPU of one core, a session of 6', '%', [six.cpu / 6]),
      figure('processes of a session', 'count', [(six.processes - 1) / 6]),
      figure('tasks (threads) of a session', 'count', [(six.tasks - one.tasks) / 5]),
      figure('profile on the disk, caches included', 'MB', disk.profiles),
      figure('backup of it in the vault', 'MB', disk.backups),
    ],
    notes: [
      `At rest: ${samples} samples over ${resting / 1000} s, from ${settling / 1000} s after the last session came online; daemon, hosts and browsers together. CPU over all of that time, at default intervals.`,
      'The page is the simulator’s, nobody writes, and there is next to no history: the real one takes more of everything.',
    ],
  };
}

async function atRest(workshop: Workshop, count: number): Promise<AtRest> {
  const ids = sessions.slice(0, count);
  const layout = await workshop.volumeWith(ids);
  try {
    await using daemon = Daemon.start(workshop, layout);
    for (const id of ids) await daemon.online(id);
    await systemClock.sleep(settling);
    const { pid } = daemon.program;
    const before = await cpuOf(pid);
    const began = performance.now();
    const memory: Memory[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await systemClock.sleep(resting / samples);
      memory.push(await memoryOf(await treePids(pid)));
    }
    const cpu = (((await cpuOf(pid)) - before) / ((performance.now() - began) / 1000)) * 100;
    const pids = await treePids(pid);
    return { memory, cpu, processes: pids.length, tasks: await tasksOf(pids) };
  } finally {
    await workshop.discard(layout);
  }
}

/** Of a session alone: what is there beside the daemon. */
async function oneStart(workshop: Workshop): Promise<Start> {
  const layout = await workshop.volumeWith(sessions.slice(0, 1));
  try {
    await using daemon = Daemon.start(workshop, layout);
    const { pid } = daemon.program;
    let peak = 0;
    let over = false;
    const looking = (async () => {
      while (!over) {
        const others = (await treePids(pid)).filter((one) => one !== pid);
        peak = Math.max(peak, (await memoryOf(others)).pss);
        await systemClock.sleep(lookEvery);
      }
    })();
    await daemon.online(sessions[0] as (typeof sessions)[number]);
    const cpu = await cpuOf(pid);
    // The page goes on unpacking for a moment.
    await systemClock.sleep(3_000);
    over = true;
    await looking;
    return { peak, cpu };
  } finally {
    await workshop.discard(layout);
  }
}

async function treePids(root: number): Promise<readonly number[]> {
  const all = await allProcesses();
  return treeOf(
    all,
    all.filter(({ pid }) => pid === root),
  ).map(({ pid }) => pid);
}

async function tasksOf(pids: readonly number[]): Promise<number> {
  const counted = await Promise.all(
    pids.map((pid) =>
      readdir(`/proc/${pid}/task`).then(
        (tasks) => tasks.length,
        // It has just ended.
        () => 0,
      ),
    ),
  );
  return counted.reduce((total, one) => total + one, 0);
}

async function onDisk({ template }: Workshop): Promise<{ profiles: number[]; backups: number[] }> {
  const megabytes = async (path: string) => (await bytesBelow(path)) / 1024 ** 2;
  const profiles: number[] = [];
  const backups: number[] = [];
  for (const id of sessions) {
    profiles.push(await megabytes(profilePath(template, id)));
    backups.push(await megabytes(vaultOf(template, id)));
  }
  return { profiles, backups };
}

function vaultOf(layout: VolumeLayout, id: string): string {
  return join(layout.vault, 'sessions', id);
}

async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((total, one) => total + one, 0);
}
