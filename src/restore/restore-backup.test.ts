import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BackupWorld,
  backupWorld,
  evidence,
  main,
  never,
  wordOf,
} from '../../test/doubles/backup-world.ts';
import { decoy } from '../../test/doubles/decoy.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { manifestName } from '../backup/backup-names.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { takeBackup } from '../backup/take-backup.ts';
import type { Progress } from '../backup/tools.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { replayRestores } from './replay.ts';
import { restoreBackup } from './restore-backup.ts';

/** Taken once: the tests are about what comes after. */
let taken: { readonly manifest: BackupManifest; readonly files: ReadonlyMap<string, Buffer> } | null = null;

async function putBackup(found: BackupWorld): Promise<BackupManifest> {
  const path = (name: string) => join(found.layout.vault, name);
  if (!taken) {
    const { manifest } = await takeBackup(await found.request('new'), found.tools);
    const names = [manifest.archive.name, manifestName(main, manifest.id)];
    const files = await Promise.all(names.map(async (name) => [name, await readFile(path(name))] as const));
    taken = { manifest, files: new Map(files) };
  }
  await mkdir(path(`sessions/${main}`), { recursive: true });
  for (const [name, bytes] of taken.files) await writeFile(path(name), bytes);
  return taken.manifest;
}

/** A session whose profile is `old`, and a backup of it that was `new`. */
async function world({ withProfile = true } = {}) {
  const found = await backupWorld();
  await mkdir(found.layout.staging, { recursive: true });
  const manifest = await putBackup(found);
  if (withProfile) await found.write('old');
  found.disk.steps.length = 0;
  const restore = (changes: object = {}) =>
    restoreBackup(manifest, { signal: never, ...changes }, found.tools);
  return { ...found, manifest, restore };
}

/** Old or new, all of it and in one place; whatever was there is nowhere lost. */
async function state({ profile, quarantined, layout, names }: BackupWorld) {
  const staged = (await names(layout.staging)).filter((name) => !name.includes('/'));
  // Half a journal is swept as every half file of ours is.
  const journals = (await names(layout.restores)).filter((name) => !name.endsWith('.tmp'));
  return { profile: await wordOf(profile), quarantined: await quarantined(), staged, journals };
}

const oldState = { profile: 'old', quarantined: [], staged: [], journals: [] };
const newState = { profile: 'new', quarantined: ['old'], staged: [], journals: [] };

describe('a restored backup', () => {
  it('takes the place of the profile, which goes to quarantine', async () => {
    const { restore, manifest, layout, ...rest } = await world();
    const restored = await restore();
    expect(restored).toEqual({
      backup: manifest,
      evidence,
      quarantined: join(layout.quarantine, 'main', '20260101T000000Z-replaced'),
      warnings: [],
    });
    expect(await state({ ...rest, layout })).toEqual(newState);
  });

  it('takes the place of nothing', async () => {
    const found = await world({ withProfile: false });
    expect(await found.restore()).toMatchObject({ quarantined: null });
    expect(await state(found)).toEqual({ ...newState, quarantined: [] });
  });

  it('takes its place where the directory of all profiles was deleted with them', async () => {
    const found = await world();
    await rm(found.layout.sessions, { recursive: true });
    expect(await found.restore()).toMatchObject({ quarantined: null });
    expect(await state(found)).toEqual({ ...newState, quarantined: [] });
  });

  it('holds the essential directories only, and what went to quarantine does too', async () => {
    const { restore, profile } = await world();
    const { quarantined } = await restore();
    for (const path of [profile, quarantined ?? '']) {
      expect(await readdir(path)).toEqual(['Default']);
      expect(await readdir(join(path, 'Default'))).toEqual(['IndexedDB', 'Local Storage', 'Session Storage']);
    }
  });

  it('is fetched, unpacked and looked at, which is told', async () => {
    const { restore } = await world();
    const told: Progress[] = [];
    await restore({ progress: (one: Progress) => told.push(one) });
    expect([...new Set(told.map(({ step }) => step))]).toEqual(['download', 'unpack', 'verify']);
  });

  it('is looked at against the evidence in its manifest', async () => {
    const { manifest, tools } = await world();
    let expected: unknown;
    const verify: typeof tools.verify = (profile, options) => {
      expected = options.expected;
      return tools.verify(profile, options);
    };
    await restoreBackup(manifest, { signal: never }, { ...tools, verify });
    expect(expected).toEqual(evidence);
  });

  it('may be followed by another one', async () => {
    const found = await world();
    await found.restore();
    await found.restore();
    expect(await found.quarantined()).toEqual(['old', 'new']);
  });
});

