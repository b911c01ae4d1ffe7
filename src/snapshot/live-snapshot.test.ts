import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareLayout, bareParts, writeBareProfile } from '../../test/doubles/bare-profile.ts';
import { decoy } from '../../test/doubles/decoy.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { HeldDisk } from '../../test/doubles/held-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { FreezeWatcher, StoppedProcess } from '../engine/engine.ts';
import { systemClock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { LiveSnapshot } from './live-snapshot.ts';

const never = new AbortController().signal;
const processes = new LinuxProcesses();

class Watcher implements FreezeWatcher {
  readonly told: string[] = [];
  seen: readonly StoppedProcess[] = [];
  answer: Promise<void> = Promise.resolve();

  async watch(seen: readonly StoppedProcess[]): Promise<void> {
    this.told.push('watch');
    this.seen = seen;
    await this.answer;
  }
  release(): void {
    this.told.push('release');
  }
}

/** Deadlines pass when the test says so; real processes are waited for in real time. */
class DeadlineClock extends FakeClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}

async function scene(disk: Disk = new FaultyDisk(), clock = systemClock) {
  const root = await scratchDirectory();
  const profile = join(root, 'session-main');
  await writeBareProfile(profile);
  const { pid: browser } = await decoy([], { detached: true, script: 'sleep 1000 & wait' });
  onTestFinished(() => void processes.signalGroup(browser, 'SIGKILL'));
  const group = async () => (await processes.list()).filter((one) => one.group === browser);
  const states = async () => (await group()).map(({ state }) => state).join('');
  const runs = () => eventually(async () => expect(await states()).toBe('SS'));
  await runs();
  const live = new LiveSnapshot({ profile, layout: bareLayout, processes, clock, disk });
  const watcher = new Watcher();
  const target = join(root, 'copy');
  const take = (signal = never) => live.take({ browser, target, watcher }, signal);
  return { root, profile, browser, group, states, live, watcher, target, take, runs };
}

const names = async (directory: string) => (await readdir(directory)).sort();

describe('a snapshot of a browser that runs', () => {
  it('holds its profile; the browser runs on', async () => {
    const { take, target, watcher, browser, group, runs } = await scene();
    const { pause, ...summary } = await take();
    expect(summary).toEqual({ files: 10, linked: 3 });
    expect(pause).toBeGreaterThan(0);
    expect(await names(join(target, bareParts.local))).toEqual(['000004.log', 'CURRENT', 'MANIFEST-000001']);
    await runs();
    expect(watcher.told).toEqual(['watch', 'release']);
    const [first, second] = await group();
    expect(watcher.seen).toEqual(
      [first, second].map((one) => ({ pid: one?.pid, startTime: one?.startTime })),
    );
    expect(watcher.seen[0]?.pid).toBe(browser);
  });

  it('finds it standing still when the first file that may change is copied, and not before', async () => {
    const disk = new HeldDisk('snapshot:copy');
    const { take, states, live, runs } = await scene(disk);
    const taken = take();
    await disk.reached;
    expect(await states()).toBe('TT');
    let thawed = false;
    void live.thawed.then(() => (thawed = true));
    await new Promise(setImmediate);
    expect(thawed).toBe(false);
    disk.letGo();
    await taken;
    await live.thawed;
    await runs();
  });

  it('links while it runs', async () => {
    const disk = new HeldDisk('snapshot:link');
    const { take, states } = await scene(disk);
    const taken = take();
    await disk.reached;
    expect(await states()).toBe('SS');
    disk.letGo();
    await taken;
  });

  it('stops nothing before somebody watches', async () => {
    const one = await scene();
    const answer = Promise.withResolvers<void>();
    one.watcher.answer = answer.promise;
    const taken = one.take();
    await eventually(() => expect(one.watcher.told).toEqual(['watch']));
    expect(await one.states()).toBe('SS');
    answer.reject(new Error('nobody can'));
    await expect(taken).rejects.toMatchObject({ code: 'snapshot_failed', message: /nobody can/ });
    expect(one.watcher.told).toEqual(['watch', 'release']);
    await expect(readdir(join(one.target, 'Default', 'CURRENT'))).rejects.toThrow();
  });

  it('is one at a time, and the next one can be taken', async () => {
    const disk = new HeldDisk('snapshot:copy');
    const { take, live, browser, watcher, root } = await scene(disk);
    const first = take();
    await disk.reached;
    const other = { browser, target: join(root, 'other'), watcher };
    await expect(live.take(other, never)).rejects.toMatchObject({ code: 'snapshot_failed' });
    disk.letGo();
    await first;
    await live.take(other, never);
  });
});

