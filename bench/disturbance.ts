/**
 * How much of the machine others took during a measurement. A daemon that starts two sessions at a time loses more
 * to a busy neighbour than six programs that fight for the same cores, so such a round says little about either.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ownTree, secondsOf } from './processes.ts';

const calmShare = 0.1;
const lookEvery = 2_000;
/** Browsers end without anybody who collects the time of their children, so that it is noted while they run. */
const noteEvery = 400;

export interface Meter {
  /** Ends the meter; the share of the machine that others took meanwhile: 0.1 is a tenth of all cores. */
  end(): Promise<number>;
}

export async function meter(): Promise<Meter> {
  const began = performance.now();
  const machine = await machineSeconds();
  const first = await ownSeconds();
  const latest = new Map(first);
  let noting: Promise<void> = Promise.resolve();
  const note = async () => {
    for (const [key, seconds] of await ownSeconds()) latest.set(key, seconds);
  };
  const timer = setInterval(() => {
    noting = noting.then(note);
  }, noteEvery);
  return {
    async end() {
      clearInterval(timer);
      await noting;
      await note();
      let ours = 0;
      for (const [key, seconds] of latest) ours += seconds - (first.get(key) ?? 0);
      const capacity = ((performance.now() - began) / 1000) * availableParallelism();
      return Math.max(0, ((await machineSeconds()) - machine - ours) / capacity);
    },
  };
}

/** Waits until the machine is ours, for so many milliseconds at most. */
export async function untilCalm(patience: number): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    const look = await meter();
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
    if ((await look.end()) < calmShare || performance.now() > end) return;
  }
}

/** Seconds of CPU that the machine has spent on anything. */
async function machineSeconds(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const fields = line.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softIrq + steal) / 100;
}

async function ownSeconds(): Promise<ReadonlyMap<string, number>> {
  const tree = await ownTree();
  return new Map(
    await Promise.all(
      tree.map(async ({ pid, startTime }) => [`${pid}:${startTime}`, await secondsOf(pid)] as const),
    ),
  );
}
