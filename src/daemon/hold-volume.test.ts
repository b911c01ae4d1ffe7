import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { volumeLayout } from '../volume/layout.ts';
import { type HoldVolume, holdVolume } from './hold-volume.ts';

const options = (more: Partial<HoldVolume> = {}): HoldVolume => ({
  clock: systemClock,
  disk: new LinuxDisk(),
  waitMs: 0,
  signal: new AbortController().signal,
  pid: process.pid,
  version: '1.2.3',
  command: 'vigil (a test)',
  ...more,
});

async function volume() {
  const layout = volumeLayout(await scratchDirectory());
  for (const path of [layout.sessions, layout.ours, layout.records, layout.cache, layout.restores])
    mkdirSync(path, { recursive: true });
  return layout;
}

const temporary = '.vigil-0123456789ab.tmp';

test('whoever holds the volume finds no trace of a crash on it', async () => {
  const layout = await volume();
  writeFileSync(join(layout.records, temporary), '{');
  const lock = await holdVolume(layout, options());
  expect(readdirSync(layout.records)).toEqual([]);
  await expect(holdVolume(layout, options())).rejects.toMatchObject({
    code: 'volume_busy',
    message: expect.stringContaining('vigil (a test)'),
  });
  await lock.release();
  await (await holdVolume(layout, options())).release();
});

test('a volume that cannot be swept is let go of', async () => {
  const layout = await volume();
  writeFileSync(join(layout.records, temporary), '{');
  const disk = new LinuxDisk();
  const { remove } = disk;
  disk.remove = async (path, label) => {
    if (label === 'sweep-temporary') throw new Error('read-only');
    return remove.call(disk, path, label);
  };
  await expect(holdVolume(layout, options({ disk }))).rejects.toThrow('read-only');
  await (await holdVolume(layout, options())).release();
});

test('what cannot be swept of an earlier run is told, and keeps nobody from the volume', async () => {
  const layout = await volume();
  mkdirSync(join(layout.staging, 'backup-main-000000000000'), { recursive: true });
  const disk = new LinuxDisk();
  disk.removeDirectory = async () => {
    throw new Error('read-only');
  };
  const told: string[] = [];
  const lock = await holdVolume(layout, options({ disk, onUnswept: (path) => void told.push(path) }));
  await lock.release();
  expect(told).toEqual([join(layout.staging, 'backup-main-000000000000')]);
});
