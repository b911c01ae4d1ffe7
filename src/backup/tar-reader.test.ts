import { describe, expect, it } from 'vitest';
import { tarEntry, tarOf } from '../../test/doubles/made-archive.ts';
import { ArchiveFault } from './archive-fault.ts';
import { type ArchiveLimits, tarEntries } from './tar-reader.ts';

const plenty: ArchiveLimits = { bytes: 1_000_000, entries: 100 };

/** Names and contents, out of chunks of so many bytes. */
async function read(tar: Buffer, { limits = plenty, chunk = 1_000_000, skip = false } = {}) {
  async function* chunks() {
    for (let at = 0; at < tar.length; at += chunk) yield tar.subarray(at, at + chunk);
  }
  const found: [string, string][] = [];
  for await (const { path, body } of tarEntries(chunks(), limits)) {
    const parts: Uint8Array[] = [];
    if (!skip) for await (const part of body) parts.push(part);
    found.push([path, String(Buffer.concat(parts))]);
  }
  return found;
}

const two = tarOf({ path: 'a', body: 'one' }, { path: 'b', body: 'x'.repeat(1_500) });

describe('a tar archive', () => {
  it.each([1, 7, 511, 512, 513, 100_000])('is read whatever its chunks are (%d bytes)', async (chunk) => {
    expect(await read(two, { chunk })).toEqual([
      ['a', 'one'],
      ['b', 'x'.repeat(1_500)],
    ]);
  });

  it('is read on when nobody has looked at an entry', async () => {
    expect((await read(two, { skip: true })).map(([path]) => path)).toEqual(['a', 'b']);
  });

  it('may have a name in an entry before the one that bears it', async () => {
    const long = `dir/${'n'.repeat(200)}`;
    const tar = tarOf(tarEntry({ path: 'x', type: 'L', body: `${long}\0` }), { path: 'cut', body: 'one' });
    expect(await read(tar)).toEqual([[long, 'one']]);
  });

  it('ends before more entries than were allowed, whatever they are', async () => {
    const limits = { ...plenty, entries: 1 };
    await expect(read(two, { limits })).rejects.toThrow(ArchiveFault);
    await expect(read(two, { limits })).rejects.toThrow('more than 1 entries');
    const meta = Array.from({ length: 3 }, () => tarEntry({ path: 'x', type: 'g', body: '10 a=b\n' }));
    await expect(read(tarOf(...meta), { limits })).rejects.toThrow('more than 1 entries');
  });

  it('ends before more bytes than were allowed', async () => {
    await expect(read(two, { limits: { ...plenty, bytes: 2_000 } })).rejects.toThrow(ArchiveFault);
  });

  it('is torn when a header is not what it was summed up as', async () => {
    const flipped = Buffer.from(two);
    flipped[0] = 'z'.charCodeAt(0);
    await expect(read(flipped)).rejects.toThrow('torn');
  });
});
