/** Processes as this bench looks at them: who belongs to a run, and what each costs. */
import { readFile } from 'node:fs/promises';
import { LinuxProcesses } from '../src/system/linux-processes.ts';
import { treeOf } from '../src/system/process-tree.ts';
import { isGone, type ProcessInfo } from '../src/system/processes.ts';

const processes = new LinuxProcesses();

export function allProcesses(): Promise<readonly ProcessInfo[]> {
  return processes.list();
}

/** Those with an argument that `meant` recognises. */
export async function processesWith(meant: (argument: string) => boolean): Promise<readonly ProcessInfo[]> {
  return (await processes.list()).filter((one) => !isGone(one) && one.argv.some(meant));
}

/** The browser's main process on a profile: its children carry `--type=`. */
export async function browserOn(profile: string): Promise<ProcessInfo> {
  const found = await processesWith((argument) => argument === `--user-data-dir=${profile}`);
  const main = found.find(({ argv }) => !argv.some((argument) => argument.startsWith('--type=')));
  if (!main) throw new Error(`no browser runs on ${profile}`);
  return main;
}

export async function descendantsOf(root: ProcessInfo): Promise<readonly ProcessInfo[]> {
  return treeOf(await processes.list(), [root]);
}

/** This process and all below it. */
export async function ownTree(): Promise<readonly ProcessInfo[]> {
  const all = await processes.list();
  return treeOf(
    all,
    all.filter(({ pid }) => pid === process.pid),
  );
}

/** Seconds of CPU that this process and everything below it have used so far, what has ended left out. */
export async function cpuOf(pid: number): Promise<number> {
  const all = await processes.list();
  const root = all.filter((one) => one.pid === pid);
  const seconds = await Promise.all(treeOf(all, root).map((one) => secondsOf(one.pid)));
  return seconds.reduce((total, one) => total + one, 0);
}

/** Seconds of CPU of one process, in user space and in the kernel. */
export async function secondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** Kills what still runs with this directory in its arguments: nothing but what this run has started does. */
export async function killLeftovers(directory: string): Promise<number> {
  const left = await processesWith((argument) => argument.includes(directory));
  const others = left.filter(({ pid }) => pid !== process.pid);
  for (const one of others) await processes.signal(one, 'SIGKILL');
  return others.length;
}

/** Megabytes (10⁶ bytes would flatter; these are MiB, as `ps` and the kernel count). */
export interface Memory {
  /** Shared pages counted by the share of those who have them. */
  readonly pss: number;
  /** What would be free if it ended. */
  readonly own: number;
  readonly rss: number;
}

export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  const all = await Promise.all(pids.map(memoryOfOne));
  const sum = (field: keyof Memory) => all.reduce((total, one) => total + one[field], 0);
  return { pss: sum('pss'), own: sum('own'), rss: sum('rss') };
}

async function memoryOfOne(pid: number): Promise<Memory> {
  // One that has just ended costs nothing.
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return {
    pss: megabytes('Pss'),
    own: megabytes('Private_Clean') + megabytes('Private_Dirty'),
    rss: megabytes('Rss'),
  };
}
