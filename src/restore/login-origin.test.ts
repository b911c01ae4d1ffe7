import { describe, expect, it } from 'vitest';
import { main } from '../../test/doubles/backup-world.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { newRecord, type SessionRecord } from '../session/record.ts';
import { originOf, refusal } from './login-origin.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;
const phone = '4917012345678';
const paired: SessionRecord = { ...newRecord(main, noon), pairedAt: noon, pairedEpoch: 5, phone };

function backup(changes: Partial<BackupManifest> = {}): BackupManifest {
  return {
    version: 1,
    id: '20261122T130000Z-5-0123456789ab',
    session: main,
    createdAt: new Date(noon + hour).toISOString(),
    epoch: 5,
    login: originOf(paired),
    phone,
    encryption: null,
    engine: { name: 'whatsapp-web', layout: 1, library: null, browser: null, web: null },
    copy: { method: 'closed', pause: null },
    evidence: { loginKeys: [], databases: [] },
    archive: { name: 'sessions/main/20261122T130000Z-5-0123456789ab.tar.gz', bytes: 1, sha256: '' },
    files: [],
    ...changes,
  };
}

describe('a backup of the login that a session has', () => {
  it('may be tried, whatever the clock said when it was taken', () => {
    for (const at of [noon + hour, noon - 9_000 * hour, noon + 9_000 * hour])
      expect(refusal(backup({ createdAt: new Date(at).toISOString() }), paired, [])).toBeNull();
  });

  it('may be tried where nobody knows of a pairing', () => {
    const takenUp = { ...paired, pairedAt: null, pairedEpoch: 0 };
    expect(refusal(backup(), takenUp, [])).toBeNull();
    expect(refusal(backup({ login: null }), takenUp, [])).toBeNull();
  });

  it('may be tried without a word of its login, when it was taken since', () => {
    expect(refusal(backup({ login: null }), paired, [])).toBeNull();
  });
});

describe('no backup is tried', () => {
  it.each<[string, Partial<BackupManifest>, string]>([
    ['that WhatsApp did not take', { id: 'refused' }, 'WhatsApp did not take it'],
    ['of another phone', { phone: '4917099999999' }, 'it is of another phone'],
    [
      'of a login before, although its clock was ahead',
      {
        login: { epoch: 2, at: new Date(noon - hour).toISOString() },
        createdAt: new Date(noon + 9_000 * hour).toISOString(),
        epoch: 9,
      },
      'it is of another login',
    ],
    ['of an epoch before', { login: null, epoch: 4 }, 'it is of a login before this one'],
    [
      'of a time before, where epochs say nothing',
      { login: null, epoch: 9, createdAt: new Date(noon - 1).toISOString() },
      'it is of a login before this one',
    ],
  ])('%s', (_what, changes, why) => {
    expect(refusal(backup(changes), paired, ['refused'])).toBe(why);
  });
});
