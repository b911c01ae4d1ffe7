/** Imports as people ask for them: sessions that the test plays, a vault in a directory, profiles of plain files. */
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  backupWorld,
  evidence,
  main,
  verifyPlain,
  wordOf,
  writeProfile,
} from '../../test/doubles/backup-world.ts';
import { settle } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { healthy } from '../../test/doubles/scripted-hosts.ts';
import { account, SessionWorld } from '../../test/doubles/session-world.ts';
import { everythingOf } from '../../test/doubles/source-bytes.ts';
import { replayRestores } from '../restore/replay.ts';
import { VolumeBackups } from '../restore/volume-backups.ts';
import { sessionId } from '../session/id.ts';
import type { Profiles } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import { profilePath } from '../volume/layout.ts';
import type { Work } from './backup-operations.ts';
import type { ImportRequest } from './import-operations.ts';
import { SupervisedBackups } from './supervised-backups.ts';
import { Supervisor } from './supervisor.ts';
import { worked } from './work.ts';

const never = new AbortController().signal;
const other = sessionId('other');

async function scene({ serving = true } = {}) {
  const world = new SessionWorld();
  const volume = await backupWorld({ clock: world.clock });
  const backups = new VolumeBackups(volume.tools, world.log);
  const profiles: Profiles = {
    ...world.profiles,
    prepare: async (id, expected, signal) => {
      if (expected.dueRestore) return world.profiles.prepare(id, expected, signal);
      return (await wordOf(profilePath(volume.layout, id))) === null
        ? { profile: 'fresh' }
        : { profile: 'sound', evidence };
    },
  };
  world.hosts.onLaunch = (host) => {
    host.copy = (target) => writeProfile(target, 'running');
  };
  const supervisor = new Supervisor({
    clock: world.clock,
    log: world.log,
    portsFor: (id) => ({ ...world.portsFor(id), backups, profiles }),
  });
  const nobody = () => Promise.reject(new Error('nobody asks for that here'));
  const supervised = new SupervisedBackups({
    drills: { drill: () => worked(nobody) },
    sessions: supervisor,
    tools: volume.tools,
    incidents: { resolve: () => {} },
    log: world.log,
    recovery: { recovery: { plan: nobody, carryOut: nobody }, owner: null, vault: volume.vault.name },
    erase: nobody,
    serving,
  });
  const place = await realpath(await scratchDirectory());
  const source = join(place, 'session-main');
  await writeProfile(source, 'theirs');
  const request: ImportRequest = { source, replace: false, stopped: true, dryRun: false };
  const imported = (changes: Partial<ImportRequest> = {}, id = main) =>
    resultOf(supervised.import(id, { ...request, ...changes }, never));
  const known = (changes: Partial<SessionRecord> = {}) =>
    supervisor.take([world.paired('main', { wanted: 'stopped', evidence, ...changes })]);
  const view = async (id = main) => supervisor.session(id);
  const listed = async (id = main) => supervised.backups(id).catch(() => []);
  return { ...volume, world, supervisor, supervised, place, source, imported, known, view, listed };
}

async function resultOf<T>(work: Work<T>): Promise<T> {
  for await (const step of work) if ('result' in step) return step.result;
  throw new Error('it ended without a result');
}

