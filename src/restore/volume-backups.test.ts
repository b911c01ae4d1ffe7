import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  backupWorld,
  evidence,
  main,
  never,
  verifyPlain,
  wordOf,
  writeProfile,
} from '../../test/doubles/backup-world.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { listBackups } from '../backup/catalogue.ts';
import type { BackupIncidents } from '../backup/incidents.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { clearMark } from '../backup/marks.ts';
import { type BackupRequest, takeBackup } from '../backup/take-backup.ts';
import type { Vault } from '../backup/vault.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import { missingEvidence } from '../profile/verification/evidence.ts';
import type { CopyReport, WorkStep } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import type { RestoreTools } from './tools.ts';
import { VolumeBackups } from './volume-backups.ts';

const phone = '4917012345678';
const versions = { library: '1.34.7', browser: '156.0.8078.79', web: '2.3000.1' };
const quiet = { signal: never, progress: () => {} };

async function world(overrides: Partial<RestoreTools> = {}) {
  const found = await backupWorld(overrides);
  const lines: string[] = [];
  const log = createLogger({ level: 'trace', clock: found.clock, write: (line) => void lines.push(line) });
  const raised: unknown[] = [];
  const incidents: BackupIncidents = {
    raise: (cause, session, what) => void raised.push({ cause, session, ...what }),
    resolve: (cause) => void raised.push(`${cause} over`),
  };
  const marked: Promise<boolean>[] = [];
  const backups = new VolumeBackups(found.tools, log, {
    incidents,
    afterGood: (good) => void marked.push(good.mark(never)),
  });
  const record = (changes: Partial<SessionRecord> = {}) => savedRecord(main, { evidence, phone, ...changes });
  /** One that was taken earlier, and a minute that passes. */
  const put = async (word: string, changes: Partial<BackupRequest> = {}): Promise<BackupManifest> => {
    const { manifest } = await takeBackup(await found.request(word, { phone, ...changes }), found.tools);
    await found.clock.advance(60_000);
    return manifest;
  };
  const logged = () => lines.map((line) => JSON.parse(line));
  const staged = () => found.names(found.layout.staging);
  return { ...found, marked, raised, backups, record, put, logged, staged };
}

const holding = (records: number): LoginEvidence => ({
  ...evidence,
  databases: [{ name: 'model-storage', stores: [{ name: 'message', empty: false, records }] }],
});

const mark = ({ id, createdAt }: BackupManifest) => ({ id, at: createdAt });

