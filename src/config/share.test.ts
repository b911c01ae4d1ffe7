import { expect, it } from 'vitest';
import { bytesOf, share } from './share.ts';

const parser = share({ min: 1_024, max: 1024 ** 4 });
const read = (text: string) => {
  const parsed = parser.parse(text, '/');
  return parsed.ok ? parsed.value : null;
};

it('a share is so many bytes or a percentage, and reads back as it was', () => {
  for (const text of ['25%', '1%', '100%', '2g', '1500']) {
    const value = read(text);
    if (value === null) throw new Error(`${text} is a share`);
    expect(parser.format(value)).toBe(text);
  }
});

it.each(['0%', '101%', '-5%', '12.5%', '25 %', '%', '1', 'much', ''])('%j is none', (text) => {
  expect(read(text)).toBeNull();
});

it('a percentage is of what there is, and bytes are what they are', async () => {
  const all = async () => 1_001;
  expect(await bytesOf({ percent: 25 }, all)).toBe(250);
  expect(await bytesOf({ bytes: 7 }, all)).toBe(7);
});
