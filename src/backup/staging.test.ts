import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backupWorld, main } from '../../test/doubles/backup-world.ts';
import { VigilError } from '../errors.ts';
import { openStaging, sweepStaging } from './staging.ts';

it.each(['backup', 'restore', 'verify'] as const)('nothing is staged for a %s below it', async (purpose) => {
  const { tools, disk, layout, names } = await backupWorld();
  disk.free(tools.floor - 1);
  await expect(openStaging(purpose, main, tools)).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringMatching(/of session "main" needs room/),
  });
  expect(await names(layout.staging)).toEqual([]);
  disk.free(tools.floor);
  expect(await openStaging(purpose, main, tools)).toMatch(new RegExp(`/${purpose}-main-[0-9a-f]{12}$`));
});

it('sweeping staging keeps what is needed and removes all else', async () => {
  const { layout, tools, names } = await backupWorld();
  await mkdir(join(layout.staging, 'restore-main-000000000000', 'profile'), { recursive: true });
  await mkdir(join(layout.staging, 'backup-main-000000000000'));
  await writeFile(join(layout.staging, 'backup-main-000000000000', 'archive'), 'half');
  await writeFile(join(layout.staging, 'stray'), '');
  expect(await sweepStaging(tools, new Set(['restore-main-000000000000']))).toBe(2);
  expect(await names(layout.staging)).toEqual([
    'restore-main-000000000000',
    'restore-main-000000000000/profile',
  ]);
  expect(await sweepStaging(tools)).toBe(1);
  expect(await sweepStaging(tools)).toBe(0);
});

it('sweeping staging goes on past what cannot be removed, and tells it', async () => {
  const { layout, tools, disk, names } = await backupWorld();
  for (const name of ['backup-main-000000000000', 'stuck', 'verify-main-000000000000'])
    await mkdir(join(layout.staging, name, 'profile'), { recursive: true });
  const stuck = join(layout.staging, 'stuck');
  const { removeDirectory } = disk;
  disk.removeDirectory = async (path, label) => {
    if (path.startsWith(stuck)) throw new VigilError('volume_permission', 'It is not to be removed.');
    return removeDirectory.call(disk, path, label);
  };
  const told: unknown[] = [];
  expect(await sweepStaging(tools, new Set(), (path, error) => told.push([path, error]))).toBe(2);
  expect(told).toEqual([[stuck, expect.objectContaining({ code: 'volume_permission' })]]);
  expect(await names(layout.staging)).toEqual(['stuck', 'stuck/profile']);
});