describe('a backup of a session', () => {
  const copies =
    (word: string, report: Partial<CopyReport> = {}) =>
    async (target: string) => {
      await writeProfile(target, word);
      return { method: 'frozen', pause: 12, versions, ...report } as const;
    };

  it('is of the copy that was made for it, and tells what the record knows', async () => {
    const { backups, record, vault, staged } = await world();
    const taken = await backups.take(record({ epoch: 7 }), copies('hello'), quiet);
    const [listed] = await listBackups(vault, main, never);
    expect(listed).toMatchObject({
      id: taken.mark.id,
      manifest: {
        session: 'main',
        createdAt: taken.mark.at,
        epoch: 7,
        phone,
        evidence,
        copy: { method: 'frozen', pause: 12 },
        engine: versions,
      },
    });
    expect(taken).toMatchObject({ evidence, warnings: [] });
    expect(await staged()).toEqual([]);
  });

  it('is put back as it was', async () => {
    const { backups, record, profile } = await world();
    const { mark: taken } = await backups.take(record(), copies('hello'), quiet);
    expect(await backups.restore(record(), { backup: taken.id }, quiet)).toEqual({
      backup: taken,
      evidence,
      quarantined: null,
    });
    expect(await wordOf(profile)).toBe('hello');
  });

  it('tells what it is at', async () => {
    const { backups, record } = await world();
    const told: WorkStep[] = [];
    await backups.take(record(), copies('hello'), { signal: never, progress: ({ step }) => told.push(step) });
    expect([...new Set(told)]).toEqual(['verify', 'archive', 'put', 'read-back']);
  });

  it('that suddenly holds much less is kept and demoted, raises an incident, and is no measure for the next', async () => {
    let held = 100;
    const { backups, record, vault, raised, profile } = await world({
      verify: async (path, options) => {
        const verdict = await verifyPlain(path, options);
        return verdict.soundness === 'sound' ? { ...verdict, evidence: holding(held) } : verdict;
      },
    });
    const take = async () => backups.take(record(), copies(`with ${held}`), quiet);
    const good = await take();
    held = 40;
    for (const _ of ['first', 'second']) {
      const less = await take();
      expect(less.demoted).toMatch(/holds 40 records, .* held 100/);
      expect(raised.at(-2)).toMatchObject({
        cause: 'backup_shrunk',
        remedy: expect.stringContaining(less.mark.id),
      });
      expect((await listBackups(vault, main, never))[0]).toMatchObject({
        id: less.mark.id,
        marks: ['demoted'],
      });
    }
    expect(await backups.restore(record(), { except: [] }, quiet)).toMatchObject({ backup: good.mark });
    expect(await wordOf(profile)).toBe('with 100');
    held = 60;
    expect(await take()).toMatchObject({ demoted: null });
    expect(raised.at(-1)).toBe('backup_failed over');
    expect(raised).toContain('backup_shrunk over');
  });

  it('that holds less counts all the same where the login was made anew, or a person cleared the mark', async () => {
    let held = 100;
    const { backups, record, vault } = await world({
      verify: async (path, options) => {
        const verdict = await verifyPlain(path, options);
        return verdict.soundness === 'sound' ? { ...verdict, evidence: holding(held) } : verdict;
      },
    });
    const take = (changes: Partial<SessionRecord> = {}) =>
      backups.take(record(changes), copies(`with ${held}`), quiet);
    await take({ pairedAt: 1_000, pairedEpoch: 1 });
    held = 10;
    const less = await take({ pairedAt: 1_000, pairedEpoch: 1 });
    expect(less.demoted).not.toBeNull();
    expect(await take({ pairedAt: 2_000, pairedEpoch: 3 })).toMatchObject({ demoted: null });
    await clearMark({ session: main, id: less.mark.id }, 'demoted', vault, never);
    expect(await take({ pairedAt: 1_000, pairedEpoch: 1 })).toMatchObject({ demoted: null });
  });

  it.each(['wiped', 'strange'])('is none of a copy that is %s, and raises an incident', async (word) => {
    const { backups, record, raised } = await world();
    const taking = backups.take(record(), copies(word), quiet);
    await expect(taking).rejects.toMatchObject({ code: 'profile_damaged' });
    expect(raised).toMatchObject([{ cause: 'backup_failed', problem: expect.stringContaining('No backup') }]);
    await backups.take(record(), copies('hello'), quiet);
    expect(raised).toContain('backup_failed over');
  });

  it.each(['put', 'list', 'get'] as const)(
    'raises none where the vault fails at %s: others see to that',
    async (call) => {
      const { backups, record, raised, vault } = await world();
      await backups.take(record(), copies('hello'), quiet);
      raised.length = 0;
      vault[call] = async () => {
        throw new VigilError('vault_unavailable', 'It is far away.');
      };
      await expect(backups.take(record(), copies('hello'), quiet)).rejects.toMatchObject({
        code: 'vault_unavailable',
      });
      expect(raised).toEqual([]);
    },
  );

  it('is none of a copy that is damaged, and leaves nothing', async () => {
    const { backups, record, vault, staged } = await world();
    const taking = backups.take(record(), copies('wiped'), quiet);
    await expect(taking).rejects.toMatchObject({ code: 'profile_damaged' });
    expect(await listBackups(vault, main, never)).toEqual([]);
    expect(await staged()).toEqual([]);
  });

  describe('whose browser did not stand still in time', () => {
    const late = new VigilError('snapshot_failed', 'The browser ran on.');

    /** Fails so often, each time with half a copy, before it comes about. */
    function failing(times: number, error: Error = late) {
      let tries = 0;
      const copy = async (target: string) => {
        tries++;
        // What the last one left is gone: a copy is never mixed with another.
        expect(existsSync(target)).toBe(false);
        if (tries > times) return copies('hello')(target);
        await writeProfile(target, 'half');
        throw error;
      };
      return { copy, tries: () => tries };
    }

    it('is copied again a moment later', async () => {
      const { backups, record, clock, vault } = await world();
      const { copy, tries } = failing(2);
      const taking = backups.take(record(), copy, quiet);
      for (const before of [1, 2]) {
        await expect.poll(() => clock.pending).toBe(1);
        expect(tries()).toBe(before);
        await clock.advance(2_000);
      }
      const { mark: taken } = await taking;
      expect(tries()).toBe(3);
      expect(await listBackups(vault, main, never)).toMatchObject([{ id: taken.id }]);
    });

    it('is given up in the end', async () => {
      const { backups, record, clock, staged } = await world();
      const { copy, tries } = failing(9);
      const taking = backups.take(record(), copy, quiet);
      taking.catch(() => {});
      for (const _ of [1, 2]) {
        await expect.poll(() => clock.pending).toBe(1);
        await clock.advance(2_000);
      }
      await expect(taking).rejects.toBe(late);
      expect(tries()).toBe(3);
      expect(await staged()).toEqual([]);
    });

    it('is not copied again where nobody wants it any more, nor after any other failure', async () => {
      const { backups, record, staged } = await world();
      const other = new VigilError('disk_full', 'No room.');
      const full = failing(1, other);
      await expect(backups.take(record(), full.copy, quiet)).rejects.toBe(other);
      expect(full.tries()).toBe(1);
      const stop = new AbortController();
      const stopped = failing(1);
      const copy = (target: string) => {
        stop.abort(new Error('enough'));
        return stopped.copy(target);
      };
      const taking = backups.take(record(), copy, { ...quiet, signal: stop.signal });
      await expect(taking).rejects.toThrow('enough');
      expect(stopped.tries()).toBe(1);
      expect(await staged()).toEqual([]);
    });
  });
});