describe('an import', () => {
  it('makes a session with a login, starts it, and has what WhatsApp makes of it backed up', async () => {
    const { imported, profile, source, supervisor, world, listed } = await scene();
    const before = await everythingOf(source);
    const done = await imported();
    expect(done).toMatchObject({ session: 'main', standing: 'nothing', dryRun: false, quarantined: null });
    expect(await wordOf(profile)).toBe('theirs');
    expect(await everythingOf(source)).toEqual(before);
    const record = () => supervisor.sessionOf(main).record;
    expect(record()).toMatchObject({
      wanted: 'online',
      login: 'settled',
      evidence,
      backup: null,
      dueRestore: null,
      restored: { id: done.backup?.id },
    });
    expect(await listed()).toMatchObject([{ id: done.backup?.id, state: 'verified', method: 'closed' }]);
    await expect.poll(() => world.hosts.launched.length).toBe(1);
    world.hosts.last.answer = healthy;
    world.hosts.last.say({ type: 'ready', account, webVersion: null });
    await world.clock.advance(1_000);
    await expect.poll(() => record().backup?.id ?? null).not.toBeNull();
    const [first, second] = await listed();
    expect([record().backup?.id, second?.id]).toEqual([first?.id, done.backup?.id]);
  });

  it('leaves a session to the next daemon where none runs', async () => {
    const { imported, profile, supervisor, world, view } = await scene({ serving: false });
    await imported();
    await settle();
    expect(await wordOf(profile)).toBe('theirs');
    expect(world.hosts.launched).toEqual([]);
    expect(await view()).toMatchObject({ wanted: 'online', status: 'stopped' });
    expect(supervisor.sessionOf(main).atRest).toBe(true);
  });

  it('changes nothing where it is only rehearsed', async () => {
    const { imported, profile, supervisor, listed, layout, names } = await scene();
    expect(await imported({ dryRun: true })).toMatchObject({
      dryRun: true,
      backup: null,
      standing: 'nothing',
    });
    expect(supervisor.has(main)).toBe(false);
    expect(await wordOf(profile)).toBeNull();
    expect(await listed()).toEqual([]);
    expect(await names(layout.staging)).toEqual([]);
  });

  it('takes no login away from a session unless a person says so, and then to quarantine', async () => {
    const { imported, known, write, profile, quarantined, listed, view } = await scene();
    known();
    await write('ours');
    await expect(imported()).rejects.toMatchObject({ code: 'session_refused' });
    expect(await wordOf(profile)).toBe('ours');
    expect(await listed()).toEqual([]);
    expect(await imported({ dryRun: true })).toMatchObject({ standing: 'login' });
    const done = await imported({ replace: true });
    expect(done).toMatchObject({ standing: 'login', quarantined: expect.stringContaining('-replaced') });
    expect(await wordOf(profile)).toBe('theirs');
    expect(await quarantined()).toEqual(['ours']);
    // As it was wanted.
    expect(await view()).toMatchObject({ wanted: 'stopped', status: 'stopped' });
  });

  it.each<[string, Partial<SessionRecord> | null, string, string]>([
    ['a login of which no record knows', null, 'ours', 'login'],
    ['a profile that cannot be judged', null, 'strange', 'login'],
    ['what was left without a login', { login: 'none' }, 'wiped', 'remains'],
    ['a login that is known dead', { login: 'none', forfeited: true }, 'ours', 'remains'],
    ['a login that was scanned just now', { login: 'unsettled' }, 'ours', 'login'],
  ])('knows %s', async (_what, record, word, standing) => {
    const { imported, known, write, profile, quarantined } = await scene();
    if (record) known(record);
    await write(word);
    if (standing === 'login') {
      await expect(imported()).rejects.toMatchObject({ code: 'session_refused' });
      expect(await wordOf(profile)).toBe(word);
      return;
    }
    expect(await imported()).toMatchObject({ standing, quarantined: expect.any(String) });
    expect(await wordOf(profile)).toBe('theirs');
    expect(await quarantined()).toEqual([word]);
  });

  it('leaves a session as it is where there is no login in what is imported', async () => {
    const { imported, source, supervisor, world } = await scene();
    await rm(source, { recursive: true });
    await writeProfile(source, 'wiped');
    await expect(imported()).rejects.toMatchObject({ code: 'import_unusable' });
    await settle();
    expect(supervisor.has(main)).toBe(false);
    expect(world.hosts.launched).toEqual([]);
  });

  it('of a directory of several is asked for one by one', async () => {
    const { imported, place } = await scene();
    await writeProfile(join(place, 'session-other'), 'others');
    await expect(imported({ source: place })).rejects.toMatchObject({
      code: 'import_unusable',
      message: expect.stringContaining('more than one profile'),
    });
  });
});