describe('a snapshot that fails', () => {
  it.each(['ENOSPC', 'EIO'])('by the disk (%s) lets the browser run', async (code) => {
    const { take, runs, watcher } = await scene(new FaultyDisk().fail('snapshot:copy', code));
    await expect(take()).rejects.toMatchObject({ code: code === 'ENOSPC' ? 'disk_full' : 'internal' });
    await runs();
    expect(watcher.told).toEqual(['watch', 'release']);
  });

  it.each(['snapshot:mkdir', 'snapshot:link', 'snapshot:copy'])(
    'at %s, as if its process had died, has harmed nothing',
    async (label) => {
      const { take, runs } = await scene(new FaultyDisk().dieAt(label));
      await expect(take()).rejects.toMatchObject({ code: 'snapshot_failed' });
      await runs();
    },
  );

  it('because a step hangs lets the browser run within two seconds', async () => {
    const disk = new HeldDisk('snapshot:copy');
    const clock = new DeadlineClock();
    const { take, runs, states } = await scene(disk, clock);
    const taken = take().catch((error: unknown) => error);
    await disk.reached;
    await clock.advance(1_799);
    expect(await states()).toBe('TT');
    await clock.advance(1);
    expect(await taken).toMatchObject({ code: 'snapshot_failed' });
    await runs();
    disk.letGo();
  });

  it('when somebody let the browser run meanwhile', async () => {
    const disk = new HeldDisk('snapshot:copy');
    const { take, browser, runs } = await scene(disk);
    const taken = take().catch((error: unknown) => error);
    await disk.reached;
    processes.signalGroup(browser, 'SIGCONT');
    await runs();
    disk.letGo();
    expect(await taken).toMatchObject({ code: 'snapshot_failed', message: /ran on/ });
  });

  it('when it is called off lets the browser run', async () => {
    const disk = new HeldDisk('snapshot:copy');
    const { take, runs, watcher } = await scene(disk);
    const aborter = new AbortController();
    const taken = take(aborter.signal).catch((error: unknown) => error);
    await disk.reached;
    aborter.abort(new Error('enough'));
    expect(await taken).toMatchObject({ code: 'snapshot_failed', message: /enough/ });
    await runs();
    expect(watcher.told).toEqual(['watch', 'release']);
  });

  it('when the browser is to be ended has let it run by then, and there is no other one', async () => {
    const disk = new HeldDisk('snapshot:copy');
    const { take, live, states } = await scene(disk);
    const taken = take().catch((error: unknown) => error);
    await disk.reached;
    await live.end();
    expect(await states()).not.toContain('T');
    expect(await taken).toMatchObject({ code: 'snapshot_failed' });
    await expect(take()).rejects.toMatchObject({ code: 'snapshot_failed' });
  });

  it('because there is no such browser stops nobody', async () => {
    const { live, browser, group, states, watcher, target } = await scene();
    // It runs, and is no child of ours.
    const stranger = (await group()).find(({ pid }) => pid !== browser)?.pid ?? 0;
    await expect(live.take({ browser: stranger, target, watcher }, never)).rejects.toMatchObject({
      code: 'snapshot_failed',
      message: /not running/,
    });
    expect(watcher.told).toEqual([]);
    expect(await states()).toBe('SS');
  });
});