describe('the profile stays as it is', () => {
  const archive = ({ layout, manifest }: { layout: BackupWorld['layout']; manifest: BackupManifest }) =>
    join(layout.vault, manifest.archive.name);

  it.each([
    ['is cut', (path: string) => writeFile(path, 'short')],
    ['is another one', async (path: string) => writeFile(path, (await readFile(path)).reverse())],
  ])('when the archive %s', async (_what, damage) => {
    const found = await world();
    await damage(archive(found));
    await expect(found.restore()).rejects.toMatchObject({ code: 'backup_damaged' });
    expect(await state(found)).toEqual(oldState);
  });

  it('when the archive is gone', async () => {
    const found = await world();
    await rm(archive(found));
    await expect(found.restore()).rejects.toMatchObject({ code: 'backup_not_found' });
    expect(await state(found)).toEqual(oldState);
  });

  it('when what was unpacked is not sound', async () => {
    const found = await world();
    const verify = async () => ({ soundness: 'no_login' as const, problem: 'There is no login.', evidence });
    const restoring = restoreBackup(found.manifest, { signal: never }, { ...found.tools, verify });
    await expect(restoring).rejects.toMatchObject({
      code: 'backup_damaged',
      message: `Backup ${found.manifest.id} of session "main" is damaged: There is no login.`,
    });
    expect(await state(found)).toEqual(oldState);
  });

  it('when the backup is from a newer Chromium', async () => {
    const found = await world();
    const tools = { ...found.tools, browserVersion: async () => '155.0.0.0' };
    await expect(restoreBackup(found.manifest, { signal: never }, tools)).rejects.toMatchObject({
      code: 'chromium_too_old',
    });
    expect(await state(found)).toEqual(oldState);
  });

  it('while a browser runs on it, before anything is fetched', async () => {
    const found = await world();
    await decoy([`--user-data-dir=${found.profile}`]);
    const tools = { ...found.tools, processes: new LinuxProcesses() };
    await expect(restoreBackup(found.manifest, { signal: never }, tools)).rejects.toMatchObject({
      code: 'profile_in_use',
    });
    expect(await state(found)).toEqual(oldState);
    expect(found.disk.steps).toEqual([]);
  });

  it('when it, or its Default, is a link', async () => {
    const found = await world();
    await rm(join(found.profile, 'Default'), { recursive: true });
    const elsewhere = await scratchDirectory();
    await symlink(elsewhere, join(found.profile, 'Default'));
    await expect(found.restore()).rejects.toMatchObject({ code: 'volume_permission' });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('below the floor of free space, before anything is fetched', async () => {
    const found = await world();
    found.disk.free(2_000);
    await expect(found.restore()).rejects.toMatchObject({ code: 'disk_full' });
    found.disk.mend();
    expect(await state(found)).toEqual(oldState);
  });

  it.each(['download', 'unpack', 'verify'])('when it is called off during %s', async (step) => {
    const found = await world();
    const stop = new AbortController();
    const progress = (one: Progress) => one.step === step && stop.abort(new Error('enough'));
    await expect(found.restore({ signal: stop.signal, progress })).rejects.toThrow('enough');
    expect(await state(found)).toEqual(oldState);
  });
});

/** Every labelled step of a restore over a profile, in the order in which they come first. */
const staging = [
  'staging:open',
  'download',
  'download:end',
  'unpack:profile',
  'unpack:directory',
  'unpack:file',
  'unpack:file:end',
  'unpack:flush',
  'unpack:archive',
  'unpack:scratch',
];
const swapping = [
  'restore:journals',
  'restore:journals-sync',
  'restore:journal:create',
  'restore:journal:rename',
  'restore:journal:sync',
  'quarantine:place',
  'quarantine:place-sync',
  'quarantine:reserve',
  'quarantine:rename',
  'quarantine:sync',
  'restore:swap',
  'restore:swap-sync',
];
const ending = ['restore:journal-remove', 'restore:journal-remove-sync', 'staging:close', 'quarantine:prune'];

describe('a restore takes the steps that are broken below, and no other:', () => {
  it('over a profile', async () => {
    const found = await world();
    await found.restore();
    const known = new Set([...staging, ...swapping, ...ending]);
    expect(found.disk.steps.filter((step) => !known.has(step) && step !== 'staging:root')).toEqual([]);
    expect([...new Set(found.disk.steps)].filter((step) => known.has(step))).toEqual(
      [...known].filter((step) => found.disk.steps.includes(step)),
    );
    expect([...known].filter((step) => !found.disk.steps.includes(step))).toEqual([]);
  });
});

describe('a restore that is killed', () => {
  it.each(staging)('at %s has changed nothing', async (step) => {
    const found = await world();
    found.disk.dieAt(step);
    await expect(found.restore()).rejects.toThrow('dead');
    found.disk.mend();
    expect(await replayRestores(found.tools)).toEqual([]);
    expect(await state(found)).toEqual(oldState);
    await found.restore();
    expect(await state(found)).toEqual(newState);
  });

  it.each([...swapping, ...ending])('at %s is the old state or the new one after a replay', async (step) => {
    const found = await world();
    found.disk.dieAt(step);
    const finished = await found.restore().then(
      () => true,
      () => false,
    );
    found.disk.mend();
    const replayed = await replayRestores(found.tools);
    const now = await state(found);
    expect([oldState, newState]).toContainEqual(now);
    if (finished) expect(now).toEqual(newState);
    for (const one of replayed) {
      expect(one).toMatchObject({
        session: main,
        backup: { id: found.manifest.id, at: found.manifest.createdAt },
        evidence,
      });
      expect(one.outcome).toBe(now.profile === 'new' ? 'completed' : 'undone');
    }
    expect(await replayRestores(found.tools)).toEqual([]);
    await found.restore();
    expect(await wordOf(found.profile)).toBe('new');
  });

  it.each([...swapping, ...ending])(
    'at %s over nothing is nothing or the new state after a replay',
    async (step) => {
      const found = await world({ withProfile: false });
      found.disk.dieAt(step);
      await found.restore().catch(() => null);
      found.disk.mend();
      await replayRestores(found.tools);
      const now = await state(found);
      expect([null, 'new']).toContain(now.profile);
      expect(now).toMatchObject({ quarantined: [], staged: [], journals: [] });
    },
  );

  // Those before which a replay has something to move, or to move back.
  const firsts = [
    'restore:journal:sync',
    'quarantine:rename',
    'quarantine:sync',
    'restore:swap',
    'restore:swap-sync',
  ];
  const seconds = [
    ...swapping.slice(-2),
    'quarantine:bring-back',
    'quarantine:unreserve',
    ...ending,
    'staging:sweep',
  ];

  it.each(firsts.flatMap((first) => seconds.map((second) => [first, second] as const)))(
    'at %s, and in its replay at %s, is the old state or the new one all the same',
    async (first, second) => {
      const found = await world();
      found.disk.dieAt(first);
      await found.restore().catch(() => null);
      found.disk.mend().dieAt(second);
      await replayRestores(found.tools).catch(() => []);
      found.disk.mend();
      await replayRestores(found.tools);
      expect([oldState, newState]).toContainEqual(await state(found));
    },
  );

  it('with what was staged lost since brings back what was there', async () => {
    const found = await world();
    found.disk.dieAt('restore:swap');
    await found.restore().catch(() => null);
    found.disk.mend();
    await rm(found.layout.staging, { recursive: true });
    expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'undone', quarantined: null }]);
    expect(await state(found)).toEqual(oldState);
  });

  it('with the directory of all profiles lost since is the new state after a replay', async () => {
    const found = await world();
    found.disk.dieAt('restore:swap');
    await found.restore().catch(() => null);
    found.disk.mend();
    await rm(found.layout.sessions, { recursive: true });
    expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'completed' }]);
    expect(await state(found)).toEqual(newState);
  });

  it.each(['sessions:make', 'sessions:make-sync', 'restore:swap'])(
    'at %s, where the directory of all profiles was deleted, is the new state after a replay',
    async (step) => {
      const found = await world();
      await rm(found.layout.sessions, { recursive: true });
      found.disk.dieAt(step);
      await expect(found.restore()).rejects.toThrow('dead');
      found.disk.mend();
      expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'completed' }]);
      expect(await state(found)).toEqual({ ...newState, quarantined: [] });
    },
  );

  it('with what was staged and the directory of all profiles lost since brings back what was there', async () => {
    const found = await world();
    found.disk.dieAt('restore:swap');
    await found.restore().catch(() => null);
    found.disk.mend();
    for (const path of [found.layout.staging, found.layout.sessions]) await rm(path, { recursive: true });
    expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'undone' }]);
    expect(await state(found)).toEqual(oldState);
  });

  it('and whose staged profile is lost before anything was moved has changed nothing', async () => {
    const found = await world();
    found.disk.dieAt('quarantine:rename');
    await found.restore().catch(() => null);
    found.disk.mend();
    await rm(found.layout.staging, { recursive: true });
    expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'undone', quarantined: null }]);
    expect(await state(found)).toEqual(oldState);
  });

  it('leaves alone what somebody has put in the place meanwhile', async () => {
    const found = await world();
    found.disk.dieAt('restore:swap');
    await found.restore().catch(() => null);
    found.disk.mend();
    await found.write('theirs');
    expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'undone' }]);
    expect(await state(found)).toEqual({ ...oldState, profile: 'theirs', quarantined: ['old'] });
  });

  it('keeps a profile that cannot be moved into place where it can be found', async () => {
    const found = await world();
    found.disk.dieAt('restore:swap');
    await found.restore().catch(() => null);
    found.disk.mend().fail('restore:swap', 'EIO');
    expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'undone' }]);
    found.disk.mend();
    expect(await state(found)).toEqual(oldState);
  });
});

