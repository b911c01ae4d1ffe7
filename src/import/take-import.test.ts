/** Real stores on their way to a backup, from what each program leaves; and whatever may go wrong with them meanwhile. */
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { FewProcesses } from '../../test/doubles/few-processes.ts';
import { entriesBelow, zipOf } from '../../test/doubles/made-zip.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { everythingOf } from '../../test/doubles/source-bytes.ts';
import { indexedDbStore, localStorageStore, storeLogin } from '../../test/doubles/stored-login.ts';
import { listBackups } from '../backup/catalogue.ts';
import { whatsappWeb } from '../engine/whatsapp-web/profile-layout.ts';
import { verifyProfile } from '../profile/verification/verify-profile.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { sessionId } from '../session/id.ts';
import { profilePath } from '../volume/layout.ts';
import type { ImportSource } from './import-source.ts';
import { type ImportOptions, rehearseImport, takeImport } from './take-import.ts';

/** As a browser leaves it when it is closed, caches and all. */
async function writeSource(path: string, login: Parameters<typeof storeLogin>[1] = {}): Promise<void> {
  await storeLogin(path, login);
  for (const cache of ['Default/Cache', 'Default/Code Cache', 'Default/GPUCache', 'Default/Service Worker']) {
    await mkdir(join(path, cache), { recursive: true });
    await writeFile(join(path, cache, 'data_0'), 'cached'.repeat(1_000));
  }
  await writeFile(join(path, 'Local State'), '{}');
  await writeFile(join(path, 'webhook_config.json'), '{}');
}

