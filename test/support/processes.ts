/** What runs on a volume, from /proc: the hosts and browsers of any daemon, and whatever they started. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The kernel's letter: R, S, D, T … */
  readonly state: string;
  readonly argv: readonly string[];
  readonly cwd: string | null;
}

/** Those that have ended and were not waited for are none. */
export function allProcesses(): RunningProcess[] {
  return processesWhere(() => true);
}

/** Tests look twenty times a second: of what does not fit only the arguments are read. */
function processesWhere(fits: (argv: readonly string[], pid: number) => boolean): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
        return fits(argv, Number(name)) ? [readProcess(Number(name), argv)] : [];
      } catch {
        // It ended while it was read.
        return [];
      }
    })
    .filter(({ state }) => state !== 'Z' && state !== 'X');
}

function readProcess(pid: number, argv: readonly string[]): RunningProcess {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name before it may hold anything, parentheses included.
  const [state = '', parent = '', group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, parent: Number(parent), group: Number(group), state, argv, cwd: cwdOf(pid) };
}

function cwdOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** Everything that names this directory in its arguments, or works in it: children of browsers do only the latter. */
export function processesOn(directory: string): RunningProcess[] {
  const within = (path: string) => path === directory || path.startsWith(`${directory}/`);
  return processesWhere((argv, pid) => {
    if (argv.some((argument) => argument.includes(directory))) return true;
    const cwd = cwdOf(pid);
    return cwd !== null && within(cwd);
  });
}

export function hostsOn(root: string, session?: string): RunningProcess[] {
  const mark = session === undefined ? '--vigil-session=' : `--vigil-session=${session}`;
  return processesWhere(
    (argv) =>
      argv.includes(`--vigil-volume=${root}`) &&
      argv.some((argument) => (session === undefined ? argument.startsWith(mark) : argument === mark)),
  );
}

/** Main processes only: a child carries its type, and one that was only just forked has its parent's arguments. */
export function browsersOn(profile: string): RunningProcess[] {
  const found = processesWhere(
    (argv) =>
      argv.some(
        (argument) =>
          argument === `--user-data-dir=${profile}` || argument.startsWith(`--user-data-dir=${profile}/`),
      ) && !argv.some((argument) => argument.includes('--type=')),
  );
  const pids = new Set(found.map(({ pid }) => pid));
  return found.filter(({ parent }) => !pids.has(parent));
}

/** Chromium's children show their arguments as one long text. Puppeteer lets the browser lead a group. */
export function renderersOf(browser: RunningProcess): RunningProcess[] {
  return allProcesses().filter(
    ({ group, argv }) =>
      group === browser.pid && argv.some((argument) => argument.includes('--type=renderer')),
  );
}

/** False when it has ended already. By pid only, and only of what was found above or started by the test. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

export function describeProcess({ pid, parent, state, argv, cwd }: RunningProcess): string {
  return `pid ${pid} (parent ${parent}, ${state}, in ${cwd}): ${argv.join(' ').slice(0, 200)}`;
}

/** What anybody on the machine can read of a process, or the user whose it is; empty when it has ended. */
export function exposedBy({ pid }: RunningProcess): string {
  return ['cmdline', 'environ']
    .map((name) => {
      try {
        return readFileSync(`/proc/${pid}/${name}`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .join('\n');
}
