import { cp, mkdir, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { FewProcesses } from '../../test/doubles/few-processes.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { whatsappWebProfile } from '../engine/whatsapp-web/profile-layout.ts';
import { sessionId } from '../session/id.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { VolumeProfiles } from './profiles.ts';

const main = sessionId('main');
const copy = sessionId('copy');
const never = new AbortController().signal;

async function volume() {
  const layout = volumeLayout(await scratchDirectory());
  for (const path of [layout.sessions, layout.quarantine, layout.staging])
    await mkdir(path, { recursive: true });
  const clock = new FakeClock();
  const processes = new FewProcesses();
  const profiles = new VolumeProfiles({
    layout,
    disk: new FaultyDisk(),
    processes,
    clock,
    floor: 0,
    profileLayout: whatsappWebProfile,
    browserVersion: async () => '156.0.0.0',
    finishRestore: async () => false,
  });
  const prepare = (id = main) =>
    profiles.prepare(id, { login: 'settled', evidence: null, forfeited: false, dueRestore: null }, never);
  const login = (id = main, device = 'a secret') => storeLogin(profilePath(layout, id), { device });
  await login();
  const duplicate = () => cp(profilePath(layout, main), profilePath(layout, copy), { recursive: true });
  const lose = (id = main) => rm(profilePath(layout, id), { recursive: true });
  const runs = (id = main) =>
    processes.browser(40, 2, [`--user-data-dir=${profilePath(layout, id)}`, `--vigil-volume=${layout.root}`]);
  return { profiles, prepare, login, duplicate, lose, runs, clock };
}

const refused = { code: 'profile_in_use', message: expect.stringContaining('the same device') };

describe('of two profiles of one device', () => {
  it('the second is not started beside the first, whatever its record says', async () => {
    const { prepare, duplicate } = await volume();
    await duplicate();
    expect(await prepare(main)).toMatchObject({ profile: 'sound' });
    await expect(prepare(copy)).rejects.toMatchObject(refused);
  });

  it('one is started when both are looked at at the same time', async () => {
    const { prepare, duplicate } = await volume();
    await duplicate();
    const both = await Promise.allSettled([prepare(main), prepare(copy)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('the second is started once the first is closed', async () => {
    const { profiles, prepare, duplicate } = await volume();
    await duplicate();
    await prepare(main);
    await profiles.reap(main);
    expect(await prepare(copy)).toMatchObject({ profile: 'sound' });
    await expect(prepare(main)).rejects.toMatchObject(refused);
  });

  it('the second is not started however long the first has been running', async () => {
    const { prepare, duplicate, runs, clock } = await volume();
    await duplicate();
    await prepare(main);
    runs(main);
    await clock.advance(60 * 60_000);
    await expect(prepare(copy)).rejects.toMatchObject(refused);
  });

  it('the second waits for a browser whose profile was taken from under it', async () => {
    const { prepare, duplicate, lose } = await volume();
    await duplicate();
    await prepare(main);
    await lose(main);
    await expect(prepare(copy)).rejects.toMatchObject(refused);
  });
});

describe('a session is not kept from its start', () => {
  it('by itself, however often it is looked at', async () => {
    const { prepare } = await volume();
    await prepare(main);
    expect(await prepare(main)).toMatchObject({ profile: 'sound' });
  });

  it('by a session of another device', async () => {
    const { prepare, login } = await volume();
    await login(copy, 'another secret');
    await prepare(main);
    expect(await prepare(copy)).toMatchObject({ profile: 'sound' });
  });

  it('by one that holds another login by now', async () => {
    const { prepare, login, duplicate, lose } = await volume();
    await duplicate();
    await prepare(main);
    await lose(main);
    await login(main, 'another secret');
    expect(await prepare(copy)).toMatchObject({ profile: 'sound' });
  });

  it('for ever by one that was looked at and never ran', async () => {
    const { prepare, duplicate, clock } = await volume();
    await duplicate();
    await prepare(main);
    await clock.advance(5 * 60_000);
    expect(await prepare(copy)).toMatchObject({ profile: 'sound' });
  });
});
