import { describe, expect, it } from 'vitest';
import { parseCron } from './cron.ts';

describe('a cron expression', () => {
  it('is read as the times that it names', () => {
    expect(parseCron('0 2 * * *')).toMatchObject({
      minutes: [0],
      hours: [2],
      daysOfWeek: [0, 1, 2, 3, 4, 5, 6],
    });
    expect(parseCron('30 1-3,23 * * sun')).toMatchObject({
      minutes: [30],
      hours: [1, 2, 3, 23],
      daysOfWeek: [0],
    });
    expect(parseCron('5 */12 1,15 jan *')).toMatchObject({
      hours: [0, 12],
      daysOfMonth: [1, 15],
      months: [1],
    });
  });

  it.each([
    ['a time alone', '02:00'],
    ['too few fields', '0 2 * *'],
    ['seconds', '0 0 2 * * *'],
    ['an hour that there is not', '0 24 * * *'],
    ['more often than hourly', '*/5 2 * * *'],
    ['days of month and week at once', '0 2 1 * mon'],
    ['the last day of a month', '0 2 L * *'],
    ['the second monday', '0 2 * * 1#2'],
    ['words', 'at two in the night'],
    ['nothing', ''],
    ['space around it', ' 0 2 * * *'],
  ])('is refused where it is %s', (_, text) => {
    expect(parseCron(text)).toBeNull();
  });
});