async function world(overrides: Partial<RestoreTools> = {}) {
  const processes = new FewProcesses();
  const found = await backupWorld({ engine: whatsappWeb, verify: verifyProfile, processes, ...overrides });
  const place = await realpath(await scratchDirectory());
  const path = join(place, '.wwebjs_auth', 'session-main');
  await writeSource(path);
  const directory: ImportSource = { form: 'directory', path, session: main };
  const zip = async (): Promise<ImportSource> => {
    const packed = join(place, 'RemoteAuth-main.zip');
    const only = ['IndexedDB', 'Local Storage'].map((part) =>
      entriesBelow(join(path, 'Default', part), `Default/${part}/`),
    );
    await writeFile(packed, zipOf(...(await Promise.all(only)).flat()));
    return { form: 'zip', path: packed, session: main };
  };
  const options: ImportOptions = { session: main, stopped: false, signal: never };
  return {
    ...found,
    processes,
    path,
    directory,
    zip,
    options,
    taken: (source: ImportSource = directory, changes: Partial<ImportOptions> = {}) =>
      takeImport(source, { ...options, ...changes, epoch: 4 }, found.tools),
    rehearsed: (source: ImportSource = directory, changes: Partial<ImportOptions> = {}) =>
      rehearseImport(source, { ...options, ...changes }, found.tools),
    listed: () => listBackups(found.vault, main, never),
    staged: () => found.names(found.layout.staging),
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** Nothing came of it, and nothing is left of it. */
async function expectNothing({ listed, staged, layout, names }: World): Promise<void> {
  expect(await listed()).toEqual([]);
  expect(await staged()).toEqual([]);
  expect(await names(layout.sessions)).toEqual([]);
}

describe('a profile of another program', () => {
  it.each(['directory', 'zip'] as const)(
    'becomes a backup of what an engine needs of it, from a %s that stays as it is',
    async (form) => {
      const { taken, directory, zip, path, staged, listed, names } = await world();
      const source = form === 'zip' ? await zip() : directory;
      const before = await everythingOf(source.path);
      const told: string[] = [];
      const { manifest, files, bytes, browser } = await taken(source, {
        progress: ({ step }) => void told.push(step),
      });
      expect(await everythingOf(source.path)).toEqual(before);
      expect(manifest).toMatchObject({
        session: main,
        epoch: 4,
        login: null,
        phone: null,
        copy: { method: form === 'zip' ? 'unknown' : 'closed', pause: null },
        evidence: { loginKeys: ['WALid', 'last-wid-md'] },
      });
      const needed = (await names(path)).filter((name) =>
        /^Default\/(IndexedDB|Local Storage|Session Storage)\/.*\d|CURRENT/.test(name),
      );
      expect(
        manifest.files.map((file) => file.path).filter((one) => needed.includes(one)).length,
      ).toBeGreaterThan(5);
      expect(manifest.files.map((file) => file.path).join()).not.toMatch(
        /Cache|Service Worker|Local State|webhook/,
      );
      expect([files, bytes]).toEqual([
        manifest.files.length,
        manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      ]);
      expect(browser).toBe(form === 'zip' ? null : '156.0.8078.79');
      expect(await listed()).toMatchObject([{ id: manifest.id, marks: [] }]);
      expect(await staged()).toEqual([]);
      const steps = [...new Set(told)];
      expect(steps.slice(0, 3)).toEqual(['look', form === 'zip' ? 'unpack' : 'copy', 'verify']);
      expect(steps).toContain('put');
    },
  );

  it.each(['directory', 'zip'] as const)('is rehearsed from a %s, and nothing of it stays', async (form) => {
    const found = await world();
    const source = form === 'zip' ? await found.zip() : found.directory;
    const before = await everythingOf(source.path);
    expect(await found.rehearsed(source)).toMatchObject({ warnings: [] });
    expect(await everythingOf(source.path)).toEqual(before);
    await expectNothing(found);
  });

  it('is taken with the locks that a killed browser left, which stay where they are', async () => {
    const { taken, path, processes } = await world();
    await symlink(`${processes.hostname()}-4242`, join(path, 'SingletonLock'));
    await symlink('/tmp/org.chromium.Chromium.gone42/SingletonSocket', join(path, 'SingletonSocket'));
    const before = await everythingOf(path);
    await taken();
    expect(await everythingOf(path)).toEqual(before);
  });

  it.each<[string, (world: World) => Promise<unknown>, string]>([
    ['without a login', ({ path }) => storeAgain(path, { keys: ['WABrowserId'] }), 'holds no login'],
    ['that is torn', ({ path }) => rm(join(path, indexedDbStore, 'CURRENT')), 'is damaged'],
    ['that lacks a part', ({ path }) => rm(join(path, localStorageStore), { recursive: true }), ''],
    [
      'with a link in it',
      ({ path }) => symlink('/etc/passwd', join(path, localStorageStore, 'x')),
      'symbolic link',
    ],
  ])('%s is not taken, and is told by its own path', async (_what, spoil, problem) => {
    const found = await world();
    await spoil(found);
    for (const doing of [found.rehearsed, found.taken]) {
      const error: Error = await doing().then(
        () => new Error('it was taken'),
        (thrown) => thrown,
      );
      expect(error).toMatchObject({ code: 'import_unusable', message: expect.stringContaining(problem) });
      expect(error.message).toContain(found.path);
      expect(error.message).not.toContain(found.layout.staging);
    }
    await expectNothing(found);
  });

  it('that lies on this volume as a session already is not taken', async () => {
    const found = await world();
    const path = profilePath(found.layout, sessionId('other'));
    await writeSource(path);
    await expect(found.taken({ ...found.directory, path })).rejects.toMatchObject({
      code: 'import_unusable',
      message: expect.stringContaining('of this volume already'),
    });
  });

  it('that holds the device of another session is not taken', async () => {
    const found = await world();
    await writeSource(profilePath(found.layout, sessionId('other')));
    await expect(found.rehearsed()).rejects.toMatchObject({
      code: 'session_refused',
      message: expect.stringContaining('the same device as session "other"'),
    });
    expect(await found.listed()).toEqual([]);
    // Of itself it may be: then it takes its own place.
    await rm(profilePath(found.layout, sessionId('other')), { recursive: true });
    await writeSource(profilePath(found.layout, main));
    expect(await found.taken()).toMatchObject({ manifest: { session: main } });
  });

  it('that a newer Chromium wrote is not taken', async () => {
    const found = await world();
    await writeFile(join(found.path, 'Last Version'), '157.0.1.2');
    await expect(found.taken()).rejects.toMatchObject({
      code: 'chromium_too_old',
      remedy: 'Install Chromium 157 or newer.',
    });
    await expectNothing(found);
  });

  it('that takes more room than there is is not begun', async () => {
    const found = await world();
    found.disk.free(1_500);
    for (const source of [found.directory, await found.zip()])
      await expect(found.taken(source)).rejects.toMatchObject({ code: 'disk_full' });
    expect(found.disk.steps).not.toContain('import:copy');
    expect(found.disk.steps).not.toContain('import:file');
    await expectNothing(found);
  });

  it.each(['directory', 'zip'] as const)('is let go where the person leaves: a %s', async (form) => {
    const found = await world();
    await writeFile(join(found.path, 'Default/IndexedDB/large'), randomBytes(2_000_000));
    const leaving = new AbortController();
    const progress = ({ step }: { readonly step: string }) => {
      if (step === 'copy' || step === 'unpack') leaving.abort(new Error('left'));
    };
    const source = form === 'zip' ? await found.zip() : found.directory;
    await expect(found.taken(source, { signal: leaving.signal, progress })).rejects.toThrow('left');
    await expectNothing(found);
  });
});

async function storeAgain(path: string, login: Parameters<typeof storeLogin>[1]): Promise<void> {
  await rm(join(path, 'Default'), { recursive: true });
  await writeSource(path, login);
}

describe('a browser on a profile that is to be imported', () => {
  const browser = (path: string) => ['/usr/bin/chromium', `--user-data-dir=${path}`, '--headless'];

  it('is seen by what it was started with, and named', async () => {
    const found = await world();
    found.processes.browser(4242, 1, browser(found.path));
    for (const doing of [found.rehearsed, found.taken])
      await expect(doing()).rejects.toMatchObject({
        code: 'profile_in_use',
        message: `${found.path} is in use: pid 4242, chromium, with the user-data directory ${found.path}.`,
        details: { pid: 4242 },
      });
    expect(found.disk.steps).toEqual([]);
  });

  it('is seen by the lock of what this is a copy of', async () => {
    const found = await world();
    found.processes.browser(4242, 1, browser('/elsewhere/session-main'));
    await symlink(`${found.processes.hostname()}-4242`, join(found.path, 'SingletonLock'));
    await expect(found.taken()).rejects.toMatchObject({
      code: 'profile_in_use',
      message: expect.stringContaining('carries the lock of a browser that runs: pid 4242'),
    });
    // Whatever a person says: that it runs can be seen.
    await expect(found.taken(found.directory, { stopped: true })).rejects.toMatchObject({
      code: 'profile_in_use',
    });
  });

  it('is no process that has its number by now', async () => {
    const found = await world();
    found.processes.browser(4242, 1, ['sleep', '300']);
    await symlink(`${found.processes.hostname()}-4242`, join(found.path, 'SingletonLock'));
    await found.taken();
  });

  it.each(['otherhost-4242', 'whatever'])('may run where nobody here can see it: %s', async (target) => {
    const found = await world();
    await symlink(target, join(found.path, 'SingletonLock'));
    await expect(found.taken()).rejects.toMatchObject({
      code: 'profile_in_use',
      remedy: expect.stringContaining('--stopped'),
    });
    await expectNothing(found);
    await found.taken(found.directory, { stopped: true });
  });

  it('that starts during the copy is seen, before it has written', async () => {
    const found = await world();
    const progress = ({ step }: { readonly step: string }) => {
      if (step === 'copy') found.processes.browser(4242, 1, browser(found.path));
    };
    await expect(found.taken(found.directory, { progress })).rejects.toMatchObject({
      code: 'profile_in_use',
    });
    await expectNothing(found);
  });

  it.each(['directory', 'zip'] as const)('that writes during the copy spoils it: a %s', async (form) => {
    const found = await world();
    const source = form === 'zip' ? await found.zip() : found.directory;
    let written = false;
    const progress = ({ step }: { readonly step: string }) => {
      if (!['copy', 'unpack'].includes(step) || written) return;
      written = true;
      const log = form === 'zip' ? source.path : join(found.path, localStorageStore, '000006.log');
      void appendFile(log, 'more');
    };
    // The write is on its way; whichever comes first, what was copied is not what is there.
    const copy = found.disk.copyFile.bind(found.disk);
    found.disk.copyFile = (...all) => settled().then(() => copy(...all));
    const create = found.disk.createFileFrom.bind(found.disk);
    found.disk.createFileFrom = (...all) => settled().then(() => create(...all));
    await expect(found.taken(source, { progress })).rejects.toMatchObject({
      code: 'profile_in_use',
      message: `${source.path} was changed while it was copied.`,
    });
    await expectNothing(found);
  });
});

/** What was begun on the disk before is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await realpath('/');
}

describe('a kill during an import', () => {
  it.each(['directory', 'zip'] as const)(
    'at any step leaves the source, and no half backup, of a %s',
    async (form) => {
      const steps = async () => {
        const found = await world();
        await found.taken(form === 'zip' ? await found.zip() : found.directory);
        return found.disk.steps;
      };
      const all = await steps();
      // Those of the backup are its own test's (backup/take-backup.test.ts), and all of them that of a whole import.
      const labels = [...new Set(all)].filter((label) => /^(?:import|staging):/.test(label));
      expect(labels).toEqual([
        'staging:root',
        'staging:open',
        'import:profile',
        'import:directory',
        ...(form === 'zip' ? ['import:file', 'import:file:end'] : ['import:copy']),
        'import:scratch',
        'staging:close',
      ]);
      for (const label of labels) {
        const found = await world();
        const source = form === 'zip' ? await found.zip() : found.directory;
        const before = await everythingOf(source.path);
        found.disk.dieAt(label);
        const end = await found.taken(source).then(
          () => 'done',
          () => 'died',
        );
        // What cannot be cleared away is swept later, and nothing fails for it.
        expect(end, label).toBe(label === 'staging:close' ? 'done' : 'died');
        found.disk.mend();
        expect(await everythingOf(source.path), label).toEqual(before);
        for (const listed of await found.listed()) expect(listed, label).toHaveProperty('manifest');
        // What a kill left in staging is swept by whoever comes next; the same command does it all.
        expect(await found.taken(source), label).toMatchObject({ files: expect.any(Number) });
      }
    },
  );
});