describe('a backup that is asked for by its id', () => {
  it('is put in place whatever the ladder would think of it', async () => {
    const { backups, record, put, write, profile, quarantined } = await world();
    const old = await put('old', { epoch: 1, phone: '4900000000000' });
    await put('new', { epoch: 5 });
    await write('there');
    const session = record({ pairedEpoch: 5, rejected: [old.id] });
    expect(await backups.restore(session, { backup: old.id }, quiet)).toMatchObject({ backup: mark(old) });
    expect(await wordOf(profile)).toBe('old');
    expect(await quarantined()).toEqual(['there']);
  });

  it('and is not there leaves everything as it was', async () => {
    const { backups, record, put, write, profile, staged } = await world();
    await put('new');
    await write('there');
    const restoring = backups.restore(record(), { backup: '20200101T000000Z-1-0123456789ab' }, quiet);
    await expect(restoring).rejects.toMatchObject({ code: 'backup_not_found' });
    expect(await wordOf(profile)).toBe('there');
    expect(await staged()).toEqual([]);
  });
});

describe('the newest backup that may be tried', () => {
  it('is none that WhatsApp refused, of another phone or of a login before, and each is named', async () => {
    const { backups, record, put, profile, logged } = await world();
    const before = await put('before', { epoch: 1 });
    const good = await put('good', { epoch: 3 });
    const theirs = await put('theirs', { epoch: 3, phone: '4900000000000' });
    const refused = await put('refused', { epoch: 3 });
    const session = record({ pairedEpoch: 2, backup: mark(good) });
    const restored = await backups.restore(session, { except: [refused.id] }, quiet);
    expect(restored).toMatchObject({ backup: mark(good) });
    expect(await wordOf(profile)).toBe('good');
    const passed = logged().filter(({ msg }) => msg === 'A backup was passed over');
    expect(passed).toMatchObject([
      { session: 'main', backup: refused.id, why: expect.any(String) },
      { backup: theirs.id, why: expect.stringContaining('phone') },
    ]);
    const none = await backups.restore(session, { except: [refused.id, good.id] }, quiet);
    expect(none).toBeNull();
    expect(logged().at(-1)).toMatchObject({ backup: before.id, why: expect.stringContaining('login') });
  });

  it('is not one whose profile has shrunk against the evidence in its manifest', async () => {
    const shrunk = { ...evidence, loginKeys: [] };
    let look = verifyPlain;
    const { backups, record, put, write, profile, logged, staged } = await world({
      verify: (path, options) => look(path, options),
    });
    const older = await put('older');
    const newest = await put('newest');
    await write('there');
    look = async (path, options) => {
      if ((await wordOf(path)) !== 'newest') return verifyPlain(path, options);
      const problem = missingEvidence(options.expected, shrunk);
      if (problem === null) return verifyPlain(path, options);
      return { soundness: 'no_login', problem, evidence: shrunk };
    };
    const named = backups.restore(record(), { backup: newest.id }, quiet);
    await expect(named).rejects.toMatchObject({
      code: 'backup_damaged',
      message: expect.stringContaining('last-wid-md'),
    });
    expect(await wordOf(profile)).toBe('there');
    expect(await backups.restore(record(), { except: [] }, quiet)).toMatchObject({ backup: mark(older) });
    expect(logged()).toContainEqual(
      expect.objectContaining({ backup: newest.id, why: expect.stringContaining('last-wid-md') }),
    );
    expect(await staged()).toEqual([]);
  });

  it('is put in place with what was tolerated in it, which is told', async () => {
    const { backups, record, put, logged } = await world({
      verify: async (path, options) => {
        const verdict = await verifyPlain(path, options);
        return verdict.soundness === 'sound' ? { ...verdict, warnings: ['Its log breaks off.'] } : verdict;
      },
    });
    const { id } = await put('new');
    await backups.restore(record(), { except: [] }, quiet);
    expect(logged()).toContainEqual(expect.objectContaining({ backup: id, msg: 'Its log breaks off.' }));
  });

  it('is none where none was ever taken', async () => {
    const { backups, record } = await world();
    expect(await backups.restore(record(), { except: [] }, quiet)).toBeNull();
  });
});

