/** What people ask of backups, over sessions that the test plays, a vault in a directory and profiles of plain files. */
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  backupWorld,
  evidence,
  filesOf,
  main,
  verifyPlain,
  wordOf,
  writeProfile,
} from '../../test/doubles/backup-world.ts';
import { settle } from '../../test/doubles/fake-clock.ts';
import { tarOf } from '../../test/doubles/made-archive.ts';
import { ScriptedBrowser } from '../../test/doubles/scripted-browser.ts';
import { healthy } from '../../test/doubles/scripted-hosts.ts';
import { account, SessionWorld } from '../../test/doubles/session-world.ts';
import { type MarkKind, manifestName } from '../backup/backup-names.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { markBackup } from '../backup/marks.ts';
import { type BackupRequest, takeBackup } from '../backup/take-backup.ts';
import type { Verify } from '../backup/verify.ts';
import { VigilError } from '../errors.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { VolumeBackups } from '../restore/volume-backups.ts';
import { sessionId } from '../session/id.ts';
import type { Profiles, Progress } from '../session/ports.ts';
import { newRecord, type SessionRecord } from '../session/record.ts';
import { BackupChoice } from './backup-choice.ts';
import type { Work } from './backup-operations.ts';
import { Drills } from './drills.ts';
import { SupervisedBackups } from './supervised-backups.ts';
import { Supervisor } from './supervisor.ts';

const other = sessionId('other');
const never = new AbortController().signal;
const put = { which: 'latest', dryRun: false } as const;

async function scene(overrides: Partial<RestoreTools> = {}) {
  const world = new SessionWorld();
  const volume = await backupWorld({ clock: world.clock, ...overrides });
  const backups = new VolumeBackups(volume.tools, world.log);
  const profiles: Profiles = {
    ...world.profiles,
    prepare: async (id, expected, signal) => {
      const word = await wordOf(volume.profile);
      if (expected.dueRestore || word === null) return world.profiles.prepare(id, expected, signal);
      return { profile: 'sound', evidence };
    },
    copy: async (_id, target) => {
      await writeProfile(target, (await wordOf(volume.profile)) ?? 'wiped');
      return {
        method: 'closed',
        pause: null,
        versions: { library: null, browser: '156.0.8078.79', web: null },
      };
    },
  };
  world.hosts.onLaunch = (host) => {
    world.steps.push(`launch ${host.spec.session}`);
    host.copy = (target) => writeProfile(target, 'running');
  };
  const supervisor = new Supervisor({
    clock: world.clock,
    log: world.log,
    portsFor: (id) => ({ ...world.portsFor(id), backups, profiles }),
  });
  const erased: string[] = [];
  const resolved: string[] = [];
  const incidents = {
    raise() {},
    resolve: (cause: string, id: string | null) => void resolved.push(`${cause} ${id}`),
    of: () => [],
  };
  const choice = new BackupChoice({ ...volume.tools, rejectedOf: (id) => supervisor.rejectedOf(id) });
  const browser = new ScriptedBrowser();
  const drills = new Drills({ tools: { ...volume.tools, browser }, choice, incidents, log: world.log });
  const supervised = new SupervisedBackups({
    drills,
    sessions: supervisor,
    tools: volume.tools,
    incidents,
    log: world.log,
    recovery: {
      recovery: {
        plan: () => Promise.reject(new Error('nobody asks for a recovery here')),
        carryOut: () => Promise.reject(new Error('nobody asks for a recovery here')),
      },
      owner: null,
      vault: volume.vault.name,
    },
    erase: async (id) => {
      expect(supervisor.has(id)).toBe(false);
      return erased;
    },
  });
  /** One that lies in the vault already, and a minute that passes. */
  const backedUp = async (word: string, changes: Partial<BackupRequest> = {}): Promise<BackupManifest> => {
    const { manifest } = await takeBackup(await volume.request(word, changes), volume.tools);
    await world.clock.advance(60_000);
    return manifest;
  };
  const known = (changes: Partial<SessionRecord> = {}) =>
    supervisor.take([world.paired('main', { wanted: 'stopped', evidence, ...changes })]);
  const online = async () => {
    supervisor.boot([
      world.paired('main', { evidence, backup: { id: 'b', at: '2026-01-01T00:00:00.000Z' } }),
    ]);
    await expect.poll(() => world.hosts.launched.length).toBe(1);
    world.hosts.last.answer = healthy;
    world.hosts.last.say({ type: 'ready', account, webVersion: null });
    await settle();
  };
  const staged = () => volume.names(volume.layout.staging);
  return { ...volume, world, supervisor, supervised, erased, resolved, backedUp, known, online, staged };
}

