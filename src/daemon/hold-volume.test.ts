import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import type { Replayed } from '../restore/replay.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { profilePath, recordPath, volumeLayout } from '../volume/layout.ts';
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

describe('a restore that a crash has left half done', () => {
  const backup = { id: '20260101T000000Z-1-0123456789ab', at: '2026-01-01T00:00:00.000Z' };
  const evidence = { loginKeys: ['last-wid-md'], databases: [] };
  const asked = { why: 'person', backup: backup.id, failure: null } as const;

  /** All but in place, of a session with this record. */
  async function interrupted(changes: Partial<SessionRecord>) {
    const layout = await volume();
    const staged = 'restore-main-0123456789ab';
    const journal = { version: 1, session: 'main', backup, staged, quarantine: null, evidence };
    mkdirSync(join(layout.staging, staged, 'profile'), { recursive: true });
    writeFileSync(join(layout.restores, 'main.json'), JSON.stringify(journal));
    const records = new RecordStore(layout, new LinuxDisk(), systemClock);
    const record = savedRecord('main', changes);
    await records.write(record);
    const told: Replayed['outcome'][] = [];
    const hold = async (disk = new FaultyDisk()) => {
      const lock = await holdVolume(
        layout,
        options({ disk, onReplayed: ({ outcome }) => told.push(outcome) }),
      );
      await lock.release();
    };
    const inPlace = () => existsSync(profilePath(layout, record.id));
    return { layout, record, hold, told, inPlace, onDisk: () => records.read(record.id) };
  }

  test('is in its record before anybody reads that', async () => {
    const { hold, told, inPlace, onDisk } = await interrupted({ dueRestore: asked, forfeited: true });
    await hold();
    expect([told, inPlace()]).toEqual([['completed'], true]);
    expect(await onDisk()).toMatchObject({
      login: 'settled',
      forfeited: false,
      evidence,
      dueRestore: null,
      restored: { id: backup.id },
    });
  });

  test('leaves a later request for another backup due', async () => {
    const dueRestore = { ...asked, backup: '20260102T000000Z-1-0123456789ab' };
    const { hold, onDisk } = await interrupted({ dueRestore });
    await hold();
    expect(await onDisk()).toMatchObject({ dueRestore, restored: { id: backup.id } });
  });

  test.each(['create', 'rename', 'sync'])(
    'keeps nobody from the volume where the disk does not take its record (%s), and may be done once more',
    async (step) => {
      const { hold, told, inPlace, onDisk, record } = await interrupted({ dueRestore: asked });
      await hold(new FaultyDisk().fail(`write-record:${step}`, 'ENOSPC'));
      expect([told, inPlace()]).toEqual([['completed'], true]);
      const found = await onDisk();
      // Old or new, never half.
      if (step === 'sync') expect(found).toMatchObject({ dueRestore: null, restored: { id: backup.id } });
      else expect(found).toEqual(record);
      await hold();
      expect(told).toEqual(['completed']);
    },
  );

  test('is ended where its record cannot be used, which stays for whoever reads it next', async () => {
    const { hold, told, inPlace, layout, record } = await interrupted({});
    writeFileSync(recordPath(layout, record.id), '{"half":');
    await hold();
    expect([told, inPlace()]).toEqual([['completed'], true]);
    expect(readdirSync(layout.records)).toEqual(['main.json']);
  });

  test('of a session that the volume has forgotten makes no record', async () => {
    const { hold, told, layout, record, onDisk } = await interrupted({});
    await new RecordStore(layout, new LinuxDisk(), systemClock).remove(record.id);
    await hold();
    expect(told).toEqual(['completed']);
    expect(await onDisk()).toBeNull();
  });

  test('and that the disk does not let end keeps nobody from the volume either', async () => {
    const { hold, told, layout, onDisk, record } = await interrupted({ dueRestore: asked });
    writeFileSync(profilePath(layout, record.id), 'in the way');
    await hold();
    expect(told).toEqual(['failed']);
    expect(await onDisk()).toEqual(record);
    expect(readdirSync(layout.restores)).toEqual(['main.json']);
  });
});
