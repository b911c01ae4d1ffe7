import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { healthy } from '../../test/doubles/scripted-hosts.ts';
import { Supervised } from '../../test/doubles/supervised.ts';
import type { ProbeReport, ProbeRequest } from '../engine/engine.ts';
import { type ProbeIntervals, Probes } from './probes.ts';

const daily: ProbeIntervals = {
  heartbeat: 120_000,
  watchdog: 60_000,
  activity: 30_000,
  deadline: 15_000,
  presence: true,
};

/** Probes of one engine, and when each was asked, in seconds; `answer` may be replaced. */
function scene(intervals: Partial<ProbeIntervals> = {}, random = 1) {
  const clock = new FakeClock();
  const asked: (readonly [second: number, request: ProbeRequest])[] = [];
  const failed: unknown[] = [];
  const engine = { answer: async (): Promise<ProbeReport> => healthy };
  const probes = new Probes({
    clock,
    random: () => random,
    intervals: { ...daily, ...intervals },
    ask: (request) => {
      asked.push([clock.monotonic() / 1_000, request]);
      return engine.answer();
    },
    report: () => {},
    failed: (error) => failed.push(error),
  });
  probes.start();
  const seconds = (kind: ProbeRequest['kind']) =>
    asked.filter(([, request]) => request.kind === kind).map(([second]) => second);
  return { clock, asked, failed, engine, probes, seconds };
}

describe('probes', () => {
  it('are asked each at its own interval, with the deadline', async () => {
    const { clock, asked, seconds } = scene();
    await clock.advance(240_000);
    expect(seconds('heartbeat')).toEqual([120, 240]);
    expect(seconds('watchdog')).toEqual([60, 120, 180, 240]);
    expect(seconds('activity')).toEqual([30, 60, 90, 120, 150, 180, 210, 240]);
    expect(new Set(asked.map(([, { deadline }]) => deadline))).toEqual(new Set([15_000]));
  });

  it('of sessions that came online together begin at different times', async () => {
    const { clock, seconds } = scene({}, 0);
    await clock.advance(90_000);
    expect(seconds('watchdog')).toEqual([30, 90]);
  });

  it('that are switched off are not asked; the watchdog goes on', async () => {
    const { clock, seconds } = scene({ heartbeat: null, activity: null });
    await clock.advance(3_600_000);
    expect([seconds('heartbeat'), seconds('activity')]).toEqual([[], []]);
    expect(seconds('watchdog')).toHaveLength(60);
  });

  it('take a new interval at once, a switch-off and a switch-on as well', async () => {
    const { clock, probes, seconds } = scene();
    await clock.advance(10_000);
    probes.set({ ...daily, heartbeat: 5_000, activity: null });
    await clock.advance(10_000);
    expect(seconds('heartbeat')).toEqual([15, 20]);
    probes.set({ ...daily, heartbeat: null });
    await clock.advance(30_000);
    expect([seconds('heartbeat'), seconds('activity')]).toEqual([[15, 20], [50]]);
  });

  it('say whether presence is to be announced, as it is set now', async () => {
    const { clock, asked, probes } = scene();
    await clock.advance(120_000);
    probes.set({ ...daily, presence: false });
    await clock.advance(120_000);
    const beats = asked.filter(([, { kind }]) => kind === 'heartbeat').map(([, { presence }]) => presence);
    expect(beats).toEqual([true, false]);
  });

  it('count their interval from the end of the one before, and fall behind rather than pile up', async () => {
    const { clock, engine, seconds } = scene({ heartbeat: null, activity: null });
    engine.answer = async () => {
      await clock.sleep(45_000);
      return healthy;
    };
    await clock.advance(300_000);
    expect(seconds('watchdog')).toEqual([60, 165, 270]);
  });

  it('go on after one that threw, which is told', async () => {
    const { clock, engine, failed, seconds } = scene({ heartbeat: null, activity: null });
    engine.answer = () => Promise.reject(new Error('no such page'));
    await clock.advance(180_000);
    expect(seconds('watchdog')).toEqual([60, 120, 180]);
    expect(failed).toHaveLength(3);
  });

  it('end when they are stopped, and leave no timer', async () => {
    const { clock, asked, probes } = scene();
    probes.stop();
    probes.set({ ...daily, heartbeat: 1_000 });
    probes.now('watchdog');
    await clock.advance(3_600_000);
    expect(asked).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('a session’s own settings', () => {
  it('take precedence over the daemon’s, at once, and null gives them back', async () => {
    const on = new Supervised();
    const [main] = await on.online('main', 'other');
    if (!main) throw new Error('nothing is online');
    const { clock, hosts } = on.world;
    const beats = (id: string) => hosts.of(id).probes.filter(({ kind }) => kind === 'heartbeat');
    await on.supervisor.configure(main, { heartbeat: 5_000, presence: false });
    await clock.advance(20_000);
    expect(beats('main').map(({ presence }) => presence)).toEqual([false, false, false, false]);
    expect(beats('other')).toEqual([]);
    await on.supervisor.configure(main, { heartbeat: null, presence: null });
    await clock.advance(119_000);
    expect(beats('main')).toHaveLength(4);
    await clock.advance(1_000);
    expect(beats('main').at(-1)?.presence).toBe(true);
    expect(beats('other').map(({ presence }) => presence)).toEqual([true]);
  });

  it('switch a heartbeat off by 0, for that session alone', async () => {
    const on = new Supervised();
    const [main] = await on.online('main', 'other');
    if (!main) throw new Error('nothing is online');
    const { clock, hosts } = on.world;
    const beats = (id: string) => hosts.of(id).probes.filter(({ kind }) => kind === 'heartbeat');
    await on.supervisor.configure(main, { heartbeat: 0 });
    await clock.advance(600_000);
    expect(beats('main')).toEqual([]);
    expect(beats('other').length).toBeGreaterThan(3);
  });
});
