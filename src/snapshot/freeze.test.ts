import { describe, expect, it, onTestFinished } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { eventually } from '../../test/support/eventually.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { treeOf } from '../system/process-tree.ts';
import type { ProcessIdentity, ProcessInfo } from '../system/processes.ts';
import { FrozenTree } from './freeze.ts';

/** What is asked here is that nothing runs, not how soon: a machine that has much to do gets all the time it needs. */
const patient: typeof systemClock = { ...systemClock, monotonic: () => systemClock.monotonic() / 5 };
const never = new AbortController().signal;

/** Tells the signals that are sent, in their order. */
class HeardProcesses extends LinuxProcesses {
  readonly sent: string[] = [];
  readonly #refused: number | null;

  constructor(refused: number | null = null) {
    super();
    this.#refused = refused;
  }

  override async signal(one: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
    this.sent.push(`${signal} ${one.pid}`);
    if (signal === 'SIGSTOP' && one.pid === this.#refused) throw new Error('EPERM');
    return super.signal(one, signal);
  }
}

/** A group of real processes, led by the one that stands for the browser. */
async function browserOf(script: string, processes = new HeardProcesses()) {
  const { pid } = await decoy([], { detached: true, script });
  onTestFinished(() => void processes.signalGroup(pid, 'SIGKILL'));
  const tree = async () => {
    const all = await processes.list();
    return treeOf(
      all,
      all.filter((one) => one.pid === pid),
    );
  };
  const freeze = async (signal = never, clock: typeof systemClock = patient) => {
    const seen = await processes.list();
    const found = treeOf(
      seen,
      seen.filter((one) => one.pid === pid),
    );
    return FrozenTree.freeze(found, seen, { processes, clock }, signal);
  };
  const threads = async () =>
    (await Promise.all((await tree()).map((one) => processes.threads(one.pid)))).flat();
  const states = async () => [...new Set(await threads())].sort().join('');
  return { pid, processes, tree, freeze, threads, states };
}

const children = 'sleep 1000 & sleep 1000 & wait';
const size = (count: number) => (tree: readonly ProcessInfo[]) => expect(tree).toHaveLength(count);

describe('a browser that is held still', () => {
  it('has no process that runs, and afterwards runs as before', async () => {
    const { tree, freeze, states } = await browserOf(children);
    await eventually(async () => size(3)(await tree()));
    const frozen = await freeze();
    expect(await states()).toBe('T');
    expect(await frozen.stands()).toBe(true);
    await frozen.thaw();
    await eventually(async () => expect(await states()).toBe('S'));
    size(3)(await tree());
  });

  it('has no thread that runs', async () => {
    const { threads, freeze, states } = await browserOf(
      `exec "${process.execPath}" -e 'setInterval(() => {}, 1)'`,
    );
    await eventually(async () => expect((await threads()).length).toBeGreaterThan(3));
    const frozen = await freeze();
    expect(await states()).toBe('T');
    await frozen.thaw();
  });

  it('has none that it started while it was being stopped', async () => {
    // Each lives for a few milliseconds, and starts another one before it ends.
    const { freeze, tree, states } = await browserOf(
      'while :; do (sleep 0.004 & sleep 0.003 & wait) & sleep 0.002; done',
    );
    let stood = 0;
    for (let round = 0; round < 8; round++) {
      // A shell waits in the kernel for the child that it has just forked to run its program. Where that child was
      // stopped first, both wait, and the freeze is given up at its deadline: then everything runs again.
      const frozen = await freeze(never, systemClock).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'snapshot_failed' });
        return null;
      });
      if (!frozen) {
        await eventually(async () => expect(await states()).not.toContain('T'));
        continue;
      }
      stood++;
      const before = (await tree()).map(({ pid }) => pid);
      expect(await states()).toMatch(/^T?$/);
      expect(before.length).toBeGreaterThan(0);
      for (let look = 0; look < 3; look++) expect((await tree()).map(({ pid }) => pid)).toEqual(before);
      expect(await frozen.stands()).toBe(true);
      await frozen.thaw();
    }
    expect(stood).toBeGreaterThan(2);
  });

  it('is stopped before its children, and runs after them', async () => {
    const { pid, processes, tree, freeze } = await browserOf(children);
    await eventually(async () => size(3)(await tree()));
    const frozen = await freeze();
    await frozen.thaw();
    await frozen.thaw();
    expect(processes.sent).toHaveLength(6);
    expect([processes.sent[0], processes.sent[5]]).toEqual([`SIGSTOP ${pid}`, `SIGCONT ${pid}`]);
  });

  it('no longer counts as such once somebody else has let it go', async () => {
    const { pid, processes, tree, freeze } = await browserOf(children);
    await eventually(async () => size(3)(await tree()));
    const frozen = await freeze();
    const child = (await tree()).find((one) => one.pid !== pid);
    process.kill(child?.pid ?? 0, 'SIGCONT');
    await eventually(async () => expect(await processes.threads(child?.pid ?? 0)).toEqual(['S']));
    expect(await frozen.stands()).toBe(false);
    await frozen.thaw();
    expect(await frozen.stands()).toBe(false);
  });

  it('no longer counts as such once it was killed', async () => {
    const { pid, freeze } = await browserOf('read line');
    const frozen = await freeze();
    process.kill(pid, 'SIGKILL');
    await eventually(async () => expect(await frozen.stands()).toBe(false));
    await frozen.thaw();
  });
});