describe('the plan of an import', () => {
  it('leaves out a session that is held, and no other', async () => {
    const { supervised, place, supervisor } = await scene();
    supervisor.take([], [{ id: main, problem: 'it is of a newer version' }]);
    await writeProfile(join(place, 'session-other'), 'others');
    const { sources } = await supervised.importable({ path: place, session: null });
    expect(sources.map((one) => [one.session, one.problem])).toEqual([
      ['main', expect.stringContaining('newer version')],
      ['other', null],
    ]);
  });

  it('names every profile, its session, its size and what is in its place', async () => {
    const { supervised, place, source, known, write } = await scene();
    known();
    await write('ours');
    await writeProfile(join(place, 'session-other'), 'others');
    await mkdir(join(place, 'noweb'));
    await writeFile(join(place, 'noweb', 'creds.json'), '{}');
    const plan = await supervised.importable({ path: place, session: null });
    expect(plan.sources).toEqual([
      {
        source,
        form: 'directory',
        session: 'main',
        files: 6,
        bytes: expect.any(Number),
        standing: 'login',
        problem: null,
        remedy: null,
      },
      expect.objectContaining({ session: 'other', standing: 'nothing', problem: null }),
    ]);
    expect(plan.passedOver).toEqual([
      { path: join(place, 'noweb'), why: expect.stringContaining('Baileys') },
    ]);
  });

  it('picks one of several, and gives the only one another name', async () => {
    const { supervised, place, source } = await scene();
    const named = async (session: typeof main, path = place) =>
      (await supervised.importable({ path, session })).sources.map((one) => [one.source, one.session]);
    expect(await named(other, source)).toEqual([[source, 'other']]);
    await writeProfile(join(place, 'session-other'), 'others');
    expect(await named(other)).toEqual([[join(place, 'session-other'), 'other']]);
    await expect(named(sessionId('third'))).rejects.toMatchObject({
      code: 'import_unusable',
      message: expect.stringContaining('but main, other'),
    });
  });

  it('says of what it cannot tell why', async () => {
    const { supervised, place, source } = await scene();
    const torn = join(place, 'RemoteAuth-torn.zip');
    await writeFile(torn, 'PK');
    await writeProfile(join(place, 'x', 'session-main'), 'again');
    await writeProfile(join(place, 'Profile 1'), 'unnamed');
    const { sources } = await supervised.importable({ path: place, session: null });
    const problems = new Map(sources.map((one) => [one.source, one.problem]));
    expect(sources.map((one) => one.remedy)).not.toContain(null);
    expect(problems.get(torn)).toContain('is no zip');
    expect(problems.get(source)).toContain('is called as');
    expect(problems.get(join(place, 'Profile 1'))).toContain('Nothing says whose');
  });
});

describe('a kill during an import into a session with a login', () => {
  it('at any step leaves the old profile or the new one, the other one in quarantine or untouched', async () => {
    const whole = await scene();
    whole.known();
    await whole.write('ours');
    const from = whole.disk.steps.length;
    await whole.imported({ replace: true });
    const labels = [...new Set(whole.disk.steps.slice(from))];
    expect(labels).toEqual(expect.arrayContaining(['import:copy', 'backup:manifest', 'restore:swap']));
    for (const label of labels) {
      const found = await scene();
      found.known();
      await found.write('ours');
      const before = await everythingOf(found.source);
      found.disk.dieAt(label);
      await found.imported({ replace: true }).catch(() => {});
      found.disk.mend();
      // As the next process does, before anything else.
      await replayRestores(found.tools);
      expect(await everythingOf(found.source), label).toEqual(before);
      const word = await wordOf(found.profile);
      expect(['ours', 'theirs'], label).toContain(word);
      if (word === 'theirs') expect(await found.quarantined(), label).toContain('ours');
      expect((await verifyPlain(found.profile, null as never)).soundness, label).toBe('sound');
      expect(await found.names(found.layout.staging), label).toEqual([]);
    }
  });
});
