import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VigilError } from '../errors.ts';
import type { Fault } from './faults.ts';
import { type LoadRequest, loadSettings } from './load.ts';
import { schema, settingKeys } from './settings.ts';

const load = (env: LoadRequest['env'] = {}, flags: NonNullable<LoadRequest['flags']> = {}) =>
  loadSettings({ env, flags, cwd: '/srv' });

function refusalOf(env: LoadRequest['env']): { error: VigilError; faults: Fault[] } {
  try {
    load(env);
  } catch (error) {
    if (error instanceof VigilError) return { error, faults: (error.details as { faults: Fault[] }).faults };
  }
  throw new Error('was not refused');
}

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(load().settings).toEqual({
      backupKeep: 30 * 24 * 3_600_000,
      backupKeepLast: 3,
      backupKeepWeekly: 4,
      vaultMax: { percent: 25 },
      volume: '/srv/data',
      expectMount: '0',
      sessions: [],
      takeOver: '0',
      spaceFloor: 100 * 1024 * 1024,
      lockWait: 90_000,
      chromiumExecutable: null,
      chromiumArgs: [],
      chromiumSandbox: 'auto',
      library: null,
      webVersion: null,
      deviceName: null,
      hostHeap: 96,
      bot: null,
      botEnvironment: [],
      port: 2790,
      host: '127.0.0.1',
      apiKey: null,
      trustedProxies: 'auto',
      heartbeat: 120_000,
      watchdog: 60_000,
      activity: 30_000,
      presence: true,
      probeDeadline: 15_000,
      pairingTimeout: 600_000,
      sealAfter: 10_000,
      startConcurrency: 'auto',
      drain: 45_000,
      vault: { kind: 'directory', path: '/srv/data/vigil/vault' },
      supabaseUrl: null,
      supabaseKey: null,
      awsAccessKey: null,
      awsSecretKey: null,
      awsSessionToken: null,
      awsRegion: null,
      s3Endpoint: null,
      s3PathStyle: 'auto',
      backupAt: expect.objectContaining({ text: '0 2 * * *', minutes: [0], hours: [2] }),
      backupSpread: 3_600_000,
      backupEvery: null,
      backupConcurrency: 2,
      backupMaxAge: 172_800_000,
      pingUrl: null,
      encryption: 'auto',
      backupPassphrase: null,
      oldBackupPassphrase: null,
      backupRecipients: [],
      backupIdentity: null,
      drillEvery: 7 * 24 * 3_600_000,
      backupOnDrain: true,
      logLevel: 'info',
      logFormat: 'auto',
      timeZone: null,
    });
  });

  it('come from flags before the environment before the defaults, and say from where', () => {
    const { settings, sources } = load({ PORT: '4000', VIGIL_DRAIN: '10s' }, { port: '5000' });
    expect([settings.port, settings.drain, settings.lockWait]).toEqual([5000, 10_000, 90_000]);
    expect(sources.port).toEqual({ kind: 'flag', name: '--port' });
    expect(sources.drain).toEqual({ kind: 'env', name: 'VIGIL_DRAIN' });
    expect(sources.lockWait).toEqual({ kind: 'default' });
  });

  it("take the mount path of Railway's volume unless the volume is set", () => {
    const railway = load({ RAILWAY_VOLUME_MOUNT_PATH: '/data' });
    expect(railway.settings.volume).toBe('/data');
    expect(railway.settings.vault).toEqual({ kind: 'directory', path: '/data/vigil/vault' });
    expect(railway.sources.volume).toEqual({ kind: 'env', name: 'RAILWAY_VOLUME_MOUNT_PATH' });
    expect(load({ RAILWAY_VOLUME_MOUNT_PATH: '/data', VIGIL_VOLUME: 'other' }).settings.volume).toBe(
      '/srv/other',
    );
  });

  it('take times of backups strictly, and an address to tell only of the web', () => {
    expect(load({ VIGIL_BACKUP_AT: '30 4 * * sun' }).settings.backupAt).toMatchObject({ daysOfWeek: [0] });
    expect(load({ VIGIL_BACKUP_AT: 'off' }).settings.backupAt).toBeNull();
    for (const at of ['02:00', '* * * * *', '0 25 * * *', 'daily'])
      expect(refusalOf({ VIGIL_BACKUP_AT: at }).faults).toMatchObject([{ kind: 'malformed' }]);
    for (const url of ['checks.example/a-secret', 'ftp://checks.example/a-secret', 'https://a b/a-secret']) {
      const refusal = refusalOf({ VIGIL_PING_URL: url });
      expect(refusal.faults).toMatchObject([{ kind: 'malformed' }]);
      expect(refusal.error.message).not.toContain('a-secret');
    }
  });

  it('take the bot from where the program runs, and names of variables for it, but none of ours', () => {
    expect(load({ VIGIL_BOT: './bot.mjs' }).settings.bot).toBe('/srv/bot.mjs');
    expect(load({ VIGIL_BOT_ENV: 'A_KEY,B,A_KEY' }).settings.botEnvironment).toEqual(['A_KEY', 'B']);
    for (const names of ['A KEY', 'A,', '1A', 'A=b', 'VIGIL_API_KEY', 'A,vigil_volume'])
      expect(refusalOf({ VIGIL_BOT_ENV: names }).faults).toMatchObject([{ kind: 'malformed' }]);
  });

  it('can switch heartbeat, activity and sealing off, but never the watchdog', () => {
    const off = load({ VIGIL_HEARTBEAT: 'off', VIGIL_ACTIVITY: 'off', VIGIL_SEAL_AFTER: 'off' }).settings;
    expect([off.heartbeat, off.activity, off.sealAfter]).toEqual([null, null, null]);
    expect(refusalOf({ VIGIL_WATCHDOG: 'off' }).error.message).toContain('expected a duration from 1s');
  });

  it('report every fault together', () => {
    const { error, faults } = refusalOf({
      PORT: '3.5',
      VIGIL_DRAIN: '',
      VIGIL_LOCK_WAIT: ' 1s',
      VIGIL_DRIAN: '45s',
      LOG_LEVEL: 'INFO',
      VIGIL_MAX_SESSIONS: '5',
      VIGIL_HOST: '::',
    });
    expect(error.code).toBe('invalid_config');
    expect(error.exit).toBe(78);
    expect(faults.map((fault) => [fault.name, fault.kind])).toEqual([
      ['VIGIL_DRIAN', 'unknown'],
      ['VIGIL_MAX_SESSIONS', 'not_yet_available'],
      ['VIGIL_LOCK_WAIT', 'malformed'],
      ['PORT', 'malformed'],
      ['VIGIL_DRAIN', 'malformed'],
      ['LOG_LEVEL', 'malformed'],
      ['VIGIL_API_KEY', 'missing'],
    ]);
    for (const fault of faults) expect(error.message).toContain(fault.message);
  });

  it.each([
    ['VIGIL_VOLUMES', 'VIGIL_VOLUME'],
    ['VIGIL_PORT', 'PORT'],
    ['VIGIL_LOG_LEVEL', 'LOG_LEVEL'],
    ['VIGIL_CHROMIUM', 'PUPPETEER_EXECUTABLE_PATH'],
    ['vigil_volume', 'VIGIL_VOLUME'],
  ])('suggest for %s what was meant', (name, meant) => {
    const { error } = refusalOf({ [name]: 'hunter2-hunter2' });
    expect(error.message).toContain(`did you mean ${meant}?`);
    expect(error.message).not.toContain('hunter2');
  });

  it('refuse VIGIL_MAX_SESSIONS as not yet available', () => {
    expect(refusalOf({ VIGIL_MAX_SESSIONS: 'x' }).error.code).toBe('not_yet_available');
  });

  it('lack what belongs to the vault that is named, all of it said together', () => {
    expect(refusalOf({ VIGIL_VAULT: 'supabase:bucket', PORT: 'x' }).faults.map(({ name }) => name)).toEqual([
      'PORT',
      'SUPABASE_URL',
      'SUPABASE_SECRET_KEY',
      'VIGIL_BACKUP_PASSPHRASE',
    ]);
    expect(refusalOf({ SUPABASE_URL: 'https://x.supabase.co' }).faults).toMatchObject([
      { name: 'SUPABASE_SECRET_KEY', kind: 'missing' },
      { name: 'VIGIL_BACKUP_PASSPHRASE', kind: 'missing' },
    ]);
    const env = {
      VIGIL_BACKUP_ENCRYPTION: 'off',
      SUPABASE_URL: 'https://x.supabase.co',
      SUPABASE_SERVICE_ROLE_KEY: 'a-key-of-the-project',
    };
    const { settings, sources } = load(env);
    expect(settings.vault).toEqual({ kind: 'supabase', bucket: 'whatsapp-backups', prefix: '' });
    expect(sources.supabaseKey).toEqual({ kind: 'env', name: 'SUPABASE_SERVICE_ROLE_KEY' });
    expect(load({ ...env, VIGIL_VAULT: 'directory:/mnt/b' }).settings.vault.kind).toBe('directory');
  });

  describe('of encryption', () => {
    const directory = { VIGIL_VAULT: 'directory:/b' };
    const bucket = { VIGIL_VAULT: 's3:backups', AWS_REGION: 'eu-central-1' };
    const recipient = `age1${'q'.repeat(58)}`;

    it('are asked for where backups leave the machine, until a person says otherwise', () => {
      const { error, faults } = refusalOf(bucket);
      expect(faults).toMatchObject([{ name: 'VIGIL_BACKUP_PASSPHRASE', kind: 'missing' }]);
      expect(error.message).toContain('VIGIL_BACKUP_ENCRYPTION=off');
      expect(load({ ...bucket, VIGIL_BACKUP_ENCRYPTION: 'off' }).settings.encryption).toBe('off');
      for (const key of [
        { VIGIL_BACKUP_PASSPHRASE: 'correct horse battery' },
        { VIGIL_BACKUP_RECIPIENTS: recipient },
        { VIGIL_BACKUP_IDENTITY: '/run/secrets/age' },
      ])
        expect(load({ ...bucket, ...key }).settings.encryption).toBe('auto');
      expect(
        refusalOf({ ...bucket, VIGIL_BACKUP_OLD_PASSPHRASE: 'correct horse battery' }).faults,
      ).toHaveLength(1);
    });

    it('take a passphrase, or public keys, and not both', () => {
      const passphrase = 'correct horse battery';
      expect(load({ ...directory, VIGIL_BACKUP_PASSPHRASE: passphrase }).settings.backupPassphrase).toBe(
        passphrase,
      );
      expect(
        load({ VIGIL_BACKUP_RECIPIENTS: `${recipient}, ${recipient}` }).settings.backupRecipients,
      ).toEqual([recipient]);
      const { error, faults } = refusalOf({
        VIGIL_BACKUP_PASSPHRASE: passphrase,
        VIGIL_BACKUP_RECIPIENTS: recipient,
      });
      expect(faults).toMatchObject([{ name: 'VIGIL_BACKUP_PASSPHRASE' }]);
      expect(error.message).not.toContain(passphrase);
      expect(
        load({ VIGIL_BACKUP_OLD_PASSPHRASE: passphrase, VIGIL_BACKUP_RECIPIENTS: recipient }).settings,
      ).toMatchObject({
        oldBackupPassphrase: passphrase,
      });
    });

    it.each(['short', ' with a space before it', 'a line\nand another one'])(
      'refuse the passphrase %j',
      (text) => {
        expect(refusalOf({ VIGIL_BACKUP_PASSPHRASE: text }).faults).toHaveLength(1);
      },
    );

    it('are not only public keys by the look of them', () => {
      for (const text of [
        'age1short',
        recipient.toUpperCase(),
        `${recipient},`,
        `AGE-SECRET-KEY-1${'Q'.repeat(58)}`,
      ])
        expect(refusalOf({ VIGIL_BACKUP_RECIPIENTS: text }).faults, text).toHaveLength(1);
    });
  });

  it('need a key as soon as other machines can reach the server', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'box.example'])
      expect(refusalOf({ VIGIL_HOST: host }).faults).toMatchObject([
        { name: 'VIGIL_API_KEY', kind: 'missing' },
      ]);
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(load({ VIGIL_HOST: host }).settings.host).toBe(host);
    const key = 'k'.repeat(16);
    expect(load({ VIGIL_HOST: '::', VIGIL_API_KEY: key }).settings.apiKey).toBe(key);
  });

  it('never quote a secret', () => {
    const { error } = refusalOf({ VIGIL_API_KEY: 'short-secret' });
    expect(JSON.stringify([error.message, error.details])).not.toContain('short-secret');
    expect(error.message).toContain('12 characters that are not shown');
  });

  it.each([
    ['VIGIL_SESSIONS', ['', 'a, b', 'a,a', 'stats', '../x', ',']],
    [
      'VIGIL_CHROMIUM_ARGS',
      [
        '--a',
        '{}',
        '[1]',
        '["x"]',
        '["--user-data-dir=/x"]',
        '["--remote-debugging-port=1"]',
        '["--incognito"]',
      ],
    ],
    ['PORT', ['-1', '65536', '0x10', '1e3', '01', '2790 ']],
    ['VIGIL_VOLUME', ['', '~/data', ' /data', 'a\0b']],
    ['VIGIL_HOST', ['', '1.2.3', '127.0.0.1:80', 'a b', '-x']],
    ['VIGIL_WEB_VERSION', ['../x', 'latest', '2']],
    ['VIGIL_DEVICE_NAME', ['', ' x', 'x\n', 'x'.repeat(51)]],
    ['VIGIL_PRESENCE', ['true', 'ON', '1']],
    ['VIGIL_START_CONCURRENCY', ['0', '65', 'Auto']],
    ['VIGIL_HEARTBEAT', ['0s', '999ms', '2d', '120']],
    ['TZ', ['', 'Mars/Olympus']],
  ])('refuse what is no %s', (name, texts) => {
    for (const text of texts) {
      const { faults } = refusalOf({ [name]: text });
      expect(faults, text).toHaveLength(1);
      expect(faults[0]).toMatchObject({ name, kind: 'malformed' });
    }
  });

  it('cannot be changed afterwards', () => {
    const { settings } = load({ VIGIL_SESSIONS: 'main,sales' });
    expect(settings.sessions).toEqual(['main', 'sales']);
    for (const part of [settings, settings.sessions, settings.vault, settings.chromiumArgs])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it('warn of names that are ignored, without their values', () => {
    const { warnings } = load({
      DATABASE_URL: 'postgres://u:secret@h/d',
      REDIS_URL: '',
    });
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toContain('secret');
  });

  it('are read back from the text that they are shown as', () => {
    const { settings } = load({
      VIGIL_HEARTBEAT: 'off',
      VIGIL_CHROMIUM_ARGS: '["--lang=de"]',
      VIGIL_SESSIONS: 'a,b',
      VIGIL_BOT_ENV: 'A_KEY,B',
      VIGIL_BACKUP_RECIPIENTS: `age1${'q'.repeat(58)}`,
    });
    const env: Record<string, string> = {};
    for (const key of settingKeys) {
      const value = settings[key];
      const { parser, default: fallback } = schema[key];
      if (value !== null || fallback !== null)
        env[schema[key].env] = (parser.format as (value: unknown) => string)(value);
    }
    expect(load(env).settings).toEqual(settings);
  });

  it('end in settings or a VigilError, whatever is in the environment', () => {
    const names = fc.constantFrom(
      ...settingKeys.map((key) => schema[key].env),
      'VIGIL_X',
      'VIGIL_',
      'VIGIL___proto__',
    );
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json())),
        (env) => {
          try {
            load(env);
          } catch (error) {
            expect(error).toBeInstanceOf(VigilError);
            expect((error as VigilError).code).not.toBe('internal');
          }
        },
      ),
    );
  });
});
