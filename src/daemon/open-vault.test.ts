import { expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { loadSettings } from '../config/load.ts';
import { maskRegistered } from '../log/secrets.ts';
import { volumeLayout } from '../volume/layout.ts';
import { openBareVault, openVault } from './open-vault.ts';

const never = new AbortController().signal;

async function opened(env: Record<string, string>) {
  const { settings } = loadSettings({
    env: { VIGIL_VOLUME: '/data', VIGIL_BACKUP_ENCRYPTION: 'off', ...env },
    cwd: '/',
  });
  const options = { settings, layout: volumeLayout('/data'), disk: new FaultyDisk(), clock: new FakeClock() };
  return { vault: await openVault({ ...options, random: Math.random }), bare: await openBareVault(options) };
}

it('a vault is on the volume where nothing else is said', async () => {
  const { vault, bare } = await opened({});
  expect([vault.name, bare.name]).toEqual(Array(2).fill('directory:/data/vigil/vault'));
  // There nothing was put yet.
  expect(await vault.list('', never)).toEqual([]);
});

it('a vault in S3 is opened without being asked, and its keys are in no line from then on', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDOFOPENING', AWS_SECRET_ACCESS_KEY: 'the-secret-of-opening' };
  const { vault, bare } = await opened({
    VIGIL_VAULT: 's3:bucket/prefix',
    // Nothing listens there.
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    ...keys,
  });
  expect(vault.name).toBe('s3:bucket/prefix');
  for (const key of Object.values(keys))
    expect(maskRegistered(`with ${key} in it`)).toBe('with [secret] in it');
  await expect(bare.check(never)).rejects.toMatchObject({ code: 'vault_unavailable' });
});

it('a vault in Supabase Storage is the one of the project that is named', async () => {
  const { vault } = await opened({
    SUPABASE_URL: 'http://127.0.0.1:1',
    SUPABASE_SECRET_KEY: 'a-key-of-a-project',
  });
  expect(vault.name).toBe('supabase:whatsapp-backups');
});
