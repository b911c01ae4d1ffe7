import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainLayout, wordOf, writeProfile } from '../../test/doubles/backup-world.ts';
import { decoy } from '../../test/doubles/decoy.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { whatsappWebProfile } from '../engine/whatsapp-web/profile-layout.ts';
import { sessionId } from '../session/id.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { volumeMarker } from './markers.ts';
import { quarantineProfile } from './quarantine.ts';
import { oldestFirst } from './quarantine-policy.ts';

const main = sessionId('main');

async function volume() {
  const layout = volumeLayout(await scratchDirectory());
  const profile = profilePath(layout, main);
  await mkdir(layout.quarantine, { recursive: true });
  const disk = new FaultyDisk();
  const clock = new FakeClock();
  const options = { layout, disk, processes: new LinuxProcesses(), clock, floor: 1_000 };
  const pair = async (login: string) => {
    await mkdir(join(profile, 'Default'), { recursive: true });
    await writeFile(join(profile, 'Default', 'login'), login);
  };
  await pair('first');
  const quarantine = (reason = 'logged_out', profileLayout: ProfileLayout = whatsappWebProfile) =>
    quarantineProfile(main, reason, { ...options, profileLayout });
  return { layout, profile, clock, disk, pair, quarantine, place: join(layout.quarantine, 'main') };
}

describe('a profile in quarantine', () => {
  it('is all there, in a place that says when and why', async () => {
    const { quarantine, place, layout } = await volume();
    const path = await quarantine();
    expect(path).toBe(join(place, '20260101T000000Z-logged_out'));
    expect(await readFile(join(path ?? '', 'Default', 'login'), 'utf8')).toBe('first');
    expect(await readdir(layout.sessions)).toEqual([]);
  });

  it('never takes another one’s place, not in the same second either', async () => {
    const { quarantine, pair, place } = await volume();
    await quarantine();
    await pair('second');
    await quarantine();
    await pair('third');
    await quarantine();
    const logins = await Promise.all(
      (await readdir(place)).sort().map((name) => readFile(join(place, name, 'Default', 'login'), 'utf8')),
    );
    expect(logins).toEqual(['first', 'second', 'third']);
  });

  it('comes last by its name, whatever the clock says and others have put there', async () => {
    const { quarantine, pair, place, clock } = await volume();
    await mkdir(join(place, 'zzz-a-copy'), { recursive: true });
    await mkdir(join(place, '20269999T999999Z-logout'));
    const year = 365 * 86_400_000;
    clock.set(clock.now() + year);
    const ahead = (await quarantine()) ?? '';
    clock.set(clock.now() - year);
    await pair('second');
    const later = (await quarantine()) ?? '';
    expect(oldestFirst({ name: basename(ahead) }, { name: basename(later) })).toBeLessThan(0);
    await pair('third');
    clock.set(clock.now() + 2 * year);
    expect(await quarantine()).toBe(join(place, '20280101T000000Z-logged_out'));
  });

  it('is null when there was no profile', async () => {
    const { quarantine, place } = await volume();
    await quarantine();
    expect(await quarantine()).toBeNull();
    expect(await readdir(place)).toHaveLength(1);
  });

  it('keeps what a login needs, and all of it where one of that is missing', async () => {
    const { quarantine, profile } = await volume();
    await writeProfile(profile, 'paired');
    const essential = (await quarantine('logged_out', plainLayout)) ?? '';
    expect(await wordOf(essential)).toBe('paired');
    expect(await readdir(essential)).toEqual(['Default']);
    await writeProfile(profile, 'paired');
    await rm(join(profile, 'Default', 'IndexedDB'), { recursive: true });
    const everything = (await quarantine('again', plainLayout)) ?? '';
    expect(await readdir(everything)).toContain('Local State');
  });

  it('is there all the same when what it does not need cannot be removed', async () => {
    const { quarantine, profile, disk } = await volume();
    await writeProfile(profile, 'paired');
    disk.fail('quarantine:prune', 'EIO');
    expect(await wordOf((await quarantine('logged_out', plainLayout)) ?? '')).toBe('paired');
    expect(await readdir(profile).catch(() => null)).toBeNull();
  });

  it.each([
    ['../../../etc', 'etc'],
    ['Max qrcode retries reached!', 'max-qrcode-retries-reached'],
    ['', 'unknown'],
    ['x'.repeat(300), 'x'.repeat(40)],
  ])('bears a reason that is safe in a path: %j', async (reason, expected) => {
    const { quarantine, place } = await volume();
    expect(await quarantine(reason)).toBe(join(place, `20260101T000000Z-${expected}`));
  });
});

describe('a profile stays where it is', () => {
  it.each(['--vigil', 'stranger'])('while a browser runs on it (%s)', async (whose) => {
    const { quarantine, profile, layout } = await volume();
    await decoy([`--user-data-dir=${profile}`, ...(whose === 'stranger' ? [] : [volumeMarker(layout.root)])]);
    await expect(quarantine()).rejects.toMatchObject({ code: 'profile_in_use' });
    expect(await readdir(profile)).toEqual(['Default']);
  });

  it('below the floor of free space', async () => {
    const { quarantine, profile, disk } = await volume();
    disk.free(999);
    await expect(quarantine()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await readdir(profile)).toEqual(['Default']);
    disk.free(1_000);
    expect(await quarantine()).not.toBeNull();
  });

  it.each(['quarantine:place', 'quarantine:reserve', 'quarantine:rename'])(
    'when the step %s fails',
    async (step) => {
      const { quarantine, profile, disk } = await volume();
      disk.fail(step, 'ENOSPC');
      await expect(quarantine()).rejects.toMatchObject({ code: 'disk_full' });
      expect(await readFile(join(profile, 'Default', 'login'), 'utf8')).toBe('first');
      disk.mend();
      expect(await quarantine()).not.toBeNull();
    },
  );

  it('when it is a link to something else', async () => {
    const { quarantine, profile } = await volume();
    await quarantine();
    await symlink(await scratchDirectory(), profile);
    await expect(quarantine()).rejects.toMatchObject({ code: 'volume_permission' });
  });
});

it.each([
  'quarantine:place',
  'quarantine:place-sync',
  'quarantine:reserve',
  'quarantine:rename',
  'quarantine:sync',
])('is in exactly one place after a kill at %s', async (step) => {
  const { quarantine, profile, disk, place } = await volume();
  disk.dieAt(step);
  await expect(quarantine()).rejects.toThrow('dead');
  const files = await Promise.all(
    [profile, ...(await readdir(place).catch(() => [])).map((name) => join(place, name))].map((path) =>
      readdir(path).catch(() => []),
    ),
  );
  expect(files.flat()).toEqual(['Default']);
});
