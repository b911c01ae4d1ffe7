import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import type { ProcessInfo } from '../system/processes.ts';
import { HostPulse } from './host-pulse.ts';

/** A host that answers as long as `alive` says so; what it looks like otherwise is the test's. */
function scene({ state = 'R', load = 1 }: { state?: string; load?: number } = {}) {
  const clock = new FakeClock();
  const host = { alive: true, asked: 0 };
  const told: string[] = [];
  const info: ProcessInfo = { pid: 42, parent: 1, group: 42, startTime: 7, state, argv: [] };
  const pulse = new HostPulse({
    clock,
    pid: () => 42,
    processes: { find: async () => info, cpuTime: () => clock.monotonic() * load },
    ask: async (timeoutMs) => {
      host.asked++;
      if (host.alive) return;
      await clock.sleep(timeoutMs);
      if (!host.alive) throw new Error('no answer');
    },
    blocked: (detail) => void told.push(detail),
  });
  return { clock, host, told, pulse };
}

it('asks nothing before a bot is called', async () => {
  const { clock, host, pulse } = scene();
  await clock.advance(60_000);
  expect(await pulse.answers()).toBe(true);
  expect(host.asked).toBe(0);
});

it('asks again and again, and has nothing to say of a host that answers', async () => {
  const { clock, host, told, pulse } = scene();
  pulse.begin();
  await clock.advance(600_000);
  expect(host.asked).toBe(60);
  expect(told).toEqual([]);
});

it.each([
  ['uses the processor all the time', { state: 'R', load: 1 }],
  ['uses a half of it, since others want it too', { state: 'R', load: 0.5 }],
  ['sleeps in a call that does not come back', { state: 'S', load: 0 }],
])(
  'a host that %s and does not answer twice is blocked by its bot, which is told once',
  async (_what, looks) => {
    const { clock, host, told, pulse } = scene(looks);
    pulse.begin();
    host.alive = false;
    await clock.advance(30_000);
    expect(told).toEqual([expect.stringContaining('not answered for 20 s: its bot blocks it')]);
    await clock.advance(600_000);
    expect(told).toHaveLength(1);
  },
);

it.each([
  ['hardly gets the processor', { state: 'R', load: 0.05 }],
  ['was stopped', { state: 'T', load: 0 }],
  ['waits for the disk', { state: 'D', load: 0 }],
])('a host that %s is not its bot’s fault, and is asked on', async (_what, looks) => {
  const { clock, host, told, pulse } = scene(looks);
  pulse.begin();
  host.alive = false;
  await clock.advance(120_000);
  expect(told).toEqual([]);
  expect(host.asked).toBeGreaterThan(6);
});

it('a host that answers the second time was only busy', async () => {
  const { clock, host, told, pulse } = scene();
  pulse.begin();
  host.alive = false;
  await clock.advance(25_000);
  host.alive = true;
  await clock.advance(60_000);
  expect(told).toEqual([]);
});

describe('whoever asks meanwhile', () => {
  it('shares the question, and is told the same', async () => {
    const { clock, host, pulse } = scene();
    pulse.begin();
    host.alive = false;
    const answers = Promise.all([pulse.answers(), pulse.answers()]);
    await clock.advance(20_000);
    expect(await answers).toEqual([false, false]);
    expect(host.asked).toBe(2);
  });

  it('learns nothing bad of a host that is being closed', async () => {
    const { clock, host, told, pulse } = scene();
    pulse.begin();
    host.alive = false;
    const answer = pulse.answers();
    await settle();
    pulse.stop();
    await clock.advance(60_000);
    expect(await answer).toBe(true);
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
