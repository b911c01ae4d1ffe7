import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { DeadlineExceeded } from './deadline.ts';
import { parseRunDelay, starved, withinOwnTime } from './own-time.ts';

describe('the time that a process has waited for a processor', () => {
  it('is the second number, in nanoseconds', () => {
    expect(parseRunDelay('8052547 3304224000 9\n')).toBeCloseTo(3304.224);
  });

  it('is none where the kernel says something else', () => {
    fc.assert(fc.property(fc.string(), (text) => parseRunDelay(text) >= 0));
    expect(parseRunDelay('')).toBe(0);
  });

  it('is told of this very process', () => {
    expect(starved()).toBeGreaterThanOrEqual(0);
  });
});

describe('a deadline in own time', () => {
  function scene(work: Promise<string>, signal?: AbortSignal) {
    const clock = new FakeClock();
    const machine = { starved: 5_000 };
    const result = withinOwnTime({ clock, starved: () => machine.starved }, 100, 'It', work, signal);
    let end: unknown = null;
    result.then(
      (value) => (end = value),
      (error: unknown) => (end = error),
    );
    return { clock, machine, end: () => end };
  }

  it('is the plain one where the machine has room', async () => {
    const { clock, end } = scene(new Promise(() => {}));
    await clock.advance(99);
    expect(end()).toBeNull();
    await clock.advance(1);
    expect(end()).toEqual(new DeadlineExceeded('It', 100));
  });

  it('is longer by what the machine kept, also of the time that it gave in return', async () => {
    const { clock, machine, end } = scene(new Promise(() => {}));
    machine.starved += 60;
    await clock.advance(100);
    machine.starved += 30;
    await clock.advance(60);
    await clock.advance(29);
    expect(end()).toBeNull();
    await clock.advance(1);
    expect(end()).toBeInstanceOf(DeadlineExceeded);
  });

  it('takes a failure of the work for what it is', async () => {
    const own = new DeadlineExceeded('Something else', 5);
    const { machine, end } = scene(Promise.reject(own));
    machine.starved += 1_000;
    await settle();
    expect(end()).toBe(own);
  });

  it('ends with its signal, whatever the machine does', async () => {
    const over = new AbortController();
    const { clock, machine, end } = scene(new Promise(() => {}), over.signal);
    machine.starved += 1_000;
    await clock.advance(150);
    const reason = new Error('closing');
    over.abort(reason);
    await settle();
    expect(end()).toBe(reason);
    expect(clock.pending).toBe(0);
  });
});
