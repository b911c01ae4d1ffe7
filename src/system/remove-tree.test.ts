import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { removeTree } from './remove-tree.ts';

it('removes a directory with everything in it, and nothing that its links lead to', async () => {
  const directory = await scratchDirectory();
  const elsewhere = await scratchDirectory();
  await writeFile(join(elsewhere, 'kept'), '');
  await mkdir(join(directory, 'tree', 'a', 'b'), { recursive: true });
  await writeFile(join(directory, 'tree', 'a', 'file'), '');
  await symlink(elsewhere, join(directory, 'tree', 'a', 'link'));
  await symlink('/nonexistent', join(directory, 'tree', 'dangling'));
  await removeTree(join(directory, 'tree'), new FaultyDisk(), 'step');
  expect(await readdir(directory)).toEqual([]);
  expect(await readdir(elsewhere)).toEqual(['kept']);
});

it('removes a link to a directory, or a file, in the place of a directory', async () => {
  const directory = await scratchDirectory();
  const elsewhere = await scratchDirectory();
  await writeFile(join(elsewhere, 'kept'), '');
  await symlink(elsewhere, join(directory, 'link'));
  await writeFile(join(directory, 'file'), '');
  for (const name of ['link', 'file', 'nothing'])
    await removeTree(join(directory, name), new FaultyDisk(), 'step');
  expect(await readdir(directory)).toEqual([]);
  expect(await readdir(elsewhere)).toEqual(['kept']);
});

it('is told what the disk refuses', async () => {
  const directory = await scratchDirectory();
  await writeFile(join(directory, 'file'), '');
  const disk = new FaultyDisk().fail('step', 'EROFS');
  await expect(removeTree(directory, disk, 'step')).rejects.toMatchObject({ code: 'volume_permission' });
  expect(await readdir(directory)).toEqual(['file']);
});
