import { describe, expect, it } from 'vitest';
import { plainLayout } from '../../test/doubles/backup-world.ts';
import { sessionId } from '../session/id.ts';
import { majorOf, requireReadable } from './compatibility.ts';
import type { BackupEncryption } from './encryption.ts';
import type { BackupManifest } from './manifest.ts';

const engine = { name: 'plain', layout: plainLayout };

const sha256 = 'ab'.repeat(32);
const session = sessionId('main');
const one: BackupManifest = {
  version: 1,
  id: `20260101T000000Z-1-${sha256.slice(0, 12)}`,
  session,
  createdAt: '2026-01-01T00:00:00.000Z',
  epoch: 1,
  login: null,
  phone: null,
  engine: { name: 'plain', layout: 1, library: null, browser: '156.0.8078.79', web: null },
  copy: { method: 'closed', pause: null },
  evidence: { loginKeys: [], databases: [] },
  encryption: null,
  archive: { name: 'sessions/main/one.tar.gz', bytes: 0, sha256 },
  files: [],
};

describe('a backup may be opened', () => {
  it.each([
    ['156.0.8078.79', '156.0.1.1'],
    ['155.9.9.9', '156.0.0.0'],
    [null, '156.0.0.0'],
    ['156.0.8078.79', null],
    ['nightly', '1.0'],
  ])('when it is from Chromium %s and ours is %s', (theirs, ours) => {
    expect(() =>
      requireReadable(
        { ...one, engine: { ...one.engine, browser: theirs } },
        { engine, browser: ours, encryption: null },
      ),
    ).not.toThrow();
  });

  it('when its list of directories is an older one', () => {
    const newer = { ...engine, layout: { ...plainLayout, version: 2 } };
    expect(() => requireReadable(one, { engine: newer, browser: null, encryption: null })).not.toThrow();
  });
});

describe('a backup is refused', () => {
  it('when it is from a newer Chromium than ours, which is named', () => {
    const newer = { ...one, engine: { ...one.engine, browser: '157.0.0.0' } };
    expect(() => requireReadable(newer, { engine, browser: '156.9.9.9', encryption: null })).toThrow(
      expect.objectContaining({
        code: 'chromium_too_old',
        message: expect.stringMatching(/Chromium 157.*Chromium 156/),
        remedy: expect.stringContaining('157'),
      }),
    );
  });

  it.each([
    [{ name: 'baileys' }, 'baileys'],
    [{ layout: 2 }, 'newer version'],
  ])('when it is for something else: %j', (changes, why) => {
    const other = { ...one, engine: { ...one.engine, ...changes } };
    expect(() => requireReadable(other, { engine, browser: null, encryption: null })).toThrow(
      expect.objectContaining({ code: 'session_refused', message: expect.stringContaining(why) }),
    );
  });
});

describe('an encrypted backup', () => {
  const encrypted = { ...one, encryption: { keys: ['age-aaaaaaaaaaaa', 'age-bbbbbbbbbbbb'] } };
  const opening = (...opens: readonly string[]) => ({ opens }) as unknown as BackupEncryption;

  it('may be opened with any one of its keys', () => {
    expect(() =>
      requireReadable(encrypted, { engine, browser: null, encryption: opening('age-x', 'age-bbbbbbbbbbbb') }),
    ).not.toThrow();
  });

  it('may be opened with any passphrase, as far as names say: each vault has another one for it', () => {
    const sealed = { ...one, encryption: { keys: ['passphrase-aaaaa'] } };
    const encryption = opening('passphrase-bbbbb');
    expect(() => requireReadable(sealed, { engine, browser: null, encryption })).not.toThrow();
  });

  it.each([
    [null, 'there is no key here'],
    [opening('age-cccccccccccc'), 'the key here is age-cccccccccccc'],
  ])('is refused without one, which is no damage, and the keys are named', (encryption, here) => {
    expect(() => requireReadable(encrypted, { engine, browser: null, encryption })).toThrow(
      expect.objectContaining({
        code: 'backup_key_missing',
        message: expect.stringMatching(new RegExp(`age-aaaaaaaaaaaa, age-bbbbbbbbbbbb.*${here}`)),
        remedy: expect.stringContaining('VIGIL_BACKUP_IDENTITY'),
      }),
    );
  });
});

it.each([
  ['156.0.8078.79', 156],
  ['HeadlessChrome/156.0.1.2', 156],
  ['Chromium 99', 99],
  ['9', 9],
  ['', null],
  ['nightly', null],
  [null, null],
])('the major version of %j is %j', (version, major) => {
  expect(majorOf(version)).toBe(major);
});
