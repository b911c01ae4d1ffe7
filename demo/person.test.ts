import { describe, expect, it } from 'vitest';
import type { Session } from './cast.ts';
import { decide, type Finding } from './person.ts';

/** A fault at 100 s that the program has not noticed. */
const finding = (changes: Partial<Finding> = {}): Finding => ({
  now: 109_000,
  down: ['one'],
  qrs: new Map(),
  lastFault: 100_000,
  startedAt: 10_000,
  ends: [],
  lastAct: 0,
  hasStaleLock: false,
  mayScan: true,
  ...changes,
});
const qrs = (...shown: readonly (readonly [Session, number])[]) => new Map(shown);

it('lets a program alone that is well', () => {
  expect(decide(finding({ down: [] }))).toBeNull();
});

it('restarts a program that has not noticed, once it has had its time', () => {
  expect(decide(finding({ now: 105_900 }))).toBeNull();
  expect(decide(finding({ now: 106_000 }))).toEqual({ is: 'restart' });
});

it('waits for a program that was started since, by its loop or by a person, and not for ever', () => {
  expect(decide(finding({ startedAt: 101_000, now: 120_000 }))).toBeNull();
  expect(decide(finding({ startedAt: 101_000, now: 127_000 }))).toEqual({ is: 'restart' });
});

describe('a program that ends again and again', () => {
  const ends = [111_000, 113_000];

  it('is looked into at once by whoever has just restarted it', () => {
    const restarted = { lastAct: 109_000, startedAt: 112_000, now: 113_100, hasStaleLock: true };
    expect(decide(finding({ ...restarted, ends: ends.slice(0, 1) }))).toBeNull();
    expect(decide(finding({ ...restarted, ends }))).toEqual({ is: 'remove_locks' });
  });

  it('is found by somebody who looks, else', () => {
    const alone = { ends: [101_000, 103_000], startedAt: 104_000, hasStaleLock: true };
    expect(decide(finding({ ...alone, now: 105_000 }))).toBeNull();
    expect(decide(finding(alone))).toEqual({ is: 'remove_locks' });
  });

  it('is left to its loop where no lock is to blame', () => {
    expect(decide(finding({ ends: [101_000, 103_000], startedAt: 104_000 }))).toBeNull();
  });
});

describe('a QR', () => {
  it('is scanned when it has been there for a moment, those of several together', () => {
    const shown = qrs(['one', 105_500], ['two', 107_500]);
    expect(decide(finding({ down: ['one', 'two'], qrs: shown }))).toEqual({ is: 'scan', sessions: ['one'] });
    expect(decide(finding({ down: ['one', 'two'], qrs: shown, now: 111_000 }))).toEqual({
      is: 'scan',
      sessions: ['one', 'two'],
    });
  });

  it('is left there at the end, and the program with it', () => {
    const shown = { qrs: qrs(['one', 101_000]), mayScan: false, now: 140_000 };
    expect(decide(finding(shown))).toBeNull();
    expect(decide(finding({ ...shown, down: ['one', 'two'] }))).toEqual({ is: 'restart' });
  });
});
