import { describe, expect, it } from 'vitest';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { backupId } from '../backup/backup-names.ts';
import type { UsableBackup } from '../backup/catalogue.ts';
import type { LoginOrigin } from '../backup/manifest.ts';
import { type SessionId, sessionId } from '../session/id.ts';
import { newRecord, type SessionRecord } from '../session/record.ts';
import { type RecoverySources, recoveryPlan } from './recovery-plan.ts';

const main = sessionId('main');
const at = '2026-05-01T00:00:00.000Z';
const evidence = { loginKeys: ['last-wid-md'], databases: [] };

function backup(session: SessionId, epoch: number, login: LoginOrigin | null): UsableBackup {
  const sha256 = 'ab'.repeat(32);
  const id = backupId({ at: Date.parse(at), epoch, sha256 });
  return {
    session,
    id,
    marks: [],
    manifest: {
      version: 1,
      id,
      session,
      createdAt: at,
      epoch,
      login,
      phone: '4917012345678',
      engine: { name: 'plain', layout: 1, library: null, browser: null, web: null },
      copy: { method: 'closed', pause: null },
      evidence,
      encryption: null,
      archive: { name: 'a', bytes: 1, sha256 },
      files: [],
    },
  };
}

function planned(sources: Partial<RecoverySources>) {
  const [one] = recoveryPlan({
    records: [],
    backups: new Map(),
    named: [],
    there: new Set(),
    agreed: false,
    now: 0,
    ...sources,
  });
  if (!one) throw new Error('nothing is planned');
  return one;
}

const paired: Partial<SessionRecord> = { pairedEpoch: 3, pairedAt: 1_000, epoch: 5, evidence };
const ofPairing = { epoch: 3, at: new Date(1_000).toISOString() };
const backups = (epoch: number, login: LoginOrigin | null) => new Map([[main, backup(main, epoch, login)]]);

describe('a session that the snapshot remembers', () => {
  it('comes back from its newest backup, with what was set for it and counts that go on', () => {
    const record = savedRecord('main', { ...paired, settings: { presence: false }, rejected: ['x'] });
    const one = planned({ records: [record], backups: backups(7, ofPairing) });
    expect(one).toMatchObject({ action: 'restore', guessed: false });
    expect(one.record).toMatchObject({
      epoch: 7,
      settings: { presence: false },
      rejected: ['x'],
      pairedEpoch: 3,
    });
  });

  it.each<[string, Partial<SessionRecord>]>([
    ['stopped', { wanted: 'stopped' }],
    ['failed', { failure: 'logged_out', login: 'none', forfeited: true, pairedEpoch: 0, pairedAt: null }],
    ['failed', { failure: 'banned' }],
    ['failed', { failure: 'no_sound_profile', wanted: 'online' }],
  ])('and that was %s stays that, whatever backups there are (%#)', (action, change) => {
    const record = savedRecord('main', { ...paired, ...change });
    const one = planned({ records: [record], backups: backups(5, ofPairing), named: [main], agreed: true });
    expect(one.action).toBe(action);
    expect(one.record).toMatchObject({ wanted: record.wanted, failure: record.failure, forfeited: false });
  });

  it('was paired anew since: it has the login of its backup, and what it had failed with is over', () => {
    const record = savedRecord('main', { ...paired, failure: 'logged_out', login: 'none' });
    const login = { epoch: 6, at };
    const one = planned({ records: [record], backups: backups(6, login) });
    expect(one).toMatchObject({ action: 'restore' });
    expect(one.record).toMatchObject({
      failure: null,
      pairedEpoch: 6,
      pairedAt: Date.parse(at),
      login: 'settled',
    });
  });

  it('was waiting for its first scan at the snapshot, and paired right after it', () => {
    const record = { ...newRecord(main, 0), epoch: 1 };
    expect(planned({ records: [record], backups: backups(1, { epoch: 1, at }) }).action).toBe('restore');
    expect(planned({ records: [record] })).toMatchObject({ action: 'pair', record: { login: 'none' } });
  });

  it('logged out in the very epoch of its backup is logged out', () => {
    const record = savedRecord('main', { epoch: 3, failure: 'logged_out', login: 'none' });
    expect(planned({ records: [record], backups: backups(3, ofPairing) }).action).toBe('failed');
  });

  it('was paired in its last minute, and has no backup of that login: an older one is not it', () => {
    const record = savedRecord('main', { ...paired, login: 'unsettled', pairedEpoch: 5 });
    const one = planned({ records: [record], backups: backups(4, ofPairing) });
    expect(one).toMatchObject({ action: 'pair', record: { login: 'none', pairedAt: null } });
  });

  it('has no backup: it is told as lost, and not shown a QR', () => {
    expect(planned({ records: [savedRecord('main', paired)] })).toMatchObject({
      action: 'lost',
      record: { login: 'settled' },
    });
  });

  it('is left alone where the volume has it', () => {
    const one = planned({
      records: [savedRecord('main')],
      there: new Set([main]),
      backups: backups(9, null),
    });
    expect(one).toMatchObject({ action: 'there', record: null });
  });
});

describe('a session that only backups know', () => {
  it('comes back stopped by itself, since nobody knows whether it was wanted', () => {
    const one = planned({ backups: backups(4, ofPairing) });
    expect(one).toMatchObject({ action: 'stopped', guessed: true });
    expect(one.record).toMatchObject({ wanted: 'stopped', login: 'settled', epoch: 4, pairedEpoch: 3 });
  });

  it.each([{ agreed: true }, { named: [main] }])(
    'and comes back online where somebody says so: %j',
    (said) => {
      expect(planned({ backups: backups(4, null), ...said })).toMatchObject({ action: 'restore' });
    },
  );
});

it('a session that nobody but the settings knows is made', () => {
  expect(planned({ named: [main] })).toMatchObject({
    action: 'pair',
    guessed: false,
    record: { wanted: 'online' },
  });
});
