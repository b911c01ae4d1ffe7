/** A backup that takes its time, from the vault to the profile's place, as a session asks for it. */

import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, evidence, main, wordOf } from '../../test/doubles/backup-world.ts';
import { SessionWorld } from '../../test/doubles/session-world.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { TimedVault } from '../backup/timed-vault.ts';
import type { Profiles } from '../session/ports.ts';
import { Session } from '../session/session.ts';
import { VolumeBackups } from './volume-backups.ts';

const second = 1_000;
const minute = 60 * second;

/** A session whose profile is gone, over a vault that gives an archive in so many pieces, one in 50 s. */
async function scene({ pieces, hangsAfter = pieces }: { pieces: number; hangsAfter?: number }) {
  const world = new SessionWorld();
  const { clock } = world;
  const volume = await backupWorld({ clock });
  await takeBackup(await volume.request('new'), volume.tools);
  let arrived = 0;
  let waits = Promise.withResolvers<void>();
  async function* slowly(bytes: Buffer) {
    const end = (piece: number) => Math.floor((bytes.length * piece) / pieces);
    for (let piece = 0; piece < pieces; piece++) {
      waits.resolve();
      if (arrived === hangsAfter) await new Promise(() => {});
      await clock.sleep(50 * second);
      arrived++;
      yield bytes.subarray(end(piece), end(piece + 1));
    }
  }
  const { vault } = volume;
  const slow = alteredVault(vault, {
    async get(name, signal) {
      const stream = await vault.get(name, signal);
      if (!name.endsWith('.tar.gz')) return stream;
      return Readable.from(slowly(Buffer.concat(await stream.toArray())), { objectMode: false });
    },
  });
  const backups = new VolumeBackups({ ...volume.tools, vault: new TimedVault(slow, clock) }, world.log);
  const profiles: Profiles = {
    ...world.profiles,
    prepare: async () =>
      (await wordOf(volume.profile)) === null
        ? { profile: 'unsound', problem: 'It is gone.' }
        : { profile: 'sound', evidence },
  };
  const record = world.paired(main, { evidence });
  const session = new Session(record, { ...world.portsFor(main), backups, profiles });
  /** The next piece: time passes only while the vault is waited for, since what the disk does takes real time. */
  const next = async () => {
    await waits.promise;
    waits = Promise.withResolvers();
    await clock.advance(50 * second);
  };
  return { ...volume, world, session, next, arrived: () => arrived };
}

it('comes back although it takes most of an hour, since it moves', async () => {
  const { world, session, next, profile } = await scene({ pieces: 60 });
  const began = world.clock.now();
  session.post({ type: 'start' });
  for (let piece = 0; piece < 60; piece++) await next();
  await session.until(({ state }) => state.name === 'launching');
  expect(world.clock.now() - began).toBeGreaterThan(45 * minute);
  expect(await wordOf(profile)).toBe('new');
  expect(session.record.restored).not.toBeNull();
});

it('is not waited for when its vault hangs in the middle: the session rests, and nothing stays behind', async () => {
  const { world, session, next, arrived, names, layout } = await scene({ pieces: 60, hangsAfter: 20 });
  session.post({ type: 'start' });
  for (let piece = 0; piece < 20; piece++) await next();
  const resting = session.until(({ state }) => state.name === 'resting');
  // The bound on the restore's silence, and the one on the vault's once the next piece is asked for.
  await expect.poll(() => world.clock.pending).toBe(2);
  await world.clock.advance(61 * second);
  await resting;
  expect(arrived()).toBe(20);
  expect(session.view).toMatchObject({ status: 'disconnected', reason: 'vault_unreachable' });
  expect(await names(layout.staging)).toEqual([]);
});
