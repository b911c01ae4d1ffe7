import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { loadSettings } from '../config/load.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { SqliteRegistry } from '../registry/sqlite.ts';
import type { Incident } from '../session/history.ts';
import { sessionId } from '../session/id.ts';
import { RecordedBackupIncidents } from '../supervisor/recorded-backup-incidents.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { DirectoryVault } from '../vault/directory-vault.ts';
import { volumeLayout } from '../volume/layout.ts';
import { good } from '../wording/finding.ts';
import { backupsCheck } from './backups.ts';
import { botCheck } from './bot.ts';
import { browserCheck } from './browser.ts';
import { assess } from './capacity.ts';
import { clockCheck } from './clock.ts';
import type { Check, DoctorContext } from './context.ts';
import { diagnose } from './diagnose.ts';
import { drainCheck } from './drain.ts';
import { encryptionCheck } from './encryption.ts';
import { librariesCheck, node } from './libraries.ts';
import { registryCheck } from './registry.ts';
import { vaultCheck } from './vault.ts';
import { lockCheck, volumeCheck } from './volume.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-doctor-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function context(
  env: Record<string, string> = {},
  more: Partial<DoctorContext> = {},
  others: Record<string, string> = {},
): DoctorContext {
  const { settings, sources } = loadSettings({
    env: {
      VIGIL_VOLUME: root,
      ...others,
      ...Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('VIGIL_'))),
    },
    cwd: root,
  });
  return {
    settings,
    volumeSource: sources.volume,
    layout: volumeLayout(settings.volume),
    env: { PATH: process.env['PATH'], ...env },
    uid: process.geteuid?.() ?? 0,
    stillRoot: null,
    machine: { cores: 2, totalMemory: 4 * 1024 ** 3, freeMemory: 1024 ** 3 },
    clock: systemClock,
    disk: new LinuxDisk(),
    findBrowser: () => Promise.reject(new VigilError('chromium_not_found', 'No Chromium was found.')),
    packagedBrowser: async () => null,
    requireLibrary: async () => {},
    requireBot: async () => {},
    openVault: async () => {
      if (settings.vault.kind !== 'directory') throw new Error('a vault of this test must be given');
      const options = { path: settings.vault.path, disk: new LinuxDisk(), clock: systemClock };
      return new DirectoryVault({ ...options, onVolume: false });
    },
    encryption: async () => ({ sealsFor: null, opens: [], foreign: [] }),
    create: false,
    ...more,
  };
}

const examine = (check: Check, given: DoctorContext) => diagnose(given, [check]);

describe('the doctor', () => {
  it('reports a check that hangs as a finding, and tells it to stop', async () => {
    const clock = new FakeClock();
    let stopped = false;
    const hangs: Check = {
      name: 'disk',
      run: (_, signal) => new Promise(() => signal.addEventListener('abort', () => (stopped = true))),
    };
    const other: Check = { name: 'other', run: () => [good('other', 'fine')] };
    const findings = diagnose(context({}, { clock }), [hangs, other]);
    await clock.advance(40_000);
    expect(await findings).toMatchObject([
      { name: 'disk', verdict: 'bad', found: 'no answer within 40 s' },
      { name: 'other', verdict: 'good' },
    ]);
    expect(stopped).toBe(true);
  });

  it('reports what a check throws, with what to do', async () => {
    expect(await examine(browserCheck, context())).toEqual([
      {
        name: 'browser',
        verdict: 'bad',
        found: 'No Chromium was found.',
        remedy: expect.stringContaining('apt-get install chromium'),
      },
    ]);
  });
});

it('a browser that a start would unpack is said to be, and is not unpacked', async () => {
  const given = context({}, { packagedBrowser: async () => '@sparticuz/chromium 1.2.3' });
  expect(await examine(browserCheck, given)).toMatchObject([
    { name: 'browser', verdict: 'warning', found: expect.stringContaining('@sparticuz/chromium 1.2.3') },
  ]);
  const set = new VigilError('chromium_not_found', 'PUPPETEER_EXECUTABLE_PATH names no working browser.');
  const named = {
    ...given,
    settings: { ...given.settings, chromiumExecutable: '/x' },
    findBrowser: () => Promise.reject(set),
  };
  expect(await examine(browserCheck, named)).toMatchObject([{ verdict: 'bad', found: set.message }]);
});

