import { describe, expect, it } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { eventually } from '../../test/support/eventually.ts';
import { LinuxProcesses } from './linux-processes.ts';
import { remainderOf, resumeTree, treeOf } from './process-tree.ts';
import type { ProcessInfo } from './processes.ts';

const info = (pid: number, parent: number, group: number, state = 'S'): ProcessInfo => ({
  pid,
  parent,
  group,
  state,
  startTime: pid,
  argv: [],
});
const pids = (tree: readonly ProcessInfo[]) => tree.map(({ pid }) => pid);

describe('the processes that go with a browser', () => {
  it('are its descendants and the group that it leads', () => {
    const browser = info(10, 1, 10);
    const all = [
      browser,
      info(12, 11, 99),
      info(11, 10, 10),
      info(13, 1, 10),
      info(14, 1, 14),
      info(15, 10, 10, 'Z'),
    ];
    expect(pids(treeOf(all, [browser])).sort()).toEqual([10, 11, 12, 13]);
  });

  it('are never a group that somebody else leads, such as the daemon’s own', () => {
    const browser = info(10, 5, 5);
    expect(treeOf([info(5, 1, 5), browser, info(6, 5, 5)], [browser])).toEqual([browser]);
  });
});

describe('what is left of a tree', () => {
  const known = [info(10, 1, 10), info(11, 10, 10), info(12, 11, 10)];

  it('begins with its root, and takes in who joined it', () => {
    const all = [info(9, 12, 10), info(12, 11, 10), info(11, 10, 10), info(10, 1, 10), info(20, 1, 20)];
    expect(pids(remainderOf(all, known))).toEqual([10, 11, 12, 9]);
  });

  it('is still known by its group when the root is gone', () => {
    const all = [info(12, 1, 10), info(13, 1, 10)];
    expect(pids(remainderOf(all, known))).toEqual([12, 13]);
  });

  it('is nobody who merely has a number of it now', () => {
    const stranger = { ...info(10, 1, 10), startTime: 999 };
    expect(remainderOf([stranger, info(30, 10, 10)], known)).toEqual([]);
  });

  it('is nobody when all are zombies', () => {
    expect(remainderOf([info(10, 1, 10, 'Z')], known)).toEqual([]);
  });
});

describe('letting a tree run again', () => {
  const tree = [info(10, 1, 10), info(11, 10, 10), info(12, 10, 10)];

  it('does the root last', async () => {
    const told: string[] = [];
    await resumeTree(tree, {
      signal: async ({ pid }, signal) => told.push(`${signal} ${pid}`) > 0,
      signalGroup: () => expect.fail('nobody asked for the group'),
    });
    expect(told).toEqual(['SIGCONT 11', 'SIGCONT 12', 'SIGCONT 10']);
  });

  it('is done to the whole group when nobody can be looked at', async () => {
    const groups: number[] = [];
    await resumeTree(tree, {
      signal: async () => Promise.reject(new Error('EMFILE')),
      signalGroup: (group) => groups.push(group) > 0,
    });
    expect(groups).toEqual([10]);
  });

  it('never fails', async () => {
    const refuse = () => {
      throw new Error('no');
    };
    await resumeTree(tree, { signal: async () => refuse(), signalGroup: refuse });
    await resumeTree([], { signal: async () => refuse(), signalGroup: refuse });
  });

  it('works on real processes', async () => {
    const processes = new LinuxProcesses();
    const { pid, child } = await decoy([], { detached: true, script: 'sleep 1000 & wait' });
    const state = async () => (await processes.find(pid))?.state;
    child.kill('SIGSTOP');
    await eventually(async () => expect(await state()).toBe('T'));
    const root = (await processes.find(pid)) as ProcessInfo;
    const all = treeOf(await processes.list(), [root]);
    await resumeTree(all, processes);
    await eventually(async () => expect(await state()).toBe('S'));
    processes.signalGroup(pid, 'SIGKILL');
  });
});
