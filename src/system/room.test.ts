import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { requireRoom } from './room.ts';

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