describe('the volume', () => {
  it('is good when it can be written, and nothing is left on it', async () => {
    expect(await examine(volumeCheck, context())).toMatchObject([
      { name: 'volume', verdict: 'good' },
      { name: 'space', verdict: 'good' },
    ]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is bad when the one that was named is not there, or is a file', async () => {
    const gone = join(root, 'gone');
    expect(await examine(volumeCheck, context({ VIGIL_VOLUME: gone }))).toMatchObject([
      {
        verdict: 'bad',
        found: `${gone} does not exist`,
        remedy: expect.stringMatching(/VIGIL_VOLUME.*mkdir/),
      },
    ]);
    writeFileSync(gone, '');
    expect(await examine(volumeCheck, context({ VIGIL_VOLUME: gone }))).toMatchObject([
      { verdict: 'bad', found: `${gone} is a file` },
    ]);
  });

  it.each([
    ['EACCES', 'user 4242 may not write in ', 'chown -R 4242 '],
    ['EROFS', 'is on a read-only file system', 'Mount the volume writable'],
    ['ENOSPC', 'no space is left in ', 'Free space'],
  ])('that cannot be written (%s) is told once, and by its own name', async (code, found, remedy) => {
    const given = context({}, { uid: 4242, disk: new FaultyDisk().fail('try:create', code) });
    const findings = await diagnose(given, [volumeCheck, lockCheck, vaultCheck, clockCheck]);
    expect(findings.filter(({ verdict }) => verdict === 'bad')).toEqual([
      {
        name: 'volume',
        verdict: 'bad',
        found: expect.stringContaining(found),
        remedy: expect.stringContaining(remedy),
      },
    ]);
    expect(findings[0]?.found).not.toContain('.tmp');
  });

  it('of another user is bad for root, who must become that user and cannot', async () => {
    chownSync(root, 4242, 4242);
    const stillRoot = new VigilError('volume_permission', 'That user cannot read this program.');
    expect(await examine(volumeCheck, context({}, { uid: 0, stillRoot }))).toMatchObject([
      { name: 'volume', verdict: 'bad', found: stillRoot.message },
      { name: 'space' },
    ]);
  });

  it('of another user that can be written is a warning', async () => {
    expect(await examine(volumeCheck, context({}, { uid: 4242 }))).toMatchObject([
      { verdict: 'warning', remedy: expect.stringContaining('chown -R 4242') },
      { name: 'space' },
    ]);
  });

  it('is only not there yet when nobody named it', async () => {
    const given = context({ VIGIL_VOLUME: join(root, 'data') }, { volumeSource: { kind: 'default' } });
    expect(await examine(volumeCheck, given)).toMatchObject([{ verdict: 'warning' }]);
    expect(await examine(lockCheck, given)).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is bad on Railway without a volume', async () => {
    expect(await examine(volumeCheck, context({ RAILWAY_SERVICE_ID: 'x' }))).toMatchObject([
      { verdict: 'bad', found: expect.stringContaining('without a volume') },
    ]);
  });

  it('is bad where a mount was expected, by whatever means that was said', async () => {
    const given = context();
    const { settings } = given;
    const expecting = { ...given, settings: { ...settings, expectMount: '1' as const } };
    expect(await examine(volumeCheck, expecting)).toMatchObject([
      { verdict: 'bad', found: expect.stringContaining('VIGIL_EXPECT_MOUNT=1') },
    ]);
  });

  it('has too little space when less is free than the floor', async () => {
    const findings = await examine(volumeCheck, context({ VIGIL_SPACE_FLOOR: '1023g' }));
    expect(findings[1]).toMatchObject({ name: 'space', verdict: 'bad' });
  });

  it('has locks that hold against another process', async () => {
    expect(await examine(lockCheck, context())).toEqual([good('lock', 'holds against a second process')]);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('the vault', () => {
  it('is no backup on the volume, nor beside it on the same disk', async () => {
    const same = { verdict: 'warning', remedy: expect.stringContaining('VIGIL_VAULT=') };
    expect(await examine(vaultCheck, context())).toMatchObject([
      {
        ...same,
        found: expect.stringContaining('created with the first backup; on the volume itself: same disk'),
      },
    ]);
    mkdirSync(join(root, 'below'));
    expect(await examine(vaultCheck, context({ VIGIL_VAULT: `directory:${root}/below` }))).toMatchObject([
      { ...same, found: expect.stringMatching(/writable, .* free; on the volume itself/) },
      { verdict: 'good', found: expect.stringContaining('VIGIL_VAULT_MAX') },
    ]);
    const beside = mkdtempSync(join(tmpdir(), 'vigil-beside-'));
    onTestFinished(() => rmSync(beside, { recursive: true }));
    expect(await examine(vaultCheck, context({ VIGIL_VAULT: `directory:${beside}` }))).toMatchObject([
      { ...same, found: expect.stringContaining('on the disk that the volume is on: not a backup') },
    ]);
  });

  it('on the volume tells how much of its share backups take, and when that is nearly all', async () => {
    const sessions = join(root, 'vigil', 'vault', 'sessions');
    mkdirSync(join(sessions, 'main'), { recursive: true });
    const told = async () => {
      const [, share] = await examine(vaultCheck, context({ VIGIL_VAULT_MAX: '10m' }));
      return [share?.verdict, share?.found];
    };
    writeFileSync(join(sessions, 'theirs.tar.gz'), Buffer.alloc(11 * 1024 ** 2));
    expect(await told()).toEqual(['good', expect.stringContaining('take 0 bytes of the 10 MB')]);
    const archive = (second: number) => `20260101T00000${second}Z-1-0123456789ab.tar.gz`;
    writeFileSync(join(sessions, 'main', archive(0)), Buffer.alloc(9.5 * 1024 ** 2));
    expect(await told()).toEqual(['warning', expect.stringContaining('before their time')]);
    writeFileSync(join(sessions, 'main', archive(1)), Buffer.alloc(1024 ** 2));
    expect(await told()).toEqual(['warning', expect.stringContaining('stay all the same')]);
  });

  it('is good in a bucket that answers, and says what the vault says where it does not', async () => {
    const refusal = new VigilError('vault_refused', 'There is no such bucket.', { remedy: 'Create it.' });
    const there = new Set<string>();
    const vault = alteredVault(await context().openVault(), {
      name: 's3:bucket',
      check: async () => {
        if (!there.has('bucket')) throw refusal;
      },
      create: async () => there.size < there.add('bucket').size,
    });
    const env = { VIGIL_VAULT: 's3:bucket', VIGIL_BACKUP_ENCRYPTION: 'off' };
    const keys = { AWS_REGION: 'eu-central-1' };
    const given = (create: boolean) => ({ ...context(env, { openVault: async () => vault, create }, keys) });
    expect(await examine(vaultCheck, given(false))).toMatchObject([
      { verdict: 'bad', found: 'There is no such bucket.', remedy: 'Create it.' },
    ]);
    expect((await examine(vaultCheck, given(true))).map(({ verdict, found }) => [verdict, found])).toEqual([
      ['good', 's3:bucket has been created'],
      ['good', 's3:bucket answers, and lets itself be listed'],
    ]);
    expect(await examine(vaultCheck, given(true))).toHaveLength(1);
  });

  it('is created where that is asked for, but not on the volume', async () => {
    const beside = mkdtempSync(join(tmpdir(), 'vigil-beside-'));
    onTestFinished(() => rmSync(beside, { recursive: true }));
    const path = join(beside, 'mnt', 'vault');
    const findings = await examine(
      vaultCheck,
      context({ VIGIL_VAULT: `directory:${path}` }, { create: true }),
    );
    expect(findings[0]).toEqual(good('vault', `directory:${path} has been created`));
    expect(readdirSync(join(beside, 'mnt'))).toEqual(['vault']);
    await examine(vaultCheck, context({}, { create: true }));
    expect(readdirSync(root)).toEqual([]);
  });

  it('is bad where it cannot be written', async () => {
    mkdirSync(join(root, 'elsewhere'));
    const env = { VIGIL_VAULT: `directory:${root}/elsewhere` };
    const disk = new FaultyDisk().fail('try:create', 'EROFS');
    expect(await examine(vaultCheck, context(env, { disk }))).toMatchObject([
      { name: 'vault', verdict: 'bad', found: `${root}/elsewhere is on a read-only file system` },
    ]);
  });

  it('is bad where nothing is mounted', async () => {
    expect(await examine(vaultCheck, context({ VIGIL_VAULT: `directory:${root}/mnt/vault` }))).toMatchObject([
      { verdict: 'bad' },
    ]);
  });
});

describe('the registry', () => {
  it('may not be there yet', async () => {
    expect(await examine(registryCheck, context())).toMatchObject([{ verdict: 'good' }]);
  });

  it('is good when SQLite finds it sound, and says its schema', async () => {
    const given = context();
    mkdirSync(given.layout.ours);
    const database = new Database(given.layout.registry);
    database.exec(
      "create table kysely_migration (name text); insert into kysely_migration values ('0001_first')",
    );
    database.close();
    expect(await examine(registryCheck, given)).toEqual([good('registry', 'sound, schema 0001_first')]);
  });

  it('is bad when it is not a database', async () => {
    const given = context();
    mkdirSync(given.layout.ours);
    writeFileSync(given.layout.registry, 'x'.repeat(8_192));
    expect(await examine(registryCheck, given)).toMatchObject([
      { verdict: 'bad', remedy: expect.stringContaining('do not depend on it') },
    ]);
  });
});

describe('the clock', () => {
  it('is bad in a year that cannot be', async () => {
    const findings = await examine(clockCheck, context({}, { clock: new FakeClock(0) }));
    expect(findings[0]).toMatchObject({
      name: 'clock',
      verdict: 'bad',
      found: expect.stringContaining('1970'),
    });
  });

  it('is compared with that of the volume', async () => {
    const clock = new FakeClock(Date.now() - 3_600_000);
    expect((await examine(clockCheck, context({}, { clock })))[1]).toMatchObject({
      name: 'volume clock',
      verdict: 'warning',
      found: expect.stringMatching(/3\d{3} s ahead of/),
    });
    expect(await examine(clockCheck, context())).toHaveLength(1);
  });
});

describe('the drain time', () => {
  const railway = (seconds?: string) =>
    examine(
      drainCheck,
      context({
        RAILWAY_SERVICE_ID: 'x',
        ...(seconds !== undefined && { RAILWAY_DEPLOYMENT_DRAINING_SECONDS: seconds }),
      }),
    );

  it.each([undefined, '0', '30', '45', 'soon'])('is too short on Railway with %s', async (seconds) => {
    expect(await railway(seconds)).toMatchObject([
      { verdict: 'warning', remedy: expect.stringContaining('RAILWAY_DEPLOYMENT_DRAINING_SECONDS=60') },
    ]);
  });

  it('is good when the platform waits longer', async () => {
    expect(await railway('60')).toMatchObject([{ verdict: 'good' }]);
    expect(await examine(drainCheck, context())).toMatchObject([{ verdict: 'good' }]);
  });
});

describe('memory and cores', () => {
  const having = (gigabytes: number, cores: number) => ({
    cores,
    memory: { total: gigabytes * 1024 ** 3, available: gigabytes * 1024 ** 3 },
    limitedBy: { cores: 'cgroup', memory: 'cgroup' } as const,
  });

  it('say for how many sessions they are enough', () => {
    expect(assess(having(2, 2), 3, 'auto')).toMatchObject([
      { verdict: 'good', found: expect.stringContaining('about 7 sessions') },
      { verdict: 'good', found: expect.stringContaining('2 sessions start at a time') },
    ]);
  });

  it('warn of more sessions, or more starts, than they are enough for', () => {
    expect(assess(having(1, 1), 5, 4)).toMatchObject([
      { verdict: 'warning', remedy: expect.stringContaining('Give it 1.5 GB') },
      { verdict: 'warning' },
    ]);
  });
});

describe('the libraries', () => {
  it('are those that were made for each other', async () => {
    expect(await examine(librariesCheck, context())).toMatchObject([
      { name: 'node', verdict: 'good' },
      { name: 'whatsapp-web.js', verdict: 'good' },
      { name: 'puppeteer', verdict: 'good' },
    ]);
  });

  it('are bad when another Puppeteer is beside the library', async () => {
    const install = (name: string, manifest: object) => {
      const directory = join(root, 'node_modules', name);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, main: 'index.js', ...manifest }));
      writeFileSync(join(directory, 'index.js'), '');
      return directory;
    };
    install('puppeteer', { version: '25.1.0' });
    const library = install('whatsapp-web.js', { version: '1.34.7', dependencies: { puppeteer: '24.38.0' } });
    const findings = await examine(librariesCheck, context({ VIGIL_WWEBJS: library }));
    expect(findings[2]).toMatchObject({
      verdict: 'bad',
      found: '25.1.0, and whatsapp-web.js 1.34.7 is made for 24.38.0',
    });
  });

  it('are bad when there is none where one was named', async () => {
    mkdirSync(join(root, 'empty'));
    const unusable = new VigilError('engine_unusable', 'The library does not load.');
    const env = { VIGIL_WWEBJS: join(root, 'empty') };
    expect(
      await examine(librariesCheck, context(env, { requireLibrary: () => Promise.reject(unusable) })),
    ).toMatchObject([{ name: 'node' }, { name: 'whatsapp-web.js', verdict: 'bad', found: unusable.message }]);
    expect(await examine(librariesCheck, context(env))).toMatchObject([
      { name: 'node' },
      { name: 'whatsapp-web.js', verdict: 'bad', found: expect.stringContaining('there is none at') },
    ]);
  });

  it('are bad when the one that was named lacks what is called', async () => {
    const lacking = new VigilError('engine_unusable', 'The library /own lacks Client.inject().');
    const findings = await examine(
      librariesCheck,
      context({}, { requireLibrary: () => Promise.reject(lacking) }),
    );
    expect(findings).toMatchObject([
      { name: 'node' },
      {
        name: 'whatsapp-web.js',
        verdict: 'bad',
        found: 'The library /own lacks Client.inject().',
        remedy: expect.stringContaining('VIGIL_WWEBJS'),
      },
      { name: 'puppeteer' },
    ]);
  });

  it.each([
    ['20.20.2', 'bad'],
    ['22.17.0', 'bad'],
    ['22.18.0', 'good'],
    ['23.11.0', 'warning'],
    ['24.21.0', 'good'],
  ])('Node %s is %s', (version, verdict) => {
    expect(node(version).verdict).toBe(verdict);
  });
});

describe('the bot', () => {
  it('is no matter where there is none', async () => {
    expect(await examine(botCheck, context())).toEqual([]);
  });

  it('is good where its file is, and bad with what was found where it is not', async () => {
    const env = { VIGIL_BOT: '/srv/bot.mjs' };
    expect(await examine(botCheck, context(env))).toEqual([good('bot', '/srv/bot.mjs')]);
    const missing = new VigilError('invalid_config', 'VIGIL_BOT: found nothing.');
    const given = context(env, { requireBot: () => Promise.reject(missing) });
    expect(await examine(botCheck, given)).toMatchObject([
      { name: 'bot', verdict: 'bad', found: missing.message },
    ]);
  });
});

describe('the doctor on backups', () => {
  it('says what the daemon has noted, and what to do about it', async () => {
    const { layout } = context();
    mkdirSync(layout.ours, { recursive: true });
    const noted: Incident[] = [];
    const clock = new FakeClock();
    const log = createLogger({ level: 'silent', clock, write: () => {} });
    const incidents = new RecordedBackupIncidents({
      clock,
      log,
      history: { incident: (one) => void noted.push(one) },
    });
    expect(await examine(backupsCheck, context())).toMatchObject([{ verdict: 'good' }]);
    incidents.raise('backup_failed', sessionId('main'), { problem: 'The disk is full.', remedy: null });
    incidents.raise('vault_unreachable', null, { problem: 'It is away.', remedy: 'Mount it.' });
    const registry = new SqliteRegistry({ path: layout.registry, clock, onReplaced: () => {} });
    await registry.open();
    for (const incident of noted) await registry.putIncident(incident);
    const findings = await examine(backupsCheck, context({}, { clock }));
    await registry.close();
    expect(findings).toEqual([
      {
        name: 'backups',
        verdict: 'bad',
        found: 'The vault does not answer, so no session is backed up (since just now): It is away.',
        remedy: 'Mount it.',
      },
      {
        name: 'backups',
        verdict: 'bad',
        found: 'session "main": Its last backup failed (since just now): The disk is full.',
        remedy: expect.stringContaining('`vigil backup main`'),
      },
    ]);
  });
});

describe('the encryption of backups', () => {
  const examined = (found: Awaited<ReturnType<DoctorContext['encryption']>>) =>
    examine(encryptionCheck, context({}, { encryption: async () => found }));

  it.each([
    [null, [], 'good', 'backups are written plain'],
    [null, ['age-1'], 'good', 'backups are written plain; older ones open with age-1'],
    [['age-1'], ['age-1', 'age-0'], 'good', 'backups are encrypted for age-1, and open here'],
    [
      ['age-1', 'age-2'],
      ['age-0'],
      'warning',
      'backups are encrypted for age-1, age-2, and nothing here opens them',
    ],
  ] as const)('for %j, opened with %j: %s', async (sealsFor, opens, verdict, found) => {
    expect(await examined({ sealsFor, opens, foreign: [] })).toMatchObject([
      { name: 'encryption', verdict, found },
    ]);
  });

  it('names what is sealed for keys that are not here', async () => {
    const foreign = ['The newest backup of main is encrypted for age-0.'];
    expect(await examined({ sealsFor: ['age-1'], opens: ['age-1'], foreign })).toMatchObject([
      { verdict: 'good' },
      { verdict: 'bad', found: foreign[0], remedy: expect.stringContaining('VIGIL_BACKUP_IDENTITY') },
    ]);
  });
});
