/**
 * How much of the machine others took during a measurement. A daemon that starts two sessions at a time loses more
 * to a busy neighbour than six programs that fight for the same cores, so such a round says little about either.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { runningPrograms } from './program.ts';

const ticksPerSecond = 100;
const calmShare = 0.1;
const lookEvery = 2_000;

export interface Meter {
  /** The share of the machine that others took since the meter was made: 0.1 is a tenth of all cores. */
  read(): Promise<number>;
}

/** Read it when everything that was measured has ended: only then is its time accounted for. */
export async function meter(): Promise<Meter> {
  const from = { at: performance.now(), ...(await spent()) };
  return {
    async read() {
      const now = await spent();
      const capacity = ((performance.now() - from.at) / 1000) * availableParallelism();
      return Math.max(0, (now.machine - from.machine - (now.ours - from.ours)) / capacity);
    },
  };
}

/** Waits until the machine is ours, for so many milliseconds at most. */
export async function untilCalm(patience: number): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    const look = await meter();
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
    if ((await look.read()) < calmShare || performance.now() > end) return;
  }
}

/** Seconds of CPU: of all, and of this process with its children, those that have ended included. */
async function spent(): Promise<{ machine: number; ours: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const own = await Promise.all([process.pid, ...runningPrograms()].map(ticksOf));
  return {
    machine: (user + nice + system + irq + softIrq + steal) / ticksPerSecond,
    ours: own.reduce((total, ticks) => total + ticks, 0) / ticksPerSecond,
  };
}

export async function ticksOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // utime, stime, and both of the children that have ended and were waited for.
  return fields.slice(11, 15).reduce((total, field) => total + (Number(field) || 0), 0);
}
