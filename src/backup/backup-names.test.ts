import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionId } from '../session/id.ts';
import {
  archiveName,
  backupId,
  isBackupId,
  manifestName,
  parseBackupId,
  parseObjectName,
} from './backup-names.ts';

const main = sessionId('main');
const sha256 = 'abcdef012345'.padEnd(64, '0');
const id = backupId({ at: Date.UTC(2026, 10, 22, 16, 42, 7, 999), epoch: 3, sha256 });

describe('the id of a backup', () => {
  it('says when it was taken, under which ownership, and what of', () => {
    expect(id).toBe('20261122T164207Z-3-abcdef012345');
    expect(parseBackupId(id)).toEqual({
      at: Date.UTC(2026, 10, 22, 16, 42, 7),
      epoch: 3,
      sha256: 'abcdef012345',
    });
  });

  it.each([
    '',
    'latest',
    '20261122T164207Z-3-abcdef01234',
    '20261122T164207Z-3-abcdef0123456',
    '20261122T164207Z-3-ABCDEF012345',
    '20261322T164207Z-3-abcdef012345',
    '20261122T164207Z-03-abcdef012345',
    '20261122T164207Z--1-abcdef012345',
    '20261122T164207Z-9999999999999999-abcdef012345',
    '../../20261122T164207Z-3-abcdef012345',
    '20261122T164207Z-3-abcdef012345\n',
  ])('is not %j', (text) => {
    expect(isBackupId(text)).toBe(false);
  });

  it('is read back as it was made', () => {
    const at = fc.integer({ min: 0, max: Date.UTC(9_999, 0) });
    fc.assert(
      fc.property(at, fc.integer({ min: 0, max: 2 ** 50 }), (moment, epoch) => {
        const parts = parseBackupId(backupId({ at: moment, epoch, sha256 }));
        expect(parts).toEqual({ at: Math.floor(moment / 1_000) * 1_000, epoch, sha256: sha256.slice(0, 12) });
      }),
    );
  });
});

describe('the name of an object in a vault', () => {
  it('leads back to its backup', () => {
    expect(archiveName(main, id)).toBe(`sessions/main/${id}.tar.gz`);
    expect(parseObjectName(archiveName(main, id))).toEqual({ session: main, id, kind: 'archive' });
    expect(parseObjectName(manifestName(main, id))).toEqual({ session: main, id, kind: 'manifest' });
    expect(parseObjectName(`sessions/main/${id}.tar.gz.age`)).toEqual({ session: main, id, kind: 'archive' });
  });

  it.each([
    'sessions/old.tar.gz',
    `sessions/main/${id}`,
    `sessions/main/${id}.tar.gz.tmp`,
    `sessions/main/${id}.json.bak`,
    `sessions/main/deep/${id}.json`,
    `sessions/ma.in/${id}.json`,
    `sessions/stats/${id}.json`,
    `other/main/${id}.json`,
    'sessions/main/latest.json',
  ])('is not one of ours: %j', (name) => {
    expect(parseObjectName(name)).toBeNull();
  });
});