describe('a browser that cannot be held still', () => {
  it('runs again when a thread does not stop within a second', async () => {
    class Busy extends HeardProcesses {
      override async threads(pid: number): Promise<readonly string[]> {
        // As one that waits for a disk.
        return [...(await super.threads(pid)), 'D'];
      }
    }
    const clock = new FakeClock();
    const { pid, processes, freeze, tree } = await browserOf(children, new Busy());
    await eventually(async () => size(3)(await tree()));
    const failure = freeze(never, clock).catch((error: unknown) => error);
    let settled = false;
    void failure.then(() => (settled = true));
    await eventually(() => expect(processes.sent).toContain(`SIGSTOP ${pid}`));
    while (!settled) await clock.advance(50);
    expect(await failure).toMatchObject({
      code: 'snapshot_failed',
      message: expect.stringContaining('1000 ms'),
    });
    expect(clock.monotonic()).toBeLessThan(1_200);
    expect(processes.sent.at(-1)).toBe(`SIGCONT ${pid}`);
    await eventually(async () => {
      for (const one of await tree()) expect(one.state).toBe('S');
    });
  });

  it('runs again when one of its processes may not be stopped', async () => {
    const first = await browserOf(children);
    await eventually(async () => size(3)(await first.tree()));
    const child = (await first.tree()).at(-1);
    const processes = new HeardProcesses(child?.pid);
    const seen = await processes.list();
    const tree = treeOf(
      seen,
      seen.filter(({ pid }) => pid === first.pid),
    );
    await expect(FrozenTree.freeze(tree, seen, { processes, clock: systemClock }, never)).rejects.toThrow();
    await eventually(async () => expect(await first.states()).toBe('S'));
  });

  it('runs again when it is called off meanwhile', async () => {
    const aborter = new AbortController();
    class Slow extends HeardProcesses {
      override async threads(): Promise<readonly string[]> {
        aborter.abort(new Error('enough'));
        return ['R'];
      }
    }
    const { freeze, processes, tree } = await browserOf(children, new Slow());
    await eventually(async () => size(3)(await tree()));
    await expect(freeze(aborter.signal)).rejects.toThrow('enough');
    expect(processes.sent.filter((line) => line.startsWith('SIGCONT'))).toHaveLength(3);
    await eventually(async () => {
      for (const one of await tree()) expect(one.state).toBe('S');
    });
  });

  it('is not stopped at all when it was called off before', async () => {
    const { freeze, processes } = await browserOf(children);
    await expect(freeze(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(processes.sent).toEqual([]);
  });

  it('is not taken for another process that has its number now', async () => {
    const { pid, processes, tree } = await browserOf('read line');
    const seen = await processes.list();
    const [browser] = await tree();
    const before = [{ ...(browser as ProcessInfo), startTime: 1 }];
    await expect(
      FrozenTree.freeze(before, seen, { processes, clock: systemClock }, never),
    ).rejects.toMatchObject({ code: 'snapshot_failed' });
    expect(await processes.threads(pid)).not.toContain('T');
  });

  it('that ends meanwhile is said to have ended', async () => {
    const { pid, processes, tree } = await browserOf('read line');
    const [seen, found] = [await processes.list(), await tree()];
    process.kill(pid, 'SIGKILL');
    await eventually(async () => expect(await tree()).toEqual([]));
    await expect(
      FrozenTree.freeze(found, seen, { processes, clock: systemClock }, never),
    ).rejects.toMatchObject({ code: 'snapshot_failed', message: expect.stringContaining('ended') });
  });
});
