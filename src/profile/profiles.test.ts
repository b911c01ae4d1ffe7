import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { localStorageStore, storeLogin } from '../../test/doubles/stored-login.ts';
import { whatsappWebProfile } from '../engine/whatsapp-web/profile-layout.ts';
import { sessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { VolumeProfiles } from './profiles.ts';

const main = sessionId('main');
const never = new AbortController().signal;

async function volume({ browser = '156.0.0.0' } = {}) {
  const layout = volumeLayout(await scratchDirectory());
  for (const path of [layout.sessions, layout.quarantine, layout.staging])
    await mkdir(path, { recursive: true });
  const profile = profilePath(layout, main);
  const disk = new FaultyDisk();
  const finished: string[] = [];
  const profiles = new VolumeProfiles({
    layout,
    disk,
    processes: new LinuxProcesses(),
    clock: new FakeClock(),
    floor: 0,
    profileLayout: whatsappWebProfile,
    browserVersion: async () => browser,
    finishRestore: async (id) => {
      finished.push(id);
      return false;
    },
  });
  const prepare = (
    login: SessionRecord['login'],
    evidence: SessionRecord['evidence'] = null,
    forfeited = false,
  ) => profiles.prepare(main, { login, evidence, forfeited, dueRestore: null }, never);
  const damage = () => rm(join(profile, localStorageStore, 'CURRENT'));
  const quarantined = () => readdir(join(layout.quarantine, main)).catch(() => []);
  return { layout, profile, profiles, prepare, damage, quarantined, finished };
}

describe('where a login is expected', () => {
  it('a sound profile is told with what there is to show for it', async () => {
    const { prepare, profile } = await volume();
    await storeLogin(profile);
    expect(await prepare('settled')).toMatchObject({
      profile: 'sound',
      evidence: { loginKeys: ['WALid', 'last-wid-md'] },
    });
  });

  it.each([
    ['damaged', async ({ damage }: Awaited<ReturnType<typeof volume>>) => damage()],
    ['gone', async ({ profile }: Awaited<ReturnType<typeof volume>>) => rm(profile, { recursive: true })],
    [
      'wiped',
      async ({ profile }: Awaited<ReturnType<typeof volume>>) => {
        await rm(profile, { recursive: true });
        await storeLogin(profile, { keys: ['WABrowserId'] });
      },
    ],
  ])('one that is %s is unsound, and stays for the restore to move it away', async (_what, harm) => {
    const on = await volume();
    await storeLogin(on.profile);
    await harm(on);
    expect(await on.prepare('settled')).toMatchObject({ profile: 'unsound', problem: expect.any(String) });
    expect(await on.quarantined()).toEqual([]);
  });

  it('one that holds less than was recorded is unsound', async () => {
    const { prepare, profile } = await volume();
    await storeLogin(profile, { keys: ['WALid'] });
    const evidence = { loginKeys: ['last-wid-md'], databases: [] };
    expect(await prepare('settled', evidence)).toMatchObject({ profile: 'unsound' });
  });
});

describe('where none is settled', () => {
  it('a login that was scanned a moment ago is started, whatever there is to show for it', async () => {
    const { prepare, profile } = await volume();
    await storeLogin(profile, { keys: ['WABrowserId'] });
    expect(await prepare('unsettled')).toMatchObject({ profile: 'sound', evidence: { loginKeys: [] } });
  });

  it('what is damaged goes to quarantine, and the session starts afresh', async () => {
    const { prepare, profile, damage, quarantined } = await volume();
    await storeLogin(profile);
    await damage();
    expect(await prepare('none')).toEqual({ profile: 'fresh' });
    expect(await quarantined()).toEqual([expect.stringMatching(/-damaged$/)]);
  });

  it('a login that nobody recorded is a login', async () => {
    const { prepare, profile } = await volume();
    await storeLogin(profile);
    expect(await prepare('none')).toMatchObject({ profile: 'sound' });
  });

  it('one that is forfeited goes to quarantine, however sound', async () => {
    const { prepare, profile, quarantined } = await volume();
    await storeLogin(profile);
    expect(await prepare('none', null, true)).toEqual({ profile: 'fresh' });
    expect(await quarantined()).toHaveLength(1);
  });
});

it.each(['settled', 'none'] as const)('one that nobody can judge stays as it is (%s)', async (login) => {
  const { prepare, profile, quarantined } = await volume();
  await storeLogin(profile, { schema: 99 });
  await expect(prepare(login)).rejects.toMatchObject({ code: 'profile_unverifiable', subject: 'main' });
  expect(await quarantined()).toEqual([]);
});

it('with a restore that is due nobody asks what is there', async () => {
  const { profiles, profile } = await volume({ browser: '1.0.0.0' });
  await storeLogin(profile, { schema: 99 });
  const due = { why: 'person', backup: 'b1', failure: null } as const;
  const expected = { login: 'settled', evidence: null, forfeited: false, dueRestore: due } as const;
  expect(await profiles.prepare(main, expected, never)).toEqual({ profile: 'fresh' });
});

it('a profile of a newer browser is refused, and stays as it is', async () => {
  const { prepare, profile } = await volume({ browser: '150.0.1.2' });
  await storeLogin(profile);
  await writeFile(join(profile, 'Last Version'), '156.0.8078.79');
  await expect(prepare('settled')).rejects.toMatchObject({
    code: 'chromium_too_old',
    message: expect.stringContaining('156.0.8078.79'),
  });
});

it('a restore that a crash left half done is ended before the profile is looked at', async () => {
  const { prepare, finished } = await volume();
  expect(await prepare('settled')).toMatchObject({ profile: 'unsound' });
  expect(finished).toEqual(['main']);
});

it('copies what lies there, and nothing but what the engine needs', async () => {
  const { profile, profiles, layout } = await volume();
  await storeLogin(profile);
  await mkdir(join(profile, 'Default', 'Cache'));
  const target = join(layout.staging, 'copy');
  expect(await profiles.copy(main, target, never)).toEqual({
    method: 'closed',
    pause: null,
    versions: { library: null, browser: '156.0.8078.79', web: null },
  });
  expect((await readdir(join(target, 'Default'))).sort()).toEqual([
    'IndexedDB',
    'Local Storage',
    'Session Storage',
  ]);
});
