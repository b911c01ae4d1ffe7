import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main, never, plainLayout } from '../../test/doubles/backup-world.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { localStorageStore, storeLogin } from '../../test/doubles/stored-login.ts';
import { compactUtc } from '../system/timestamp.ts';
import { volumeLayout } from '../volume/layout.ts';
import { quarantinedNames, type TidyFacts, tidyQuarantine } from './tidy-quarantine.ts';
import { deviceOf } from './verification/device.ts';
import { verifyProfile } from './verification/verify-profile.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);

async function world() {
  const layout = volumeLayout(await scratchDirectory());
  const place = join(layout.quarantine, main);
  await mkdir(place, { recursive: true });
  await mkdir(layout.ours, { recursive: true });
  const disk = new FaultyDisk();
  const tools = { layout, disk, profileLayout: plainLayout, verify: verifyProfile };
  /** A profile in quarantine; its directory. */
  const put = async (days: number, reason: string, device: string | null = 'mine') => {
    const path = join(place, `${compactUtc(now - days * day)}-${reason}`);
    if (device === null) await storeLogin(path, { keys: [], databases: [] });
    else await storeLogin(path, { device });
    return path;
  };
  const mine = await put(0, 'of-the-profile-in-place');
  const device = await deviceOf(mine, plainLayout, never);
  await rm(mine, { recursive: true });
  if (device === null) throw new Error('it can be read');
  const times = async () => Array.from({ length: 30 }, (_, night) => now - night * day);
  /** Behind a backup that was taken after all this had come here; or behind none. */
  const tidy = async ({ superseding }: Pick<TidyFacts, 'superseding'> | Record<string, never> = {}) => {
    const before = new Set(await quarantinedNames(main, tools));
    const facts = { now, times, superseding: superseding === undefined ? { device, before } : superseding };
    return (await tidyQuarantine(main, facts, tools, never)).map(({ path }) => path);
  };
  return { layout, place, disk, tools, put, tidy };
}

describe('quarantine', () => {
  it('gives up what a newer backup of the same login has superseded, and keeps the last that shows one', async () => {
    const { put, tidy, layout } = await world();
    const old = await put(9, 'damaged');
    const other = await put(8, 'replaced', 'theirs');
    const newest = await put(2, 'replaced');
    expect(await tidy()).toEqual([old]);
    expect(
      await verifyProfile(newest, {
        layout: plainLayout,
        depth: 'structural',
        expected: null,
        scratch: layout.staging,
        signal: never,
      }),
    ).toMatchObject({ soundness: 'sound' });
    expect(await tidy()).toEqual([]);
    expect(await deviceOf(other, plainLayout, never)).not.toBeNull();
  });

  it('gives up a dead login after a week, and what was wiped after one, once there is a backup', async () => {
    const { put, tidy } = await world();
    const dead = await put(8, 'logged_out', 'theirs');
    const wiped = await put(8, 'damaged', null);
    await put(5, 'damaged', null);
    await put(1, 'replaced', 'theirs');
    expect(await tidy({ superseding: null })).toEqual([dead]);
    expect(await tidy()).toEqual([wiped]);
  });

  it('keeps what cannot be read, and what is no profile', async () => {
    const { put, tidy, place } = await world();
    const torn = await put(9, 'logged_out');
    await rm(join(torn, localStorageStore), { recursive: true });
    await writeFile(join(torn, localStorageStore), 'torn');
    await put(0.5, 'replaced');
    await mkdir(join(place, `${compactUtc(now - 30 * day)}-logged_out`));
    await writeFile(join(place, `${compactUtc(now - 30 * day)}-logout`), 'a file');
    expect(await tidy()).toEqual([]);
  });

  it('is not there for most sessions', async () => {
    const { tidy, place, disk } = await world();
    await rm(place, { recursive: true });
    expect(await tidy()).toEqual([]);
    expect(disk.steps).toEqual([]);
  });

  it('holds a profile whole or not at all wherever it is killed', async () => {
    for (let left = 0; ; left++) {
      const { put, tidy, disk, place } = await world();
      const old = await put(9, 'damaged');
      await put(2, 'replaced');
      disk.dieAfter(left);
      const died = await tidy().then(
        () => false,
        () => true,
      );
      disk.mend();
      const verdict = await verifyProfile(old, {
        layout: plainLayout,
        depth: 'structural',
        expected: null,
        scratch: place,
        signal: never,
      });
      expect(['sound', 'absent']).toContain(verdict.soundness);
      if (verdict.soundness === 'sound') expect(await tidy()).toEqual([old]);
      if (!died) break;
    }
  });
});
