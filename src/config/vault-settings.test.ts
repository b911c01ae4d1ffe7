import { describe, expect, it } from 'vitest';
import { vaultAddress } from './vault-address.ts';
import { vaultContradictions, vaultSettings } from './vault-settings.ts';

const address = (text: string) => {
  const parsed = vaultAddress.parse(text, '/srv');
  return parsed.ok ? parsed.value : null;
};

describe('the address of a vault', () => {
  it.each([
    ['directory:backups', { kind: 'directory', path: '/srv/backups' }],
    ['s3:my-bucket', { kind: 's3', bucket: 'my-bucket', prefix: '' }],
    ['s3:my.bucket/wa/vigil', { kind: 's3', bucket: 'my.bucket', prefix: 'wa/vigil' }],
    ['supabase:whatsapp-backups', { kind: 'supabase', bucket: 'whatsapp-backups', prefix: '' }],
    [
      'supabase:whatsapp-backups/staging',
      { kind: 'supabase', bucket: 'whatsapp-backups', prefix: 'staging' },
    ],
  ])('%s is read, and shown as it would be read again', (text, value) => {
    expect(address(text)).toEqual(value);
    expect(address(vaultAddress.format(value as never))).toEqual(value);
  });

  it.each([
    '',
    's3:',
    's3',
    's3:b',
    's3:/prefix',
    's3:bucket/',
    's3:bucket//a',
    's3:bucket/../a',
    's3:bucket/a b',
    's3:bucket?x=1',
    's3://bucket',
    'supabase:ünicode',
    'gs:bucket',
    'directory:',
    'https://x.supabase.co',
  ])('%j is none', (text) => expect(address(text)).toBeNull());
});

describe('a vault that is not on this machine', () => {
  const none = {
    supabaseUrl: null,
    supabaseKey: null,
    awsAccessKey: null,
    awsSecretKey: null,
    awsSessionToken: null,
    awsRegion: null,
    s3Endpoint: null,
  };
  const lacks = (text: string, values: Partial<Record<keyof typeof none, string | undefined>> = {}) =>
    vaultContradictions({ ...none, ...values, vault: address(text) } as never).map(({ name }) => name);
  const url = 'https://project.supabase.co';
  const keys = { awsAccessKey: 'a', awsSecretKey: 's' };

  it('needs what opens it, all of which is said together', () => {
    expect(lacks('supabase:whatsapp-backups')).toEqual(['SUPABASE_URL', 'SUPABASE_SECRET_KEY']);
    expect(lacks('supabase:whatsapp-backups', { supabaseUrl: url })).toEqual(['SUPABASE_SECRET_KEY']);
    expect(lacks('supabase:whatsapp-backups', { supabaseUrl: url, supabaseKey: 'k' })).toEqual([]);
    // One that is malformed was reported as such.
    expect(lacks('supabase:whatsapp-backups', { supabaseUrl: undefined, supabaseKey: 'k' })).toEqual([]);
  });

  it('in S3 needs keys with an endpoint, and a region without one', () => {
    expect(lacks('s3:bucket')).toEqual(['AWS_REGION']);
    // What the machine may do by its role.
    expect(lacks('s3:bucket', { awsRegion: 'eu-central-1' })).toEqual([]);
    expect(lacks('s3:bucket', { awsRegion: 'eu-central-1', awsAccessKey: 'a' })).toEqual([
      'AWS_SECRET_ACCESS_KEY',
    ]);
    expect(lacks('s3:bucket', { awsRegion: 'eu-central-1', awsSessionToken: 't' })).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
    ]);
    expect(lacks('s3:bucket', { s3Endpoint: 'http://127.0.0.1:9000' })).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
    ]);
    expect(lacks('s3:bucket', { s3Endpoint: 'http://127.0.0.1:9000', ...keys })).toEqual([]);
  });

  it('asks nothing of those who keep theirs in a directory', () => {
    expect(lacks('directory:/mnt/backups', { awsAccessKey: 'a' })).toEqual([]);
  });

  it('is the one of Supabase where only the project is named', () => {
    const derived = (values: Readonly<Record<string, unknown>>) => vaultSettings.vault.derived?.(values);
    expect(derived({ volume: '/data', supabaseUrl: url })).toBe('supabase:whatsapp-backups');
    expect(derived({ volume: '/data', supabaseUrl: null })).toBe('directory:/data/vigil/vault');
  });

  it('never has its keys in an address', () => {
    const { parser } = vaultSettings.supabaseUrl;
    const read = (text: string) => {
      const parsed = parser.parse(text, '/');
      return parsed.ok ? parsed.value : (parsed.found ?? null);
    };
    expect(read('https://project.supabase.co/')).toBe(url);
    expect(read('http://127.0.0.1:54321')).toBe('http://127.0.0.1:54321');
    expect(read('https://user:secret@host')).toBe('one with a user or a password in it');
    for (const text of [
      '',
      'project.supabase.co',
      'ftp://host',
      'https://',
      'https://h/?key=x',
      'https://h/#x',
    ])
      expect(read(text)).toBeNull();
  });
});
