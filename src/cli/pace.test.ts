import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

const amount = (done: number, total: number | null) => ({ done, total, format: (n: number) => `${n} B` });

describe('a pace', () => {
  it('is a rate and what is left of it', () => {
    const pace = new Pace();
    for (let second = 0; second <= 4; second++) pace.note(second * 1_000, second * 50);
    expect(pace.words(4_000, amount(200, 1_000))).toBe('50 B/s, 16 s left');
    expect(pace.words(4_000, amount(200, null))).toBe('50 B/s');
  });

  it('is not guessed in the first moments', () => {
    const pace = new Pace();
    pace.note(0, 0);
    pace.note(900, 90);
    expect(pace.words(900, amount(90, 100))).toBe('');
  });

  it('is the one of the last seconds, not of the whole', () => {
    const pace = new Pace();
    for (let second = 0; second <= 60; second++) pace.note(second * 1_000, second * 1_000);
    for (let second = 61; second <= 90; second++) pace.note(second * 1_000, 60_000 + (second - 60) * 10);
    expect(pace.words(90_000, amount(60_300, 60_400))).toBe('10 B/s, 10 s left');
  });

  it('says that nothing moves', () => {
    const pace = new Pace();
    pace.note(0, 100);
    expect(pace.words(30_000, amount(100, 1_000))).toBe('standing still');
    for (let second = 1; second <= 30; second++) pace.note(second * 1_000, 100);
    expect(pace.words(30_000, amount(100, 1_000))).toBe('standing still');
  });

  it('begins anew with what goes back', () => {
    const pace = new Pace();
    pace.note(0, 0);
    pace.note(5_000, 5_000);
    pace.note(6_000, 0);
    expect(pace.words(6_500, amount(0, 100))).toBe('');
    pace.note(8_000, 20);
    expect(pace.words(8_000, amount(20, 100))).toBe('10 B/s, 8 s left');
  });
});