describe('a restore that finds the disk full', () => {
  it.each([...staging, ...swapping])(
    'at %s fails with the old state, or is done with the new one',
    async (step) => {
      const found = await world();
      found.disk.fail(step, 'ENOSPC');
      const failure = await found.restore().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure) expect(failure).toMatchObject({ code: 'disk_full' });
      found.disk.mend();
      await replayRestores(found.tools);
      expect(await state(found)).toEqual(failure ? oldState : newState);
    },
  );

  it.each(swapping.filter((step) => !step.endsWith('sync')))(
    'at %s is back in the old state at once, without a replay',
    async (step) => {
      const found = await world();
      found.disk.fail(step, 'ENOSPC');
      await expect(found.restore()).rejects.toMatchObject({ code: 'disk_full' });
      expect(await state(found)).toEqual(oldState);
    },
  );

  it.each(ending)('at %s has succeeded', async (step) => {
    const found = await world();
    found.disk.fail(step, 'ENOSPC');
    expect(await found.restore()).toMatchObject({ backup: { id: found.manifest.id } });
    found.disk.mend();
    await replayRestores(found.tools);
    expect(await state(found)).toMatchObject({ profile: 'new', journals: [], staged: [] });
  });
});

it('sweeps what other runs left in staging, but for what a journal still needs', async () => {
  const found = await world();
  found.disk.dieAt('restore:swap');
  await found.restore().catch(() => null);
  found.disk.mend();
  await mkdir(join(found.layout.staging, 'backup-main-0123456789ab'));
  // The profile's place is taken by something that no rename replaces.
  await writeFile(found.profile, 'in the way');
  found.disk.fail('quarantine:bring-back', 'EIO');
  const [failed] = await replayRestores(found.tools);
  expect(failed).toMatchObject({ outcome: 'failed', session: main, error: { code: expect.any(String) } });
  const { staged, journals } = await state(found);
  expect(staged).toEqual([expect.stringMatching(/^restore-main-/)]);
  expect(journals).toEqual(['main.json']);
  found.disk.mend();
  await rm(found.profile);
  expect(await replayRestores(found.tools)).toMatchObject([{ outcome: 'completed' }]);
  expect(await state(found)).toEqual(newState);
});

