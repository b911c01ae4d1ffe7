import { expect, it } from 'vitest';
import { backupWorld, main } from '../../test/doubles/backup-world.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { requireRoom } from './space.ts';
import { openStaging } from './staging.ts';

it('the floor of free space is nobody’s but the browsers’', async () => {
  const disk = new FaultyDisk().free(5_000_000);
  const room = { disk, floor: 3_000_000 };
  await requireRoom(room, '/', { bytes: 2_000_000, purpose: 'It' });
  await expect(requireRoom(room, '/', { bytes: 2_000_001, purpose: 'It' })).rejects.toMatchObject({
    code: 'disk_full',
    message:
      'It needs 2 MB on the disk of /, which has 5 MB free; 3 MB of that belong to the running browsers.',
  });
});

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
