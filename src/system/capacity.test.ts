import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Capacity, defaultConcurrency, readCapacity, sessionsThatFit } from './capacity.ts';

const gigabyte = 1024 ** 3;
const machine = { cores: 8, totalMemory: 32 * gigabyte, freeMemory: 4 * gigabyte };
const roots: string[] = [];

function kernel(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'vigil-capacity-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

describe('capacity', () => {
  it('is that of the machine where nothing limits it', () => {
    const root = kernel({
      'proc/self/cgroup': '0::/\n',
      'proc/meminfo': 'MemTotal:       33554432 kB\nMemAvailable:   16777216 kB\n',
      'sys/fs/cgroup/memory.max': 'max\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
    });
    expect(readCapacity(machine, root)).toEqual({
      cores: 8,
      memory: { total: 32 * gigabyte, available: 16 * gigabyte },
      limitedBy: { cores: 'machine', memory: 'machine' },
    });
    expect(readCapacity(machine, kernel({})).memory.available).toBe(4 * gigabyte);
  });

  it('is the tightest limit of a group and those around it (cgroup v2)', () => {
    const root = kernel({
      'proc/self/cgroup': '0::/outer/inner\n',
      'proc/meminfo': 'MemAvailable:   16777216 kB\n',
      'sys/fs/cgroup/outer/memory.max': `${2 * gigabyte}\n`,
      'sys/fs/cgroup/outer/memory.current': `${gigabyte}\n`,
      'sys/fs/cgroup/outer/memory.stat': `anon 5\ninactive_file ${gigabyte / 2}\n`,
      'sys/fs/cgroup/outer/inner/memory.max': 'max\n',
      'sys/fs/cgroup/outer/inner/cpu.max': '150000 100000\n',
    });
    expect(readCapacity(machine, root)).toEqual({
      cores: 1.5,
      memory: { total: 2 * gigabyte, available: 1.5 * gigabyte },
      limitedBy: { cores: 'cgroup', memory: 'cgroup' },
    });
  });

  it("is read from the group's mount when the path is the host's (container without its own namespace)", () => {
    const root = kernel({
      'proc/self/cgroup': '0::/system.slice/docker-abc.scope\n',
      'sys/fs/cgroup/memory.max': `${gigabyte}\n`,
      'sys/fs/cgroup/cpu.max': '50000 100000\n',
    });
    expect(readCapacity(machine, root)).toMatchObject({ cores: 0.5, memory: { total: gigabyte } });
  });

  it('is known under cgroup v1 too', () => {
    const root = kernel({
      'proc/self/cgroup': '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${3 * gigabyte}\n`,
      'sys/fs/cgroup/memory/memory.usage_in_bytes': `${gigabyte}\n`,
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    });
    expect(readCapacity(machine, root)).toMatchObject({
      cores: 2,
      memory: { total: 3 * gigabyte, available: 2 * gigabyte },
    });
    const unlimited = kernel({
      'proc/self/cgroup': '5:memory:/\n4:cpu,cpuacct:/\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    });
    expect(readCapacity(machine, unlimited)).toMatchObject({ cores: 8, memory: { total: 32 * gigabyte } });
  });
});

describe('starts at the same time', () => {
  const having = (cores: number, available: number): Capacity => ({
    cores,
    memory: { total: available, available },
    limitedBy: { cores: 'machine', memory: 'machine' },
  });

  it.each([
    [0.5, 8 * gigabyte, 1],
    [2, 8 * gigabyte, 2],
    [16, gigabyte, 2],
    [16, 0, 1],
  ])('with %d cores and %d bytes: %d', (cores, available, starts) => {
    expect(defaultConcurrency(having(cores, available))).toBe(starts);
  });

  it('leave room for the daemon when sessions are counted', () => {
    expect(sessionsThatFit(having(2, 512 * 1024 ** 2))).toBe(1);
    expect(sessionsThatFit(having(2, 100))).toBe(0);
  });
});