describe('a journal that cannot be read', () => {
  it.each(['', '{', 'null', '{"version":1}', '\xff'])(
    '(%j) is set aside, and what was moved goes back',
    async (text) => {
      const found = await world();
      found.disk.dieAt('restore:swap');
      await found.restore().catch(() => null);
      found.disk.mend();
      expect(await wordOf(found.profile)).toBeNull();
      await writeFile(join(found.layout.restores, 'main.json'), text);
      const [replayed] = await replayRestores(found.tools);
      expect(replayed).toMatchObject({
        outcome: 'unreadable',
        session: main,
        problem: expect.stringMatching(/^(it is|not what)/),
      });
      expect(await state(found)).toMatchObject({ profile: 'old', quarantined: [], staged: [] });
      expect(await readdir(found.layout.restores)).toEqual(['main.json.damaged-20260101T000000Z']);
      expect(await replayRestores(found.tools)).toEqual([]);
    },
  );

  it('brings nothing back that went to quarantine for another reason, or over a profile', async () => {
    const found = await world({ withProfile: false });
    await mkdir(found.layout.restores);
    await mkdir(join(found.layout.quarantine, 'main', '20250101T000000Z-replaced'), { recursive: true });
    await mkdir(join(found.layout.quarantine, 'main', '20250102T000000Z-logged_out'));
    await writeFile(join(found.layout.restores, 'main.json'), '{');
    await replayRestores(found.tools);
    expect(await readdir(found.layout.sessions)).toEqual([]);
    await found.write('mine');
    await rm(join(found.layout.quarantine, 'main', '20250102T000000Z-logged_out'), { recursive: true });
    await writeFile(join(found.layout.restores, 'main.json'), '{');
    await replayRestores(found.tools);
    expect(await wordOf(found.profile)).toBe('mine');
  });
});
