import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../../../test/doubles/scratch.ts';
import {
  blobFile,
  indexedDbStore,
  localStorageStore,
  loginDatabases,
  type StoredLogin,
  sessionStorageStore,
  storeLogin,
} from '../../../test/doubles/stored-login.ts';
import { whatsappWebProfile } from '../../engine/whatsapp-web/profile-layout.ts';
import type { Depth, LoginEvidence } from '../verdict.ts';
import { verifyProfile } from './verify-profile.ts';

const { signal } = new AbortController();

async function profile(login?: StoredLogin) {
  const root = await scratchDirectory();
  const path = join(root, 'session-main');
  await storeLogin(path, login);
  const at = (name: string) => join(path, name);
  const verify = (depth: Depth = 'structural', expected: LoginEvidence | null = null) =>
    verifyProfile(path, { layout: whatsappWebProfile, depth, expected, scratch: root, signal });
  return { root, path, at, verify };
}

describe('a whole profile', () => {
  it('is sound, with the names of what shows the login', async () => {
    const { verify } = await profile();
    expect(await verify()).toEqual({
      soundness: 'sound',
      warnings: [],
      evidence: {
        loginKeys: ['WALid', 'last-wid-md'],
        databases: [
          {
            name: 'model-storage',
            stores: [
              { name: 'message', empty: false, records: null },
              { name: 'sync-keys', empty: false, records: null },
            ],
          },
          {
            name: 'signal-storage',
            stores: [
              { name: 'prekey-store', empty: false, records: null },
              { name: 'session-store', empty: true, records: null },
            ],
          },
        ],
      },
    });
  });

  it('is counted where that is asked for', async () => {
    const { verify } = await profile();
    const verdict = await verify('counted');
    expect(verdict).toMatchObject({
      soundness: 'sound',
      evidence: {
        databases: [
          { stores: [{ records: 20 }, { records: 1 }] },
          { stores: [{ records: 100 }, { records: 0 }] },
        ],
      },
    });
  });

  it('is not counted by a deep look, which says as much of it as a structural one', async () => {
    const { verify } = await profile();
    expect(await verify('deep')).toEqual(await verify('structural'));
  });

  it.each(['deep', 'counted'] as const)('tells that a look moves (%s), with every table', async (depth) => {
    const { path, root } = await profile();
    let steps = 0;
    const options = { layout: whatsappWebProfile, expected: null, scratch: root, signal };
    await verifyProfile(path, { ...options, depth, progress: () => steps++ });
    const tables = (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.ldb'));
    expect(tables.length).toBeGreaterThan(1);
    expect(steps).toBe(tables.length);
  });

  it('needs no Session Storage, and says so of a broken one', async () => {
    const { at, verify } = await profile();
    await rm(at(`${sessionStorageStore}/CURRENT`));
    expect(await verify()).toMatchObject({
      soundness: 'sound',
      warnings: [expect.stringMatching(/Session Storage\/CURRENT in .* is missing; no login needs it\.$/)],
    });
    await rm(at(sessionStorageStore), { recursive: true });
    expect(await verify()).toMatchObject({ soundness: 'sound', warnings: [] });
  });

  it('may hold what other origins and older browsers left', async () => {
    const { at, verify } = await profile();
    await mkdir(at('Default/IndexedDB/https_example.org_0.indexeddb.leveldb'));
    await writeFile(at('Default/IndexedDB/https_example.org_0.indexeddb.leveldb/CURRENT'), 'broken');
    await writeFile(at(`${indexedDbStore}/LOG.old`), 'a line');
    for (const depth of ['deep', 'counted'] as const)
      expect(await verify(depth)).toMatchObject({ soundness: 'sound', warnings: [] });
  });

  it('whose log was cut by a crash is sound as long as the login is there', async () => {
    const { at, verify } = await profile();
    const log = at(`${indexedDbStore}/000006.log`);
    await writeFile(log, Buffer.concat([await readFile(log), Buffer.of(1, 2, 3)]));
    expect(await verify()).toMatchObject({
      soundness: 'sound',
      warnings: [expect.stringMatching(/000006\.log in .* breaks off in its last record/)],
    });
  });

  it('is left as it was, and so is the scratch directory', async () => {
    const { root, path, verify } = await profile();
    const listing = () => execFileSync('find', [path, '-printf', '%P %s %T@\n'], { encoding: 'utf8' });
    const before = listing();
    for (const depth of ['deep', 'counted'] as const) await verify(depth);
    expect(listing()).toBe(before);
    expect(await readdir(root)).toEqual(['session-main']);
  });
});

describe('no profile', () => {
  it('is absent', async () => {
    const { path, verify } = await profile();
    await rm(path, { recursive: true });
    expect(await verify()).toEqual({ soundness: 'absent', problem: `There is no profile at ${path}.` });
  });

  it('is what a directory without either half of a login is', async () => {
    const { path, at, verify } = await profile();
    await rm(at('Default/IndexedDB'), { recursive: true });
    await rm(at('Default/Local Storage'), { recursive: true });
    expect(await verify()).toEqual({
      soundness: 'absent',
      problem: `${path} holds neither Default/IndexedDB nor Default/Local Storage.`,
    });
  });
});

type At = (name: string) => string;

const damages: readonly [string, RegExp, (at: At) => Promise<unknown>][] = [
  [
    'IndexedDB is gone',
    /^Default\/IndexedDB in .* is missing\.$/,
    (at) => rm(at('Default/IndexedDB'), { recursive: true }),
  ],
  [
    'Local Storage is gone',
    /^Default\/Local Storage in .* is missing\.$/,
    (at) => rm(at('Default/Local Storage'), { recursive: true }),
  ],
  [
    'the store of Local Storage is gone',
    /leveldb in .* is missing\.$/,
    (at) => rm(at(localStorageStore), { recursive: true }),
  ],
  [
    'the database of the origin is gone',
    /holds nothing of https:\/\/web\.whatsapp\.com/,
    (at) => rm(at(indexedDbStore), { recursive: true }),
  ],
  ['CURRENT is gone', /leveldb\/CURRENT in .* is missing\.$/, (at) => rm(at(`${indexedDbStore}/CURRENT`))],
  [
    'the manifest is garbage',
    /MANIFEST-000001 in .* is broken at byte 0/,
    (at) => writeFile(at(`${indexedDbStore}/MANIFEST-000001`), Buffer.alloc(700, 1)),
  ],
  ['a table is gone', /000005\.ldb in .* is missing/, (at) => rm(at(`${indexedDbStore}/000005.ldb`))],
  [
    'a table was cut',
    /000005\.ldb in .* has 30 bytes/,
    (at) => truncate(at(`${localStorageStore}/000005.ldb`), 30),
  ],
  ['a log is gone', /000006\.log in .* is missing/, (at) => rm(at(`${localStorageStore}/000006.log`))],
  [
    'the directory of large values is gone',
    /blob\/2\/01\/1a7 in .* is missing/,
    (at) => rm(at('Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob'), { recursive: true }),
  ],
  [
    'a large value was cut',
    /1a7 in .* has 9 bytes, and the database says 5000/,
    (at) => truncate(at(blobFile), 9),
  ],
  ['Default is a link', /^Default in .* is a symbolic link/, (at) => linked(at('Default'))],
  ['IndexedDB is a link', /^Default\/IndexedDB in .* symbolic link/, (at) => linked(at('Default/IndexedDB'))],
  [
    'Session Storage is a link',
    /^Default\/Session Storage in .* symbolic link/,
    (at) => linked(at(sessionStorageStore)),
  ],
  ['the store is a link', /leveldb in .* symbolic link/, (at) => linked(at(indexedDbStore))],
  [
    'the directory of large values is a link',
    /blob in .* symbolic link/,
    (at) => linked(at('Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob')),
  ],
  [
    'a directory of large values is a link',
    /blob\/2 in .* symbolic link/,
    (at) => linked(at('Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob/2')),
  ],
  [
    'a log is a link',
    /000006\.log in .* symbolic link/,
    (at) => linked(at(`${localStorageStore}/000006.log`)),
  ],
  [
    'Default is a file',
    /^Default in .* is no directory/,
    async (at) => {
      await rm(at('Default'), { recursive: true });
      await writeFile(at('Default'), '');
    },
  ],
  [
    'CURRENT is a pipe',
    /CURRENT in .* is no regular file/,
    async (at) => {
      await rm(at(`${localStorageStore}/CURRENT`));
      execFileSync('mkfifo', [at(`${localStorageStore}/CURRENT`)]);
    },
  ],
  [
    'a log is a pipe',
    /000006\.log in .* is no regular file/,
    async (at) => {
      await rm(at(`${indexedDbStore}/000006.log`));
      execFileSync('mkfifo', [at(`${indexedDbStore}/000006.log`)]);
    },
  ],
];

describe('a profile is damaged when', () => {
  it.each(damages)('%s', async (_what, problem, damage) => {
    const { at, verify } = await profile();
    await damage(at);
    expect(await verify()).toEqual({ soundness: 'damaged', problem: expect.stringMatching(problem) });
    for (const depth of ['deep', 'counted'] as const)
      expect(await verify(depth)).toMatchObject({ soundness: 'damaged' });
  });

  it('a bit of a table has flipped, which only a deep look finds', async () => {
    const { at, verify } = await profile();
    const path = at(`${localStorageStore}/000005.ldb`);
    const table = await readFile(path);
    table[10] = (table[10] ?? 0) ^ 16;
    await writeFile(path, table);
    // The keys that are asked for may lie in that very block: then it is found at once.
    for (const depth of ['deep', 'counted'] as const)
      expect(await verify(depth)).toEqual({
        soundness: 'damaged',
        problem: expect.stringMatching(
          /000005\.ldb in .* is broken at byte 0: the checksum of a block is wrong\.$/,
        ),
      });
  });
});

describe('a profile holds no login when', () => {
  const evidenceOf = async (verify: (depth?: Depth) => Promise<{ soundness: string }>) => {
    const verdict = await verify();
    if (!('evidence' in verdict)) throw new Error(JSON.stringify(verdict));
    return verdict.evidence as LoginEvidence;
  };

  it('Local Storage has none of the keys', async () => {
    const { verify } = await profile({ keys: ['WABrowserId', 'WANoiseInfo'] });
    expect(await verify()).toMatchObject({
      soundness: 'no_login',
      problem: expect.stringContaining('none of the keys'),
    });
  });

  it('its databases are empty', async () => {
    const databases = loginDatabases.map((one) => ({
      ...one,
      stores: one.stores.map(({ id, name }) => ({ id, name, records: 0 })),
    }));
    const { verify } = await profile({ databases });
    expect(await verify()).toMatchObject({
      soundness: 'no_login',
      problem: expect.stringContaining('no database'),
    });
  });

  it('nobody ever opened the page in it', async () => {
    const { at, verify } = await profile({ keys: [] });
    await rm(at(indexedDbStore), { recursive: true });
    expect(await verify()).toMatchObject({
      soundness: 'no_login',
      evidence: { loginKeys: [], databases: [] },
    });
  });

  it('what was recorded is gone', async () => {
    const recorded = await evidenceOf((await profile()).verify);
    const { verify } = await profile({ keys: ['me-display-name'] });
    expect(await verify()).toMatchObject({ soundness: 'sound' });
    expect(await verify('structural', recorded)).toMatchObject({
      soundness: 'no_login',
      problem: expect.stringContaining('last-wid-md'),
    });
  });

  it('the log that held its keys was halved', async () => {
    const { at, verify } = await profile();
    const recorded = await evidenceOf(verify);
    const log = at(`${localStorageStore}/000006.log`);
    await truncate(log, (await readFile(log)).length >> 1);
    expect(await verify('structural', recorded)).toMatchObject({ soundness: 'no_login' });
  });
});

describe('a profile is unverifiable when', () => {
  it.each<[string, RegExp, StoredLogin | undefined, (at: At) => Promise<unknown>]>([
    ['IndexedDB is laid out by a newer version', /version 9 of IndexedDB/, { schema: 9 }, async () => {}],
    [
      'the origin has a store of a new form',
      /indexeddb\.new in .* is of a form/,
      undefined,
      (at) => mkdir(at('Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.new')),
    ],
    [
      'Local Storage moved to a file of a new form',
      /^Default\/LocalStorage in .* a form/,
      undefined,
      async (at) => {
        await rm(at('Default/Local Storage'), { recursive: true });
        await writeFile(at('Default/LocalStorage'), 'SQLite format 3');
      },
    ],
  ])('%s', async (_what, problem, login, change) => {
    const { at, verify } = await profile(login);
    await change(at);
    expect(await verify()).toEqual({ soundness: 'unverifiable', problem: expect.stringMatching(problem) });
  });

  it('something else in it is damaged: then that is told', async () => {
    const { at, verify } = await profile({ schema: 9 });
    await rm(at(`${localStorageStore}/CURRENT`));
    expect(await verify()).toMatchObject({ soundness: 'damaged' });
  });

  it('it belongs to another user', async () => {
    const { root, path } = await profile();
    await chmod(root, 0o755);
    await chown(path, 0, 0).catch(() => {});
    await chmod(join(path, indexedDbStore), 0o000);
    const script = `
      import { verifyProfile } from ${JSON.stringify(new URL('./verify-profile.ts', import.meta.url).href)};
      import { whatsappWebProfile } from ${JSON.stringify(new URL('../../engine/whatsapp-web/profile-layout.ts', import.meta.url).href)};
      if (process.getuid() === 0) process.seteuid(4711);
      const options = { layout: whatsappWebProfile, depth: 'deep', expected: null, scratch: '/', signal: new AbortController().signal };
      console.log(JSON.stringify(await verifyProfile(${JSON.stringify(path)}, options)));
    `;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    await chmod(join(path, indexedDbStore), 0o700);
    expect(JSON.parse(stdout)).toEqual({
      soundness: 'unverifiable',
      problem: expect.stringMatching(
        /indexeddb\.leveldb in .* may not be read by this user; another one may own it\.$/,
      ),
    });
  });
});

it.each([
  ['databases', 2_001, 0],
  ['stores', 2, 1_001],
])('more %s than any browser has are not looked for one by one', async (_what, databases, stores) => {
  const many = <T>(count: number, one: (id: number, name: string) => T) =>
    Array.from({ length: count }, (_, at) => one(at + 1, `number ${at}`));
  const { verify } = await profile({
    databases: many(databases, (id, name) => ({
      id,
      name,
      stores: many(stores, (store, its) => ({ id: store, name: its, records: 0 })),
    })),
  });
  expect(await verify()).toMatchObject({
    soundness: 'unverifiable',
    problem: expect.stringContaining('more databases or stores'),
  });
});

it('a look that is broken off rejects with the reason', async () => {
  const { path, root } = await profile();
  const options = { layout: whatsappWebProfile, depth: 'deep' as const, expected: null, scratch: root };
  const reason = new Error('enough');
  await expect(verifyProfile(path, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const verdict = verifyProfile(path, { ...options, signal: controller.signal });
  controller.abort(reason);
  await expect(verdict).rejects.toBe(reason);
});

async function linked(path: string): Promise<void> {
  await rename(path, `${path}-elsewhere`);
  await symlink(`${path}-elsewhere`, path);
}
