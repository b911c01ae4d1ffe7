import { describe, expect, it, onTestFinished } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { eventually } from '../../test/support/eventually.ts';
import { longestFreeze } from '../engine/engine.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { isGone, type ProcessIdentity, type ProcessInfo } from '../system/processes.ts';
import { FreezeWatch } from './freeze-watch.ts';

const processes = new LinuxProcesses();

/** A group of two real processes, the first of which stands for the browser. */
async function browser() {
  const { pid } = await decoy([], { detached: true, script: 'sleep 1000 & wait' });
  onTestFinished(() => void processes.signalGroup(pid, 'SIGKILL'));
  const group = async () =>
    (await processes.list()).filter((one) => one.group === pid && !isGone(one)).sort((a, b) => a.pid - b.pid);
  const states = async () => (await group()).map(({ state }) => state).join('');
  const are = (wanted: string) => eventually(async () => expect(await states()).toBe(wanted));
  await are('SS');
  const stop = async () => {
    processes.signalGroup(pid, 'SIGSTOP');
    await are('TT');
  };
  return { pid, tree: await group(), states, are, stop };
}

function watching(known: readonly ProcessIdentity[], tools: LinuxProcesses = processes) {
  const clock = new FakeClock();
  const watch = new FreezeWatch(tools, clock);
  watch.begin(known);
  return { clock, watch };
}

/** By the machine's clock, since real processes take real time to die. */
function watchingForReal(known: readonly ProcessIdentity[]): FreezeWatch {
  const watch = new FreezeWatch(processes, systemClock);
  watch.begin(known);
  return watch;
}

/** Tells how often it was looked at the processes, to the end. */
class CountedProcesses extends LinuxProcesses {
  looks = 0;

  override async list(): Promise<readonly ProcessInfo[]> {
    const all = await super.list();
    this.looks++;
    return all;
  }
}

describe('a browser that stands still for longer than it may', () => {
  it('is let go, not a moment before', async () => {
    const one = await browser();
    const { clock, watch } = watching(one.tree);
    await one.stop();
    await clock.advance(longestFreeze - 1);
    expect(await one.states()).toBe('TT');
    await clock.advance(1);
    await watch.thawed;
    await one.are('SS');
    expect(watch.wasOverdue).toBe(true);
  });

  it('is let go with what it started after it was named', async () => {
    const one = await browser();
    const { clock } = watching(one.tree.slice(0, 1));
    await one.stop();
    await clock.advance(longestFreeze);
    await one.are('SS');
  });

  it('is let go again when its host, held up itself, stops it later', async () => {
    const one = await browser();
    const counted = new CountedProcesses();
    const { clock } = watching(one.tree, counted);
    await clock.advance(longestFreeze);
    await eventually(() => expect(counted.looks).toBe(1));
    await one.stop();
    await clock.advance(longestFreeze);
    await one.are('SS');
  });

  it('is let go when nobody can be looked at', async () => {
    class Blind extends LinuxProcesses {
      override async list(): Promise<never> {
        throw new Error('EMFILE');
      }
    }
    const one = await browser();
    const { clock } = watching(one.tree, new Blind());
    await one.stop();
    await clock.advance(longestFreeze);
    await one.are('SS');
  });

  it('is not a stranger that has its number', async () => {
    const one = await browser();
    const counted = new CountedProcesses();
    const { clock } = watching(
      one.tree.map(({ pid }) => ({ pid, startTime: 1 })),
      counted,
    );
    await one.stop();
    await clock.advance(longestFreeze);
    await eventually(() => expect(counted.looks).toBe(1));
    expect(await one.states()).toBe('TT');
  });
});

describe('a browser that runs again in time', () => {
  it('was in time even if a daemon that was held up hears of it too late', async () => {
    const one = await browser();
    const counted = new CountedProcesses();
    const { clock, watch } = watching(one.tree, counted);
    await clock.advance(longestFreeze);
    await eventually(() => expect(counted.looks).toBe(1));
    expect(watch.wasOverdue).toBe(false);
  });

  it('is left alone', async () => {
    const one = await browser();
    const { clock, watch } = watching(one.tree);
    watch.end();
    await watch.thawed;
    await one.stop();
    await clock.advance(3 * longestFreeze);
    await watch.hostGone();
    expect(await one.states()).toBe('TT');
    expect(watch.wasOverdue).toBe(false);
  });

  it('can be held still again, for as long', async () => {
    const one = await browser();
    const { clock, watch } = watching(one.tree);
    // The first one is let go while the second one begins.
    await clock.advance(longestFreeze);
    watch.end();
    watch.begin([...one.tree]);
    expect(watch.wasOverdue).toBe(false);
    await one.stop();
    await clock.advance(longestFreeze - 1);
    expect(await one.states()).toBe('TT');
  });
});

describe('a host that is gone', () => {
  it('has its browser ended that stands still, whatever it started, and nobody else', async () => {
    const [one, other] = [await browser(), await browser()];
    const watch = watchingForReal(one.tree.slice(0, 1));
    await Promise.all([one.stop(), other.stop()]);
    await Promise.all([watch.hostGone(), watch.hostGone()]);
    expect(await one.states()).toBe('');
    expect(await other.states()).toBe('TT');
    await watch.thawed;
  });

  it('has its browser ended that was about to stand still, as soon as it does', async () => {
    const one = await browser();
    const watch = watchingForReal(one.tree);
    const gone = watch.hostGone();
    expect(await one.states()).toBe('SS');
    processes.signalGroup(one.pid, 'SIGSTOP');
    await gone;
    expect(await one.states()).toBe('');
  });

  it('has a browser left alone that runs: it closes by itself, and saves its login', async () => {
    const one = await browser();
    const { clock, watch } = watching(one.tree);
    let isDone = false;
    const gone = watch.hostGone().then(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(20);
    await gone;
    expect(await one.states()).toBe('SS');
  });

  it('is gone even where nobody can be looked at any more', async () => {
    class Hanging extends LinuxProcesses {
      override list(): Promise<never> {
        return new Promise(() => {});
      }
    }
    const { clock, watch } = watching([{ pid: 4_000_000, startTime: 1 }], new Hanging());
    const gone = watch.hostGone();
    await clock.advance(5_000);
    await gone;
    await watch.thawed;
  });

  it('has its browser ended of which only children are left', async () => {
    const one = await browser();
    const watch = watchingForReal(one.tree);
    await one.stop();
    process.kill(one.pid, 'SIGKILL');
    await one.are('T');
    await watch.hostGone();
    expect(await one.states()).toBe('');
  });
});