/** What came of it, and what was told on the way. */
async function carriedOut<T>(
  work: Work<T>,
): Promise<{ readonly result: T; readonly told: Progress['step'][] }> {
  const told: Progress['step'][] = [];
  for await (const step of work) {
    if ('result' in step) return { result: step.result, told: [...new Set(told)] };
    told.push(step.progress.step);
  }
  throw new Error('it ended without a result');
}

const resultOf = async <T>(work: Work<T>) => (await carriedOut(work)).result;

describe('a list of backups', () => {
  it('has the newest first, each with what is to be known of it', async () => {
    const { supervised, known, backedUp, layout } = await scene();
    const refused = await backedUp('refused');
    const torn = await backedUp('torn');
    const good = await backedUp('good');
    await writeFile(join(layout.vault, torn.archive.name), 'torn');
    known({ rejected: [refused.id] });
    expect(await supervised.backups(main)).toEqual([
      {
        id: good.id,
        session: 'main',
        takenAt: good.createdAt,
        bytes: good.archive.bytes,
        state: 'verified',
        problem: null,
        method: 'frozen',
        pause: 12,
        browser: '156.0.8078.79',
        keys: [],
        verifiedAt: good.createdAt,
        drilledAt: null,
      },
      expect.objectContaining({ id: torn.id, state: 'broken', problem: expect.stringContaining('4 bytes') }),
      expect.objectContaining({ id: refused.id, state: 'rejected', problem: expect.stringContaining('QR') }),
    ]);
  });

  it('says what their marks say, also of a session whose record was lost', async () => {
    const { supervised, tools, world, backedUp } = await scene();
    const mark = (manifest: BackupManifest, kind: MarkKind, why: string) =>
      markBackup(manifest, kind, { why }, tools, never);
    const refused = await backedUp('refused');
    const less = await backedUp('less');
    const good = await backedUp('good');
    await mark(refused, 'rejected', 'WhatsApp logged it out.');
    await mark(less, 'demoted', 'It holds less.');
    await mark(good, 'drilled', 'It was opened.');
    expect(await supervised.backups(main)).toMatchObject([
      { id: good.id, state: 'verified', problem: null, drilledAt: new Date(world.clock.now()).toISOString() },
      { id: less.id, state: 'demoted', problem: 'It holds less.', drilledAt: null },
      { id: refused.id, state: 'rejected', problem: 'WhatsApp logged it out.' },
    ]);
  });

  it('says for which keys they are encrypted, and which of them nothing here opens', async () => {
    // Only the names of keys count here.
    const keyNamed = (...names: string[]) => ({
      sealsFor: names,
      opens: names,
      seal: (bytes: AsyncIterable<Uint8Array>) => bytes,
      open: (bytes: AsyncIterable<Uint8Array>) => bytes,
    });
    const found = await scene({ encryption: keyNamed('age-1') });
    const ours = await found.backedUp('ours');
    const theirs = { ...found.tools, encryption: keyNamed('age-2', 'age-3') };
    const { manifest } = await takeBackup(await found.request('theirs'), theirs);
    expect(await found.supervised.backups(main)).toMatchObject([
      {
        id: manifest.id,
        keys: ['age-2', 'age-3'],
        state: 'verified',
        problem: 'It is encrypted for age-2, age-3, and the key here is age-1.',
      },
      { id: ours.id, keys: ['age-1'], problem: null },
    ]);
  });

  it('has those of sessions that the volume does not know', async () => {
    const { supervised, backedUp } = await scene();
    await backedUp('main');
    await backedUp('theirs', { session: other });
    expect((await supervised.backups(null)).map(({ session }) => session).sort()).toEqual(['main', 'other']);
    expect(await supervised.backups(other)).toHaveLength(1);
  });

  it('is empty of a session without one, and refused of one that nobody knows', async () => {
    const { supervised, known } = await scene();
    known();
    expect(await supervised.backups(main)).toEqual([]);
    await expect(supervised.backups(other)).rejects.toMatchObject({ code: 'session_not_found' });
  });
});

