import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { LogoutsFile } from './logouts-file.ts';

const given = [{ name: 'AAAAAAAAAAAAAAAAAAAAAA', ends: 1_800_000_000_000 }];

async function file() {
  const path = join(await scratchDirectory(), 'logouts.json');
  const warnings: string[] = [];
  const disk = new FaultyDisk();
  const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
  return { path, disk, warnings, logouts: new LogoutsFile(path, disk, log) };
}

it('none were given back where there is no file', async () => {
  const { logouts, warnings } = await file();
  expect(await logouts.read()).toEqual([]);
  expect(warnings).toEqual([]);
});

it('those that were kept are read by the next daemon', async () => {
  const { path, disk, logouts } = await file();
  await logouts.keep([...given, { name: 'BBBBBBBBBBBBBBBBBBBBBB', ends: 1 }]);
  await logouts.keep(given);
  expect(await new LogoutsFile(path, disk, { warn() {} }).read()).toEqual(given);
  expect(await readdir(join(path, '..'))).toEqual(['logouts.json']);
});

it.each(['', '[]', 'null', '{"version":2,"logouts":[]}', '{"version":1,"logouts":[{"name":"A"}]}'])(
  'which they were is unknown, and told, where the file says %j',
  async (text) => {
    const { path, logouts, warnings } = await file();
    await writeFile(path, text);
    expect(await logouts.read()).toBeNull();
    expect(warnings).toEqual([expect.stringContaining('log in to the pages again')]);
    await logouts.keep(given);
    expect(await logouts.read()).toEqual(given);
  },
);

it('which they were is unknown where the file cannot be read', async () => {
  const { path, logouts } = await file();
  await mkdir(path);
  expect(await logouts.read()).toBeNull();
});

it('a disk that refuses leaves those that were kept before', async () => {
  const { path, disk, logouts } = await file();
  await logouts.keep(given);
  const before = await readFile(path, 'utf8');
  disk.fail('write-logouts:rename', 'ENOSPC');
  await expect(logouts.keep([])).rejects.toMatchObject({ code: 'disk_full' });
  expect(await readFile(path, 'utf8')).toBe(before);
});
