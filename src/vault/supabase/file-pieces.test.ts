import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../../test/doubles/scratch.ts';
import { FilePieces } from './file-pieces.ts';

async function file(contents: string) {
  const path = join(await scratchDirectory(), 'file');
  await writeFile(path, contents);
  const sha256 = createHash('sha256').update(contents).digest('hex');
  return { path, bytes: contents.length, sha256 };
}
const text = async (pieces: FilePieces, start: number, end: number) =>
  String(await buffer((await pieces.slice(start, end)).value.bytes()));

it('hands out a file piece by piece, again from any place before', async () => {
  const pieces = await FilePieces.open(await file('0123456789'));
  expect(await text(pieces, 0, 4)).toBe('0123');
  expect(await text(pieces, 2, 6)).toBe('2345');
  expect(await text(pieces, 6, 10)).toBe('6789');
  expect(await text(pieces, 9, 13)).toBe('9');
  expect(await text(pieces, 0, 4)).toBe('0123');
  await pieces.close();
});

it('keeps back the last piece of a file that is not the one that was described', async () => {
  const described = await file('0123456789');
  const pieces = await FilePieces.open(described);
  await pieces.slice(0, 4);
  await writeFile(described.path, '0123xxxxxx');
  await pieces.slice(4, 8);
  await expect(pieces.slice(8, 10)).rejects.toMatchObject({ code: 'internal' });
  await pieces.close();
  await expect(FilePieces.open({ ...described, bytes: 11 })).rejects.toMatchObject({ code: 'internal' });
});
