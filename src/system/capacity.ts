/**
 * Memory and cores that this process may use: what its control group allows, else what the machine has. A
 * container on a large machine sees all of it everywhere but here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Capacity {
  /** May be a fraction: half a core is a common container. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly available: number };
  /** What sets the limits. */
  readonly limitedBy: { readonly cores: 'cgroup' | 'machine'; readonly memory: 'cgroup' | 'machine' };
}

/** What the machine itself has; `os` tells. */
export interface Machine {
  readonly cores: number;
  readonly totalMemory: number;
  readonly freeMemory: number;
}

/** `root` is `/` but in tests. Reads are of a few kernel files, and never block. */
export function readCapacity(machine: Machine, root = '/'): Capacity {
  const read = (path: string) => readText(join(root, path));
  const groups = groupsOf(read('proc/self/cgroup') ?? '');
  const machineAvailable = kilobytes(read('proc/meminfo') ?? '', 'MemAvailable') ?? machine.freeMemory;
  let cores = machine.cores;
  let total = machine.totalMemory;
  let available = machineAvailable;
  // The tightest of a group and all that it lies in counts.
  for (const group of groups.unified) {
    const at = (file: string) => read(join('sys/fs/cgroup', group, file));
    const limit = amount(at('memory.max'));
    const used = amount(at('memory.current'));
    if (limit !== null && limit < machine.totalMemory) {
      total = Math.min(total, limit);
      available = Math.min(
        available,
        limit - (used ?? 0) + (counter(at('memory.stat'), 'inactive_file') ?? 0),
      );
    }
    const [quota = null, period = null] = (at('cpu.max') ?? '').split(' ').map(amount);
    if (quota !== null && period !== null && period > 0) cores = Math.min(cores, quota / period);
  }
  for (const group of groups.memory) {
    const at = (file: string) => read(join('sys/fs/cgroup/memory', group, file));
    const limit = amount(at('memory.limit_in_bytes'));
    const used = amount(at('memory.usage_in_bytes'));
    // Without a limit the kernel reports an absurdly large one.
    if (limit !== null && limit < machine.totalMemory) {
      total = Math.min(total, limit);
      available = Math.min(
        available,
        limit - (used ?? 0) + (counter(at('memory.stat'), 'total_inactive_file') ?? 0),
      );
    }
  }
  for (const group of groups.cpu) {
    const at = (file: string) => read(join('sys/fs/cgroup/cpu', group, file));
    const quota = amount(at('cpu.cfs_quota_us'));
    const period = amount(at('cpu.cfs_period_us'));
    if (quota !== null && quota > 0 && period !== null && period > 0) cores = Math.min(cores, quota / period);
  }
  return {
    cores,
    memory: { total, available: Math.max(0, Math.min(available, total)) },
    limitedBy: {
      cores: cores < machine.cores ? 'cgroup' : 'machine',
      memory: total < machine.totalMemory ? 'cgroup' : 'machine',
    },
  };
}

/** A browser's peak while it starts; measured 398 MB for the first. */
const startMemory = 400 * 1024 ** 2;

/** Starts at the same time: more than there are cores only stretches each of them towards its deadline. */
export function defaultConcurrency(capacity: Capacity): number {
  const byMemory = Math.floor(capacity.memory.available / startMemory);
  return Math.max(1, Math.min(Math.floor(capacity.cores), byMemory));
}

/** Proportional memory of one session, browser and host together: measured 203 to 246 MB with several. */
export const sessionMemory = 250 * 1024 ** 2;
/** The daemon and the system around it. */
const baseMemory = 250 * 1024 ** 2;

export function sessionsThatFit(capacity: Capacity): number {
  return Math.max(0, Math.floor((capacity.memory.total - baseMemory) / sessionMemory));
}

/** What a machine for so many sessions has. */
export function memoryFor(sessions: number): number {
  return baseMemory + sessions * sessionMemory;
}

interface Groups {
  readonly unified: readonly string[];
  readonly memory: readonly string[];
  readonly cpu: readonly string[];
}

/** Lines are `0::/path` (v2) and `4:cpu,cpuacct:/path` (v1). */
function groupsOf(text: string): Groups {
  const lines = text.split('\n').map((line) => line.split(':'));
  const pathOf = (fits: (controllers: string) => boolean) => {
    const line = lines.find(([, controllers]) => controllers !== undefined && fits(controllers));
    // Inside a container the path may be the host's, of which only the root is mounted: that counts in any case.
    return ancestors(line?.slice(2).join(':') ?? '/');
  };
  return {
    unified: pathOf((controllers) => controllers === ''),
    memory: pathOf((controllers) => controllers.split(',').includes('memory')),
    cpu: pathOf((controllers) => controllers.split(',').includes('cpu')),
  };
}

/** `/a/b` lies in `a/b`, `a` and the root. */
function ancestors(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return ['', ...parts].map((_, depth) => parts.slice(0, depth).join('/'));
}

/** A whole number; null for `max`, `-1`, nothing. */
function amount(text: string | null | undefined): number | null {
  return text != null && /^\d+\s*$/.test(text) ? Number(text) : null;
}

function counter(text: string | null, name: string): number | null {
  return amount(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
}

function kilobytes(text: string, name: string): number | null {
  const found = amount(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
  return found === null ? null : found * 1024;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
