/** What the figures were measured on. Names nobody's machine: cores, memory, versions. */
import { execFile } from 'node:child_process';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';

export interface Machine {
  readonly cores: number;
  /** GiB. */
  readonly memory: number;
  readonly node: string;
  readonly chromium: string;
  /** Of the last minute, before the first scenario: above 1 the machine had other work. */
  readonly load: number;
}

export async function describeMachine(executable: string): Promise<Machine> {
  const { stdout } = await promisify(execFile)(executable, ['--version']);
  return {
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    chromium: /\d+(\.\d+){3}/.exec(stdout)?.[0] ?? stdout.trim(),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function machineLine({ cores, memory, node, chromium, load }: Machine): string {
  return `${cores} cores, ${memory} GiB, Node ${node}, Chromium ${chromium}, load average ${load} before`;
}
