import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logFile, logPiece } from '../../test/doubles/leveldb-store.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { readLog } from './log-reader.ts';
import { RegularFile } from './regular-file.ts';

const { signal } = new AbortController();

async function read(bytes: Buffer) {
  const path = join(await scratchDirectory(), '000003.log');
  await writeFile(path, bytes);
  await using file = await RegularFile.open(path);
  const records: Buffer[] = [];
  const end = await readLog(file, (record) => records.push(Buffer.from(record)), signal);
  expect(end.records).toBe(records.length);
  return { records, torn: end.torn };
}

const sized = (length: number) => Buffer.alloc(length, length % 251);

describe('a log', () => {
  it.each([
    ['nothing', []],
    ['an empty record', [0]],
    ['records that share a block', [10, 20, 30]],
    ['a record of three blocks', [80_000]],
    ['a record of many reads', [1_000_000, 1]],
    ['a record that leaves no room for a header', [32_768 - 7 - 6, 5]],
    ['a record that fills its block', [32_768 - 7, 5]],
    ['a record that leaves room for a header alone', [32_768 - 7 - 7, 5]],
  ])('with %s is read as it was written', async (_what, sizes) => {
    const records = sizes.map(sized);
    expect(await read(logFile(records))).toEqual({ records, torn: false });
  });

  it('that was cut anywhere gives the records before the cut, and is no damage', async () => {
    const records = [100, 40_000, 3, 200_000, 9].map(sized);
    const whole = logFile(records);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
        const found = await read(whole.subarray(0, length));
        expect(found.records).toEqual(records.slice(0, found.records.length));
        const isWhole = logFile(found.records).length === length;
        expect(found.torn).toBe(!isWhole);
      }),
      { numRuns: 60 },
    );
  });

  it('that ends in space set aside is whole', async () => {
    const records = [sized(10)];
    const found = await read(Buffer.concat([logFile(records), Buffer.alloc(100_000)]));
    expect(found).toMatchObject({ records, torn: false });
  });

  const full = logPiece(1, sized(10));
  const flipped = Buffer.from(full);
  flipped.writeUInt8((flipped[9] ?? 0) ^ 4, 9);
  it.each([
    ['a flipped bit', [flipped, full], 'checksum'],
    ['a flipped bit in its last record', [full, flipped], 'checksum'],
    ['a middle without a beginning', [logPiece(3, sized(3)), full], 'no beginning'],
    ['an end without a beginning', [logPiece(4, sized(3)), full], 'no beginning'],
    ['a beginning without an end', [logPiece(2, sized(3)), full], 'no end'],
    ['a piece of an unknown type', [logPiece(9, sized(3)), full], 'unknown type'],
    ['zeros within a record', [logPiece(2, sized(3)), Buffer.alloc(32_000)], 'breaks off'],
  ])('with %s is damaged', async (_what, pieces, why) => {
    await expect(read(Buffer.concat(pieces))).rejects.toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining(why),
    });
  });

  it('with a record longer than its block is damaged, but for the last block', async () => {
    const long = logPiece(1, sized(10));
    long.writeUInt16LE(60_000, 4);
    expect(await read(Buffer.concat([full, long]))).toMatchObject({ torn: true });
    await expect(read(Buffer.concat([full, long, Buffer.alloc(70_000)]))).rejects.toMatchObject({
      kind: 'damaged',
    });
  });

  it('of any bytes is read or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 70_000, size: 'max' }), async (bytes) => {
        await read(Buffer.from(bytes)).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'StoreFault', kind: 'damaged' });
        });
      }),
      { numRuns: 30 },
    );
  });
});