describe('an archive that another tool had put into the vault', () => {
  const theirs = async (found: Awaited<ReturnType<typeof scene>>, word = 'theirs', session = 'main') => {
    const files = Object.entries(filesOf(word)).map(([path, body]) => ({
      path: `session-${session}/${path}`,
      body,
    }));
    const lock = { path: `session-${session}/SingletonLock`, type: '2', linkpath: 'host-1' };
    await mkdir(join(found.layout.vault, 'sessions'), { recursive: true });
    const path = join(found.layout.vault, 'sessions', `${session}-old.tar.gz`);
    await writeFile(path, gzipSync(tarOf(lock, ...files)));
    return path;
  };
  const named = (dryRun: boolean) => ({ which: { id: 'main-old.tar.gz' }, dryRun });

  it('is listed after all that are ours, of its session or under its name alone', async () => {
    const found = await scene();
    const { supervised, backedUp, layout } = found;
    const ours = await backedUp('ours');
    await theirs(found);
    await theirs(found, 'others', 'other');
    await writeFile(join(layout.vault, 'sessions', 'torn.tar.gz'), 'torn');
    expect(await supervised.backups(main)).toMatchObject([
      { id: ours.id, state: 'verified' },
      { id: 'main-old.tar.gz', session: 'main', state: 'unmanaged', problem: null, method: null },
    ]);
    expect((await supervised.backups(null)).map(({ id, session }) => [id, session])).toEqual(
      expect.arrayContaining([
        [ours.id, 'main'],
        ['main-old.tar.gz', 'main'],
        ['other-old.tar.gz', 'other'],
        ['torn.tar.gz', null],
      ]),
    );
  });

  it('is rehearsed, and nothing is touched', async () => {
    const found = await scene();
    const { supervised, known, write, profile, staged } = found;
    const path = await theirs(found);
    const before = await readFile(path);
    await write('there');
    known();
    const { result, told } = await carriedOut(supervised.restore(main, named(true), never));
    expect(result).toMatchObject({ backup: { id: 'main-old.tar.gz', state: 'unmanaged' }, dryRun: true });
    expect(told).toEqual(expect.arrayContaining(['download', 'unpack', 'verify']));
    expect(await wordOf(profile)).toBe('there');
    expect(await staged()).toEqual([]);
    expect(await supervised.backups(main)).toMatchObject([{ state: 'unmanaged' }]);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('is restored by its file name, as a backup of ours that it becomes', async () => {
    const found = await scene();
    const { supervised, known, write, profile, quarantined, staged } = found;
    const path = await theirs(found);
    await write('there');
    known();
    const { backup } = await resultOf(supervised.restore(main, named(false), never));
    expect(backup).toMatchObject({ state: 'demoted', problem: expect.stringContaining('main-old.tar.gz') });
    expect(await wordOf(profile)).toBe('theirs');
    expect(await quarantined()).toEqual(['there']);
    expect(await staged()).toEqual([]);
    await readFile(path);
    expect(await supervised.backups(main)).toMatchObject([
      { id: backup.id, state: 'demoted' },
      { id: 'main-old.tar.gz', state: 'unmanaged' },
    ]);
  });

  it('brings back a session that the volume has forgotten, and no other than its own', async () => {
    const found = await scene();
    const { supervised, supervisor, profile } = found;
    await theirs(found);
    await expect(resultOf(supervised.restore(other, named(false), never))).rejects.toMatchObject({
      code: 'session_refused',
    });
    expect(supervisor.has(other)).toBe(false);
    await resultOf(supervised.restore(main, named(false), never));
    expect(await wordOf(profile)).toBe('theirs');
    expect(supervisor.has(main)).toBe(true);
  });

  it('is never the newest, nor the one of a time', async () => {
    const found = await scene();
    await theirs(found);
    found.known();
    for (const which of ['latest', { at: '2999-01-01T00:00:00.000Z' }] as const)
      await expect(
        resultOf(found.supervised.restore(main, { which, dryRun: true }, never)),
      ).rejects.toMatchObject({ code: 'backup_not_found' });
  });

  it.each([
    ['sound', 'theirs'],
    ['no_login', 'wiped'],
    ['damaged', null],
  ] as const)('is what a verification looks at where there is no other: %s', async (soundness, word) => {
    const found = await scene();
    const path = await theirs(found, word ?? 'theirs');
    if (word === null)
      await writeFile(path, gzipSync(tarOf({ path: 'session-main/', type: '5' }, { path: '/etc/x' })));
    await found.write('there');
    found.known();
    const { backup } = await resultOf(found.supervised.verify(main, never));
    expect(backup).toMatchObject({ id: 'main-old.tar.gz', soundness });
    expect(await found.staged()).toEqual([]);
  });
});

describe('a backup that is asked for', () => {
  it('is of the browser that runs, and told as the vault holds it', async () => {
    const { supervised, online, staged } = await scene();
    await online();
    const { result, told } = await carriedOut(supervised.backup(main));
    expect(result).toMatchObject({ session: 'main', state: 'verified', method: 'frozen', pause: 12 });
    expect(told).toEqual(expect.arrayContaining(['archive']));
    expect(await supervised.backups(main)).toEqual([result]);
    expect(await staged()).toEqual([]);
  });

  it('is of the profile where none runs', async () => {
    const { supervised, known, write } = await scene();
    await write('there');
    known();
    expect(await resultOf(supervised.backup(main))).toMatchObject({ method: 'closed', pause: null });
  });

  it('says why there is none', async () => {
    const { supervised, known, write, supervisor, world } = await scene();
    await write('wiped');
    known();
    await expect(resultOf(supervised.backup(main))).rejects.toMatchObject({ code: 'profile_damaged' });
    await expect(resultOf(supervised.backup(other))).rejects.toMatchObject({ code: 'session_not_found' });
    supervisor.take([world.paired('other', { login: 'none', wanted: 'stopped' })]);
    await expect(resultOf(supervised.backup(other))).rejects.toMatchObject({ code: 'session_refused' });
  });
});

describe('a backup that ends in a logout', () => {
  it('is marked in the vault, and not tried again by whoever has lost the volume', async () => {
    const { supervised, supervisor, world, backedUp, layout, profile, tools } = await scene();
    const older = await backedUp('older');
    const newest = await backedUp('newest');
    const record = world.paired('main', { wanted: 'online', evidence, login: 'settled' });
    world.profiled.delete(main);
    supervisor.boot([record]);
    const shown = async (launches: number) => {
      await expect.poll(() => world.hosts.launched.length).toBe(launches);
      world.hosts.last.say({ type: 'qr', qr: 'one' });
      await settle();
    };
    // There is no profile: the newest backup takes its place, WhatsApp shows a QR, the older one is tried, and again.
    await shown(1);
    await shown(2);
    await expect.poll(() => supervisor.sessionOf(main).state).toMatchObject({ reason: 'logged_out' });
    await expect
      .poll(async () => (await supervised.backups(main)).map(({ id, state }) => [id, state]))
      .toEqual([
        [newest.id, 'rejected'],
        [older.id, 'rejected'],
      ]);
    // The volume burns; the vault does not.
    await rm(profile, { recursive: true, force: true });
    await rm(layout.records, { recursive: true, force: true });
    const lost = new VolumeBackups(tools, world.log);
    const unknown = { ...newRecord(main, 0), login: 'unknown' as const };
    expect(await lost.restore(unknown, { except: [] }, { signal: never, progress: () => {} })).toBeNull();
  });
});

describe('a drill', () => {
  it('is of the newest good backup, beside a session that runs, and shows in the list', async () => {
    const { supervised, supervisor, online, backedUp, staged, world } = await scene();
    await backedUp('older');
    const newest = await backedUp('newest');
    await online();
    const { result, told } = await carriedOut(supervised.drill(main, 'latest', never));
    expect(result).toMatchObject({
      session: 'main',
      passed: true,
      backup: { id: newest.id, state: 'verified' },
    });
    expect(told).toEqual(['download', 'unpack', 'verify', 'open']);
    const now = new Date(world.clock.now()).toISOString();
    expect((await supervised.backups(main))[0]).toMatchObject({
      id: newest.id,
      verifiedAt: now,
      drilledAt: now,
    });
    expect(supervisor.sessionOf(main).state.name).toBe('online');
    expect(await staged()).toEqual([]);
  });

  it('is refused where there is nothing to drill', async () => {
    const { supervised, known } = await scene();
    known();
    await expect(resultOf(supervised.drill(main, 'latest', never))).rejects.toMatchObject({
      code: 'backup_not_found',
    });
  });
});

describe('a mark that a person clears', () => {
  it('is gone from the vault and from the record, and the backup may be restored by itself again', async () => {
    const { supervised, supervisor, tools, known, backedUp, resolved, world } = await scene();
    const older = await backedUp('older');
    const good = await backedUp('good');
    await markBackup(good, 'demoted', { why: 'Less.' }, tools, never);
    await markBackup(good, 'drilled', { why: 'Opened.' }, tools, never);
    known({ rejected: [older.id, good.id] });
    expect((await supervised.backups(main))[0]).toMatchObject({ id: good.id, state: 'rejected' });
    expect(await supervised.clear(main, good.id)).toMatchObject({
      id: good.id,
      state: 'verified',
      problem: null,
      drilledAt: expect.any(String),
    });
    expect(supervisor.sessionOf(main).record.rejected).toEqual([older.id]);
    expect(world.disk.get(main)).toMatchObject({ rejected: [older.id] });
    expect(resolved).toEqual(['backup_shrunk main', 'drill_failed main']);
    expect(world.lines.join()).toContain('A person has cleared the marks of a backup');
  });

  it('may be of a session that only the vault knows, and must be of a backup that is there', async () => {
    const { supervised, tools, backedUp } = await scene();
    const theirs = await backedUp('theirs', { session: other });
    await markBackup(theirs, 'rejected', { why: 'A QR.' }, tools, never);
    expect(await supervised.clear(other, theirs.id)).toMatchObject({ state: 'verified' });
    await expect(supervised.clear(main, theirs.id)).rejects.toMatchObject({ code: 'backup_not_found' });
  });
});

describe('a restore', () => {
  it('is of the newest that is good, by what the vault and the record say', async () => {
    const { supervised, known, backedUp, layout, write, profile, quarantined } = await scene();
    const good = await backedUp('good');
    const refused = await backedUp('refused');
    const torn = await backedUp('torn');
    await writeFile(join(layout.vault, manifestName(main, torn.id)), '{');
    await write('there');
    known({ rejected: [refused.id] });
    const { result, told } = await carriedOut(supervised.restore(main, put, never));
    expect(result).toMatchObject({
      session: 'main',
      backup: { id: good.id, state: 'verified' },
      dryRun: false,
      quarantined: expect.stringContaining('-replaced'),
    });
    expect(told.at(-1)).toBe('verify');
    expect(await wordOf(profile)).toBe('good');
    expect(await quarantined()).toEqual(['there']);
  });

  it('is of a demoted one only where there is no other, and never of one that its mark says was rejected', async () => {
    const { supervised, tools, known, backedUp } = await scene();
    const good = await backedUp('good');
    const less = await backedUp('less');
    const refused = await backedUp('refused');
    await markBackup(less, 'demoted', { why: 'Less.' }, tools, never);
    await markBackup(refused, 'rejected', { why: 'A QR.' }, tools, never);
    known();
    const rehearsed = () => resultOf(supervised.restore(main, { which: 'latest', dryRun: true }, never));
    expect((await rehearsed()).backup).toMatchObject({ id: good.id, state: 'verified' });
    await markBackup(good, 'rejected', { why: 'A QR.' }, tools, never);
    expect((await rehearsed()).backup).toMatchObject({ id: less.id, state: 'demoted', problem: 'Less.' });
  });

  it('is of the newest of a time', async () => {
    const { supervised, known, backedUp, profile } = await scene();
    const first = await backedUp('first');
    await backedUp('second');
    known();
    await resultOf(supervised.restore(main, { ...put, which: { at: first.createdAt } }, never));
    expect(await wordOf(profile)).toBe('first');
    const before = supervised.restore(main, { ...put, which: { at: '2020-01-01T00:00:00.000Z' } }, never);
    await expect(resultOf(before)).rejects.toMatchObject({
      code: 'backup_not_found',
      message: expect.stringContaining('2020-01-01T00:00:00.000Z'),
    });
  });

  it('is of the one that is named, refused by WhatsApp or not', async () => {
    const { supervised, known, backedUp, profile } = await scene();
    const refused = await backedUp('refused');
    await backedUp('good');
    known({ rejected: [refused.id] });
    await resultOf(supervised.restore(main, { ...put, which: { id: refused.id } }, never));
    expect(await wordOf(profile)).toBe('refused');
  });

  it('starts a session that was online again, on the backup', async () => {
    const { supervised, online, backedUp, world, supervisor } = await scene();
    const { id } = await backedUp('good');
    await online();
    await resultOf(supervised.restore(main, put, never));
    await expect.poll(() => world.hosts.launched.length).toBe(2);
    expect(world.hosts.mostAtOnce).toBe(1);
    expect(await supervisor.session(main)).toMatchObject({ state: 'launching', restored: { id } });
  });

  it('in a rehearsal is fetched and verified, and nothing is touched', async () => {
    const { supervised, online, backedUp, profile, staged, world, supervisor } = await scene();
    const { id } = await backedUp('good');
    await online();
    const { result, told } = await carriedOut(supervised.restore(main, { ...put, dryRun: true }, never));
    expect(result).toMatchObject({ backup: { id }, dryRun: true, quarantined: null });
    expect(told).toEqual(expect.arrayContaining(['verify']));
    expect(await wordOf(profile)).toBeNull();
    expect(await staged()).toEqual([]);
    expect(world.hosts.launched).toHaveLength(1);
    expect(await supervisor.session(main)).toMatchObject({ status: 'ready', restored: null });
  });

  it('in a rehearsal fails as it would, and ends with its signal', async () => {
    const { supervised, known, backedUp, layout, staged } = await scene();
    const torn = await backedUp('torn');
    known();
    await writeFile(join(layout.vault, torn.archive.name), Buffer.alloc(torn.archive.bytes, 'x'));
    const rehearsing = () => supervised.restore(main, { ...put, dryRun: true }, never);
    await expect(resultOf(rehearsing())).rejects.toMatchObject({ code: 'backup_damaged' });
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const stopped = supervised.restore(main, { ...put, dryRun: true }, stop.signal);
    await expect(resultOf(stopped)).rejects.toThrow('enough');
    expect(await staged()).toEqual([]);
  });

  it('makes a session that the volume does not know, and starts it once it has its login', async () => {
    const { supervised, backedUp, supervisor, world, profile } = await scene();
    const { id } = await backedUp('good');
    await resultOf(supervised.restore(main, put, never));
    await expect.poll(() => world.hosts.launched.length).toBe(1);
    expect(await wordOf(profile)).toBe('good');
    expect(await supervisor.session(main)).toMatchObject({ wanted: 'online', restored: { id } });
  });

  it('that fails leaves a session that it made stopped: nobody is shown a QR', async () => {
    const { supervised, backedUp, supervisor, world, layout } = await scene();
    const torn = await backedUp('torn');
    await writeFile(join(layout.vault, torn.archive.name), Buffer.alloc(torn.archive.bytes, 'x'));
    await expect(resultOf(supervised.restore(main, put, never))).rejects.toMatchObject({
      code: 'backup_damaged',
    });
    await settle();
    expect(await supervisor.session(main)).toMatchObject({ wanted: 'stopped', status: 'stopped' });
    expect(world.hosts.launched).toEqual([]);
  });

  it('of a session without a single backup makes none', async () => {
    const { supervised, supervisor } = await scene();
    await expect(resultOf(supervised.restore(main, put, never))).rejects.toMatchObject({
      code: 'backup_not_found',
    });
    expect(supervisor.has(main)).toBe(false);
  });

  it('of a session whose record cannot be used is refused before anything is fetched', async () => {
    const { supervised, supervisor, backedUp, staged } = await scene();
    await backedUp('good');
    supervisor.take([], [{ id: main, problem: 'it is of version 9' }]);
    await expect(resultOf(supervised.restore(main, put, never))).rejects.toMatchObject({
      code: 'session_refused',
      message: expect.stringContaining('version 9'),
    });
    expect(await staged()).toEqual([]);
  });

  it('beside another one: each caller hears what became of its own', async () => {
    const gate = Promise.withResolvers<void>();
    const looking = Promise.withResolvers<void>();
    const verify: Verify = async (path, options) => {
      if ((await wordOf(path)) === 'first' && !path.includes('backup-')) {
        looking.resolve();
        await gate.promise;
        options.signal.throwIfAborted();
      }
      return verifyPlain(path, options);
    };
    const look = { verify: verifyPlain };
    const { supervised, known, backedUp, profile } = await scene({
      verify: (path, options) => look.verify(path, options),
    });
    const first = await backedUp('first');
    const second = await backedUp('second');
    look.verify = verify;
    known();
    const restore = (id: string) => resultOf(supervised.restore(main, { ...put, which: { id } }, never));
    const overtaken = restore(first.id);
    overtaken.catch(() => {});
    await looking.promise;
    const later = restore(second.id);
    await expect(overtaken).rejects.toMatchObject({
      code: 'session_refused',
      message: expect.stringMatching(new RegExp(`${first.id} was replaced .* ${second.id}`)),
    });
    gate.resolve();
    expect(await later).toMatchObject({ backup: { id: second.id } });
    expect(await wordOf(profile)).toBe('second');
  });

  it('that the end of the daemon comes before is told to be kept, and a new one is refused', async () => {
    const look = { verify: verifyPlain };
    const looking = Promise.withResolvers<void>();
    const { supervised, supervisor, known, backedUp, world } = await scene({
      verify: (path, options) => look.verify(path, options),
    });
    const { id } = await backedUp('good');
    known();
    look.verify = (_path, { signal }) => {
      looking.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
    };
    const restoring = resultOf(supervised.restore(main, put, never));
    restoring.catch(() => {});
    await looking.promise;
    void supervisor.drain(25_000);
    await expect(restoring).rejects.toMatchObject({
      code: 'daemon_unavailable',
      message: expect.stringContaining('is kept'),
    });
    expect(world.disk.get(main)).toMatchObject({ dueRestore: { backup: id }, wanted: 'stopped' });
    await expect(resultOf(supervised.restore(main, put, never))).rejects.toMatchObject({
      code: 'daemon_unavailable',
      message: 'The daemon is shutting down.',
    });
  });
});

describe('a verification', () => {
  it('is of a copy of the profile and of the newest backup, and leaves nothing', async () => {
    const { supervised, online, backedUp, staged } = await scene();
    await backedUp('older');
    const newest = await backedUp('newest');
    await online();
    const sound = { soundness: 'sound', problem: null, warnings: [] };
    const { result, told } = await carriedOut(supervised.verify(main, never));
    expect(result).toEqual({ session: 'main', profile: sound, backup: { ...sound, id: newest.id } });
    expect(told[0]).toBe('look');
    expect(await staged()).toEqual([]);
  });

  it('says what is wrong with either, and names the profile and not its copy', async () => {
    const { supervised, known, backedUp, write, layout, profile } = await scene({
      verify: async (path, options) =>
        (await wordOf(path)) === 'wiped'
          ? { soundness: 'no_login', problem: `There is no login in ${path}.`, evidence }
          : verifyPlain(path, options),
    });
    const torn = await backedUp('torn');
    await writeFile(join(layout.vault, torn.archive.name), Buffer.alloc(torn.archive.bytes, 'x'));
    await write('wiped');
    known();
    expect(await resultOf(supervised.verify(main, never))).toEqual({
      session: 'main',
      profile: { soundness: 'no_login', problem: `There is no login in ${profile}.`, warnings: [] },
      backup: {
        id: torn.id,
        soundness: 'damaged',
        problem: expect.stringContaining('another hash'),
        warnings: [],
      },
    });
  });

  it('reads one manifest, however many backups there are and whatever lies beside them', async () => {
    const { supervised, known, backedUp, layout, vault, write, tools } = await scene();
    known();
    await write('good');
    for (const word of ['one', 'two', 'three']) await backedUp(word);
    await symlink('/etc/passwd', join(layout.vault, 'sessions', 'main', 'stray'));
    const read: string[] = [];
    const get: typeof vault.get = (name, signal) => {
      read.push(name);
      return vault.get(name, signal);
    };
    Object.assign(tools, {
      vault: Object.assign(Object.create(vault), { get, list: vault.list.bind(vault) }),
    });
    expect(await resultOf(supervised.verify(main, never))).toMatchObject({ backup: { soundness: 'sound' } });
    expect(read.filter((name) => name.endsWith('.json'))).toHaveLength(1);
  });

  it('tells of a backup whose manifest is broken, and of none where there is none', async () => {
    const { supervised, known, backedUp, write, layout } = await scene();
    await write('there');
    known();
    expect(await resultOf(supervised.verify(main, never))).toMatchObject({ backup: null });
    const { id } = await backedUp('torn');
    await writeFile(join(layout.vault, manifestName(main, id)), '{');
    expect(await resultOf(supervised.verify(main, never))).toMatchObject({
      backup: { id, soundness: 'damaged', problem: expect.stringContaining('manifest') },
    });
  });

  it('that cannot be made says so, and takes that for no verdict', async () => {
    const { supervised, known, write, staged } = await scene({
      verify: async () => {
        throw new VigilError('disk_full', 'No room.');
      },
    });
    await write('there');
    known();
    await expect(resultOf(supervised.verify(main, never))).rejects.toMatchObject({ code: 'disk_full' });
    expect(await staged()).toEqual([]);
    await expect(resultOf(supervised.verify(other, never))).rejects.toMatchObject({
      code: 'session_not_found',
    });
  });
});

describe('a purge', () => {
  it('stops the session, and tells what was erased', async () => {
    const { supervised, online, erased, world, supervisor } = await scene();
    await online();
    erased.push('/data/whatsapp-sessions/session-main');
    const { result, told } = await carriedOut(supervised.purge(main, never));
    expect(result).toEqual({ session: 'main', erased });
    expect(told).toEqual(['erase']);
    expect(world.hosts.running).toBe(0);
    expect(supervisor.has(main)).toBe(false);
  });

  it('of what neither the volume nor the vault knows is refused', async () => {
    const { supervised } = await scene();
    await expect(resultOf(supervised.purge(other, never))).rejects.toMatchObject({
      code: 'session_not_found',
    });
  });

  it('calls off a restore that is under way', async () => {
    const look = { verify: verifyPlain };
    const looking = Promise.withResolvers<void>();
    const { supervised, known, backedUp, erased, profile } = await scene({
      verify: (path, options) => look.verify(path, options),
    });
    await backedUp('good');
    known();
    look.verify = (_path, { signal }) => {
      looking.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
    };
    const restoring = resultOf(supervised.restore(main, put, never));
    restoring.catch(() => {});
    await looking.promise;
    erased.push('all of it');
    await resultOf(supervised.purge(main, never));
    await expect(restoring).rejects.toMatchObject({
      code: 'session_refused',
      message: expect.stringContaining('called off'),
    });
    expect(await wordOf(profile)).toBeNull();
  });
});
