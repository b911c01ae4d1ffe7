import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, parseBytes, roundBytes } from './bytes.ts';

describe('a size', () => {
  it.each([
    ['100m', 104_857_600],
    ['2g', 2_147_483_648],
    ['512', 512],
    ['1k', 1024],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', '1.5g', '100 m', '100M', '100mb', '-1', 'm', '1e9', '9'.repeat(20)])('refuses %j', (text) => {
    expect(parseBytes(text)).toBeNull();
  });

  it('is written so that it is read back as the same', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseBytes(formatBytes(bytes)) === bytes));
  });

  it('is rounded for sentences', () => {
    expect([512, 1536, 104_857_600, 25_276_502_016].map(roundBytes)).toEqual([
      '512 bytes',
      '1.5 KB',
      '100 MB',
      '24 GB',
    ]);
  });
});
