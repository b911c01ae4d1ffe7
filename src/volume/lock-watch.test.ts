import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { watchLock } from './lock-watch.ts';

async function scene() {
  const path = join(await scratchDirectory(), 'lock.db');
  writeFileSync(path, '');
  const clock = new FakeClock();
  const lost: string[] = [];
  const watch = await watchLock(path, clock, (why) => lost.push(why));
  const look = async () => {
    await clock.advance(15_000);
    // The look at the disk takes real time.
    await expect.poll(() => clock.pending + lost.length).toBe(1);
  };
  return { path, clock, lost, watch, look };
}

test('a lock that lies where it lay is kept', async () => {
  const { look, lost } = await scene();
  await look();
  await look();
  expect(lost).toEqual([]);
});

test('a lock whose file was removed is lost', async () => {
  const { path, look, lost } = await scene();
  rmSync(path);
  await look();
  expect(lost).toEqual([expect.stringContaining('was removed')]);
});

test('a lock whose file was replaced is lost', async () => {
  const { path, look, lost } = await scene();
  renameSync(path, `${path}.old`);
  writeFileSync(path, '');
  await look();
  expect(lost).toEqual([expect.stringContaining('another file')]);
});

test('a watch that was stopped says nothing', async () => {
  const { path, clock, watch, lost } = await scene();
  watch.stop();
  rmSync(path);
  await clock.advance(60_000);
  expect([lost, clock.pending]).toEqual([[], 0]);
});
