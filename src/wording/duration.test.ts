import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration, roundDuration } from './duration.ts';

describe('a duration', () => {
  it.each([
    ['45s', 45_000],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1m500ms', 60_500],
    ['1d', 86_400_000],
    ['90s', 90_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '5',
    '3.5s',
    ' 1s',
    '1s ',
    '1 s',
    '-1s',
    '1S',
    's',
    '1m1h',
    '1e3s',
    `${'9'.repeat(30)}s`,
    '٣s',
  ])('refuses %j rather than guess', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('is written so that it is read back as the same', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 40 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseDuration(text);
        return ms === null || Number.isSafeInteger(ms);
      }),
    );
  });
});

it.each([
  [400, '0 s'],
  [8_000, '8 s'],
  [59_600, '1 min'],
  [150_000, '2 min 30 s'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
])('%d ms is said as %s', (ms, words) => {
  expect(roundDuration(ms)).toBe(words);
});