describe('what WhatsApp did not take', () => {
  const marks = async ({ vault }: { vault: Vault }) =>
    (await listBackups(vault, main, never)).map((one) => one.marks);

  it('is marked in the vault, and not tried where the record was lost', async () => {
    const found = await world();
    const { backups, record, put, profile } = found;
    const older = await put('older');
    const refused = await put('refused');
    await backups.markRejected(record({ rejected: [refused.id, 'of another vault'] }), never);
    await backups.markRejected(record({ rejected: [refused.id] }), never);
    expect(await marks(found)).toEqual([['rejected'], []]);
    // Nothing is known but the id.
    const unknown = record({ login: 'unknown', evidence: null, phone: null });
    expect(await backups.restore(unknown, { except: [] }, quiet)).toMatchObject({ backup: mark(older) });
    expect(await wordOf(profile)).toBe('older');
  });

  it('is marked with the next backup or restore where the vault was away', async () => {
    const found = await world();
    const { backups, record, put, vault, logged, write } = found;
    const first = await put('first');
    const second = await put('second');
    const { list } = vault;
    vault.list = async () => {
      throw new VigilError('vault_unavailable', 'It is far away.');
    };
    await backups.markRejected(record({ rejected: [second.id] }), never);
    expect(logged().at(-1)).toMatchObject({ level: 'warn', session: 'main' });
    vault.list = list;
    expect(await marks(found)).toEqual([[], []]);
    const copy = async (target: string) => {
      await writeProfile(target, 'third');
      return { method: 'frozen', pause: 12, versions } as const;
    };
    await backups.take(record({ rejected: [second.id] }), copy, quiet);
    expect(await Promise.all(found.marked)).toEqual([true]);
    expect(await marks(found)).toEqual([[], ['rejected'], []]);
    await write('wiped');
    await backups.restore(record(), { except: [first.id, second.id] }, quiet);
    expect(await marks(found)).toEqual([[], ['rejected'], ['rejected']]);
  });
});

describe('a vault that does not list the backup that was taken', () => {
  const gone = { code: 'backup_not_found', subject: 'main' };

  it('is not believed that there is none, empty as it is', async () => {
    const { backups, record, put, write, layout, profile } = await world();
    const taken = await put('new');
    await write('there');
    await rm(layout.vault, { recursive: true });
    const session = record({ backup: mark(taken) });
    const restoring = backups.restore(session, { except: [] }, quiet);
    await expect(restoring).rejects.toMatchObject({
      ...gone,
      message: expect.stringMatching(new RegExp(`directory:.* although .*${taken.id}.* ${taken.createdAt}`)),
      remedy: expect.stringMatching(/mount.*vigil pair main/is),
    });
    expect(await wordOf(profile)).toBe('there');
  });

  it('is not believed where what else it holds may not be tried', async () => {
    const { backups, record, put, layout } = await world();
    const before = await put('before');
    const taken = await put('new');
    await rm(join(layout.vault, taken.archive.name));
    await rm(join(layout.vault, `sessions/main/${taken.id}.json`));
    const restoring = backups.restore(record({ backup: mark(taken) }), { except: [before.id] }, quiet);
    await expect(restoring).rejects.toMatchObject(gone);
  });

  it('is good for an older one all the same', async () => {
    const { backups, record, put, layout } = await world();
    const older = await put('older');
    const taken = await put('new');
    await rm(join(layout.vault, `sessions/main/${taken.id}.json`));
    const restored = await backups.restore(record({ backup: mark(taken) }), { except: [] }, quiet);
    expect(restored).toMatchObject({ backup: mark(older) });
  });

  it('is believed where that one would not be tried anyway', async () => {
    const { backups, record, put, layout } = await world();
    const taken = await put('new');
    await rm(layout.vault, { recursive: true });
    const session = record({ backup: mark(taken) });
    expect(await backups.restore(session, { except: [taken.id] }, quiet)).toBeNull();
  });

  it('is another thing than one that holds it damaged: then there is none', async () => {
    const { backups, record, put, layout } = await world();
    const taken = await put('new');
    await writeFile(join(layout.vault, taken.archive.name), 'torn');
    const session = record({ backup: mark(taken) });
    expect(await backups.restore(session, { except: [] }, quiet)).toBeNull();
  });
});
