/**
 * Processes by reading `/proc`. Everything in there may end between two reads; that is an answer ("gone"),
 * never an error.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { VigilError } from '../errors.ts';
import { errnoOf } from './errno.ts';
import {
  type FileIdentity,
  isGone,
  type Processes,
  type ProcessIdentity,
  type ProcessInfo,
} from './processes.ts';

/** Enough to keep the thread pool busy; a machine with thousands of processes must not open them all at once. */
const readsAtOnce = 32;

/**
 * Parses `/proc/<pid>/stat`. The second field is the command in parentheses and may itself hold spaces,
 * parentheses and line breaks, so the fields are counted from its last closing one.
 */
export function parseStat(text: string): Omit<ProcessInfo, 'argv'> | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return null;
  const pid = Number(text.slice(0, open));
  const fields = text
    .slice(close + 1)
    .trim()
    .split(' ');
  const [state, parent, group] = fields;
  const startTime = fields[19];
  if (!state || parent === undefined || group === undefined || startTime === undefined) return null;
  const numbers = { pid, parent: Number(parent), group: Number(group), startTime: Number(startTime) };
  return Object.values(numbers).every(Number.isSafeInteger) ? { ...numbers, state } : null;
}

/** The kernel counts in hundredths of a second for user space, whatever its own clock does (`USER_HZ`). */
const msPerTick = 10;

/** Fields 14 and 15: time in user mode and in the kernel. In milliseconds. */
export function parseCpuTime(text: string): number | null {
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isSafeInteger(ticks) ? ticks * msPerTick : null;
}

/** Arguments end with a NUL each; an empty one in the middle is an argument like any other. */
export function parseCommandLine(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

export class LinuxProcesses implements Processes {
  readonly #proc: string;

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  async list(except: ReadonlySet<number> = new Set()): Promise<readonly ProcessInfo[]> {
    const pids = (await readdir(this.#proc))
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => !except.has(pid));
    const found: ProcessInfo[] = [];
    for (let start = 0; start < pids.length; start += readsAtOnce) {
      const batch = await Promise.all(pids.slice(start, start + readsAtOnce).map((pid) => this.find(pid)));
      for (const info of batch) if (info) found.push(info);
    }
    return found;
  }

  async find(pid: number): Promise<ProcessInfo | null> {
    if (!Number.isSafeInteger(pid) || pid < 1) return null;
    try {
      const directory = join(this.#proc, String(pid));
      const [status, command] = await Promise.all([
        readFile(join(directory, 'stat'), 'utf8'),
        readFile(join(directory, 'cmdline'), 'utf8'),
      ]);
      const parsed = parseStat(status);
      return parsed && { ...parsed, argv: parseCommandLine(command) };
    } catch (error) {
      // EACCES: hidden from us, so not ours and not to be touched.
      if (hasEnded(error) || ['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return null;
      throw error;
    }
  }

  // Without giving way: a browser stands still while its threads are looked at, and a hundred small reads through the
  // thread pool take ten times as long as by themselves.
  async threads(pid: number): Promise<readonly string[]> {
    const tasks = join(this.#proc, String(pid), 'task');
    const ids = unlessEnded(() => readdirSync(tasks)) ?? [];
    return ids.flatMap((id) => this.#status(join(String(pid), 'task', id))?.state ?? []);
  }

  cpuTime(pid: number): number | null {
    const text = unlessEnded(() => readFileSync(join(this.#proc, String(pid), 'stat'), 'utf8'));
    return text === null ? null : parseCpuTime(text);
  }

  async signal(target: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
    // Nothing comes between the look and the signal. The command line is left alone: reading it waits for a process
    // that waits for its memory.
    const now = this.#status(String(target.pid));
    if (now === null || now.state === 'Z' || now.state === 'X') return false;
    if (now.startTime !== target.startTime) return false;
    return send(target.pid, signal, `Process ${target.pid}`);
  }

  signalGroup(group: number, signal: NodeJS.Signals): boolean {
    // 0 and 1 would mean our own group and, negated, everything.
    if (!Number.isSafeInteger(group) || group < 2) return false;
    return send(-group, signal, `Process group ${group}`);
  }

  async fileSeenBy(pid: number, path: string): Promise<FileIdentity | 'absent' | 'unknown'> {
    const base = path.startsWith('/') ? 'root' : 'cwd';
    try {
      const found = await stat(`${join(this.#proc, String(pid), base)}/${path}`, { bigint: true });
      return { device: found.dev, inode: found.ino };
    } catch (error) {
      const code = errnoOf(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return 'unknown';
      // A process that just ended has no root any more; that says nothing about the file.
      return isGone(await this.find(pid)) ? 'unknown' : 'absent';
    }
  }

  #status(path: string): Omit<ProcessInfo, 'argv'> | null {
    const text = unlessEnded(() => readFileSync(join(this.#proc, path, 'stat'), 'utf8'));
    return text === null ? null : parseStat(text);
  }

  self(): number {
    return process.pid;
  }

  hostname(): string {
    return hostname();
  }
}

/** ESRCH: it ended while its file was open. */
function hasEnded(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'ENOTDIR'].includes(errnoOf(error) ?? '');
}

function unlessEnded<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (hasEnded(error)) return null;
    throw error;
  }
}

function send(pid: number, signal: NodeJS.Signals, name: string): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw new VigilError('internal', `${name} could not be sent ${signal}: ${String(error)}`, {
      cause: error,
      remedy: 'It belongs to another user, probably: end it as that user.',
    });
  }
}
