import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { eventually } from '../../test/support/eventually.ts';
import { LinuxProcesses, parseCommandLine, parseCpuTime, parseStat } from './linux-processes.ts';

const processes = new LinuxProcesses();

async function running(pid: number) {
  const found = await processes.find(pid);
  if (!found) throw new Error(`no process ${pid}`);
  return found;
}

describe('a line of /proc/<pid>/stat', () => {
  const rest = '7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1';

  it.each(['node', 'a b', 'x) S 1 2 3', '(())', 'two\nlines', ''])(
    'is read whatever the command is called: %j',
    (comm) => {
      expect(parseStat(`42 (${comm}) S ${rest}`)).toEqual({
        pid: 42,
        parent: 7,
        group: 42,
        state: 'S',
        startTime: 987654,
      });
    },
  );

  it('that is cut short is nothing', () => {
    expect(parseStat('42 (node) S 7 42')).toBeNull();
    expect(parseStat('')).toBeNull();
  });

  it('tells the time that was used, in user mode and in the kernel', () => {
    expect(parseCpuTime('42 (x) S 1 S) R 7 42 42 0 -1 4194560 1 0 0 0 150 25 9 9 20 0 1 0 987654 1')).toBe(
      1_750,
    );
    expect(parseCpuTime('42 (node) S 7 42')).toBeNull();
  });

  it('never throws, whatever it holds', () => {
    fc.assert(fc.property(fc.string(), (text) => void [parseStat(text), parseCpuTime(text)]));
  });
});

it('keeps empty arguments apart from the end of the command line', () => {
  expect(parseCommandLine('a\0\0b\0')).toEqual(['a', '', 'b']);
  expect(parseCommandLine('')).toEqual([]);
});

describe('the processes of this machine', () => {
  it('are listed with their arguments as they were passed', async () => {
    const { pid } = await decoy(['--one=a b', '', '--two']);
    const found = (await processes.list()).find((process) => process.pid === pid);
    expect(found?.argv.slice(-3)).toEqual(['--one=a b', '', '--two']);
    expect(found?.parent).toBe(process.pid);
  });

  it('use time, until they are gone', async () => {
    expect(processes.cpuTime(process.pid)).toBeGreaterThan(0);
    const { pid, kill } = await decoy([]);
    await kill();
    expect(processes.cpuTime(pid)).toBeNull();
  });

  it('are gone once they are dead', async () => {
    const { pid, kill } = await decoy([]);
    await kill();
    expect(await processes.find(pid)).toBeNull();
  });

  it('are listed but for those that are known', async () => {
    const { pid } = await decoy([]);
    const listed = await processes.list(new Set([process.pid]));
    expect(listed.map((one) => one.pid)).toContain(pid);
    expect(listed.map((one) => one.pid)).not.toContain(process.pid);
  });

  it('that end while they are listed are left out', async () => {
    const proc = await scratchDirectory();
    await mkdir(join(proc, '41'));
    await mkdir(join(proc, '42'));
    await writeFile(join(proc, '42', 'stat'), '42 (x) S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 1 1');
    await writeFile(join(proc, '42', 'cmdline'), 'x\0');
    expect((await new LinuxProcesses(proc).list()).map(({ pid }) => pid)).toEqual([42]);
  });

  it.each([0, -1, 1.5, Number.NaN])('have no pid %d', async (pid) => {
    expect(await processes.find(pid)).toBeNull();
  });
});

describe('the threads of a process', () => {
  it('are all told, by their states', async () => {
    const { pid, child } = await decoy([], {
      script: `exec "${process.execPath}" -e 'setInterval(() => {}, 1e6)'`,
    });
    await eventually(async () => expect((await processes.threads(pid)).length).toBeGreaterThan(3));
    child.kill('SIGSTOP');
    await eventually(async () => expect(new Set(await processes.threads(pid))).toEqual(new Set(['T'])));
    expect((await processes.threads(pid)).length).toBeGreaterThan(3);
  });

  it('are none when it is gone', async () => {
    const { pid, kill } = await decoy([]);
    await kill();
    expect(await processes.threads(pid)).toEqual([]);
  });
});

describe('a signal', () => {
  it('reaches the process that is meant', async () => {
    const { pid, child } = await decoy([]);
    expect(await processes.signal(await running(pid), 'SIGKILL')).toBe(true);
    await eventually(() => expect(child.signalCode).toBe('SIGKILL'));
  });

  it('spares another process under the same pid', async () => {
    const { pid, child } = await decoy([]);
    const { startTime } = await running(pid);
    expect(await processes.signal({ pid, startTime: startTime - 1 }, 'SIGKILL')).toBe(false);
    expect(child.signalCode).toBeNull();
    expect((await running(pid)).state).not.toBe('Z');
  });

  it('counts a zombie as gone', async () => {
    // The shell becomes `sleep`, which never asks how its child ended.
    const { pid } = await decoy([], { script: 'true & exec sleep 1000' });
    const zombie = await eventually(async () => {
      const child = (await processes.list()).find(({ parent }) => parent === pid);
      if (child?.state !== 'Z') throw new Error('not yet');
      return child;
    });
    expect(zombie.argv).toEqual([]);
    expect(await processes.signal(zombie, 'SIGKILL')).toBe(false);
  });

  it('reaches a whole group, and says when nobody is left in it', async () => {
    const { pid, child } = await decoy([], { detached: true });
    expect(processes.signalGroup(pid, 'SIGKILL')).toBe(true);
    await eventually(() => expect(child.signalCode).toBe('SIGKILL'));
    expect(processes.signalGroup(pid, 'SIGKILL')).toBe(false);
  });

  it.each([-1, 0, 1])('is never sent to group %d, which would be ourselves or everybody', (group) => {
    expect(processes.signalGroup(group, 'SIGCONT')).toBe(false);
  });
});

describe('a path as another process sees it', () => {
  it('is resolved from its working directory and told by identity', async () => {
    const cwd = await scratchDirectory();
    await mkdir(join(cwd, 'profile'));
    const { pid } = await decoy([], { cwd });
    const { dev, ino } = await stat(join(cwd, 'profile'), { bigint: true });
    const identity = { device: dev, inode: ino };
    expect(await processes.fileSeenBy(pid, 'profile')).toEqual(identity);
    expect(await processes.fileSeenBy(pid, join(cwd, 'profile'))).toEqual(identity);
    expect(await processes.fileSeenBy(pid, 'nothing')).toBe('absent');
  });

  it('is unknown when the process is gone', async () => {
    const { pid, kill } = await decoy([]);
    await kill();
    expect(await processes.fileSeenBy(pid, '/')).toBe('unknown');
  });
});
