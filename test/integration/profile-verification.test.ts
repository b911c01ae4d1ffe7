/** Verdicts on profiles that a real browser wrote, with the page of the simulator in it. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whatsappWebProfile } from '../../src/engine/whatsapp-web/profile-layout.ts';
import type { Depth, LoginEvidence, ProfileVerdict } from '../../src/profile/verdict.ts';
import { lastVersion } from '../../src/profile/verification/last-version.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { scratchDirectory } from '../simulator/test-browser.ts';
import { TestClient } from '../simulator/test-client.ts';

const leveldb = 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb';
const blobs = 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob';
const sqlite = 'Default/IndexedDB/https_web.whatsapp.com_0';
const localStorage = 'Default/Local Storage/leveldb';
const inSqlite = '--enable-features=IdbSqliteOnDiskRollout:stage/UseSqliteForNewStores';

/** What the simulator's page writes. */
const records = {
  'model-storage': { account: 1, chat: 5, contact: 5, message: 256, 'sync-keys': 1 },
  'signal-storage': { 'prekey-store': 100, 'signal-meta-store': 2, 'signed-prekey-store': 1 },
  wawc: { user: 1 },
  wawc_db_enc: { keys: 1 },
};

let simulator: Simulator;
let scratch: AsyncDisposable & { path: string };
/** Paired and closed: never changed, copies are. */
let paired: string;
let pairedInSqlite: string;
/** As `kill -9` left it, with everything in the `-wal`. */
let killedInSqlite: string;
/** Unlinked while it was closed, and opened once more. */
let unlinked: string;

beforeAll(async () => {
  [simulator, scratch] = await Promise.all([startSimulator(), scratchDirectory()]);
  const make = async (name: string, args: string[], end: (client: TestClient) => Promise<void>) => {
    const path = join(scratch.path, name);
    const client = await TestClient.start([...simulator.chromiumArgs, ...args], path);
    const { device } = await simulator.control.scan({ qr: await client.qr() });
    await client.event('ready');
    await end(client);
    await client.close();
    return { device, profile: join(path, 'session-test'), path };
  };
  const close = (client: TestClient) => client.close();
  const kill = async (client: TestClient) => {
    const browser = client.client.pupBrowser?.process();
    const ended = new Promise((resolve) => browser?.once('exit', resolve));
    process.kill(-(browser?.pid ?? 0), 'SIGKILL');
    await ended;
  };
  const first = await make('paired', [], close);
  paired = first.profile;
  pairedInSqlite = (await make('sqlite', [inSqlite], close)).profile;
  killedInSqlite = (await make('killed', [inSqlite], kill)).profile;
  unlinked = join(scratch.path, 'unlinked', 'session-test');
  await cp(paired, unlinked, { recursive: true, verbatimSymlinks: true });
  await simulator.control.unlink({ device: first.device });
  const client = await TestClient.start(simulator.chromiumArgs, join(scratch.path, 'unlinked'));
  await client.qr();
  await client.close();
});

afterAll(async () => {
  await simulator.close();
  await scratch[Symbol.asyncDispose]();
});

async function verify(
  profile: string,
  depth: Depth,
  expected: LoginEvidence | null = null,
): Promise<ProfileVerdict> {
  const signal = AbortSignal.timeout(10_000);
  return await verifyProfile(profile, {
    layout: whatsappWebProfile,
    depth,
    expected,
    scratch: scratch.path,
    signal,
  });
}

async function recorded(profile: string): Promise<LoginEvidence> {
  const verdict = await verify(profile, 'counted');
  if (verdict.soundness !== 'sound') throw new Error(JSON.stringify(verdict));
  return verdict.evidence;
}

/** The essential directories alone, as a backup holds them. */
async function copyOf(profile: string): Promise<string> {
  const copy = await mkdtemp(join(scratch.path, 'copy-'));
  for (const { path } of whatsappWebProfile.essential)
    await cp(join(profile, path), join(copy, path), { recursive: true });
  return copy;
}

function filled({ databases }: LoginEvidence): unknown {
  const counts = databases.map(({ name, stores }) => [
    name,
    Object.fromEntries(stores.flatMap((one) => (one.empty ? [] : [[one.name, one.records]]))),
  ]);
  return Object.fromEntries(counts);
}

describe('a profile that a browser wrote', () => {
  it.each([
    ['in LevelDB', () => paired],
    ['in SQLite', () => pairedInSqlite],
    ['in SQLite, and killed before it wrote its log back', () => killedInSqlite],
  ])('%s shows what the page stored', async (_how, profile) => {
    const evidence = await verify(profile(), 'counted');
    // The killed browser had not written Local Storage yet.
    const isKilled = profile() === killedInSqlite;
    expect(evidence).toMatchObject(
      isKilled
        ? { soundness: 'no_login', evidence: { loginKeys: [] } }
        : {
            soundness: 'sound',
            warnings: [],
            evidence: { loginKeys: ['WALid', 'last-wid-md', 'me-display-name'] },
          },
    );
    if (!('evidence' in evidence)) throw new Error('no evidence');
    expect(filled(evidence.evidence)).toEqual(records);
    const structural = await verify(profile(), 'structural');
    expect(structural.soundness).toBe(evidence.soundness);
    expect(await verify(await copyOf(profile()), 'structural')).toEqual(structural);
  });

  it('says which browser wrote it', async () => {
    expect(await lastVersion(paired, AbortSignal.timeout(1_000))).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it('was wiped by an unlinking: sound files and no login', async () => {
    const expected = await recorded(paired);
    for (const evidence of [expected, null]) {
      expect(await verify(unlinked, 'deep', evidence)).toMatchObject({
        soundness: 'no_login',
        evidence: { loginKeys: [] },
      });
    }
    expect(await verify(paired, 'deep', expected)).toMatchObject({ soundness: 'sound' });
  });
});

type Damage = (copy: string) => Promise<unknown>;

/** Each of them ends at a QR when a browser is started on it. */
const damages: readonly [string, string, Damage][] = [
  ['without CURRENT', 'damaged', (copy) => rm(join(copy, leveldb, 'CURRENT'))],
  ['without CURRENT of Local Storage', 'damaged', (copy) => rm(join(copy, localStorage, 'CURRENT'))],
  [
    'with garbage for a MANIFEST',
    'damaged',
    async (copy) => {
      const path = join(copy, leveldb, await named(join(copy, leveldb), 'MANIFEST-'));
      await writeFile(path, Buffer.alloc((await readFile(path)).length, 0xa7));
    },
  ],
  ['without its largest table', 'damaged', async (copy) => rm(await largestTable(copy))],
  ['without IndexedDB', 'damaged', (copy) => rm(join(copy, 'Default/IndexedDB'), { recursive: true })],
  [
    'without Local Storage',
    'damaged',
    (copy) => rm(join(copy, 'Default/Local Storage'), { recursive: true }),
  ],
  ['without its large values', 'damaged', (copy) => rm(join(copy, blobs), { recursive: true })],
  [
    'without the log of Local Storage',
    'damaged',
    async (copy) => rm(join(copy, localStorage, await named(join(copy, localStorage), '.log'))),
  ],
  [
    'with half of the log of Local Storage',
    'no_login',
    async (copy) => {
      const path = join(copy, localStorage, await named(join(copy, localStorage), '.log'));
      await truncate(path, (await readFile(path)).length >> 1);
    },
  ],
];

describe('a copy of it', () => {
  it.each(damages)('%s is %s', async (_what, soundness, damage) => {
    const expected = await recorded(paired);
    const copy = await copyOf(paired);
    await damage(copy);
    expect(await verify(copy, 'structural', expected)).toMatchObject({ soundness });
    expect(await verify(copy, 'deep', expected)).toMatchObject({ soundness });
    expect(await verify(copy, 'counted', expected)).toMatchObject({ soundness });
  });

  it('with a flipped bit among the messages is found out by a deep look', async () => {
    const copy = await copyOf(paired);
    const path = await largestTable(copy);
    const table = await readFile(path);
    const middle = table.length >> 1;
    table[middle] = (table[middle] ?? 0) ^ 1;
    await writeFile(path, table);
    expect(await verify(copy, 'structural')).toMatchObject({ soundness: 'sound' });
    expect(await verify(copy, 'deep')).toMatchObject({
      soundness: 'damaged',
      problem: expect.stringContaining('the checksum of a block is wrong'),
    });
  });

  it('in SQLite with a page of zeros, or without the file that a log belongs to, is damaged', async () => {
    const copy = await copyOf(pairedInSqlite);
    const [name = ''] = await readdir(join(copy, sqlite));
    const whole = await readFile(join(copy, sqlite, name));
    await writeFile(join(copy, sqlite, name), Buffer.from(whole).fill(0, 4096, 12_288));
    expect(await verify(copy, 'structural')).toMatchObject({ soundness: 'damaged' });
    await rm(join(copy, sqlite, name));
    await writeFile(join(copy, sqlite, `${name}-wal`), whole);
    expect(await verify(copy, 'structural')).toMatchObject({ soundness: 'damaged' });
  });

  it('in SQLite tells that the look moves, with every database that was copied and read', async () => {
    const names = await readdir(join(pairedInSqlite, sqlite));
    const databases = names.filter((name) => !/-(wal|journal)$/.test(name));
    expect(databases.length).toBeGreaterThan(1);
    let steps = 0;
    const { path } = scratch;
    const options = {
      layout: whatsappWebProfile,
      expected: null,
      scratch: path,
      signal: AbortSignal.timeout(10_000),
    };
    await verifyProfile(pairedInSqlite, { ...options, depth: 'deep', progress: () => steps++ });
    expect(steps).toBeGreaterThanOrEqual(2 * databases.length);
  });

  it('in SQLite whose log is gone has lost what was recorded', async () => {
    const expected = { loginKeys: [], databases: (await recorded(pairedInSqlite)).databases };
    const copy = await copyOf(killedInSqlite);
    for (const name of await readdir(join(copy, sqlite)))
      if (name.endsWith('-wal')) await rm(join(copy, sqlite, name));
    expect((await verify(copy, 'structural', expected)).soundness).toBe('no_login');
  });

  it('with other tables in SQLite, or values in files, is unverifiable', async () => {
    const copy = await copyOf(pairedInSqlite);
    const [name = ''] = await readdir(join(copy, sqlite));
    const { default: Database } = await import('better-sqlite3');
    const change = (statement: string) => {
      const database = new Database(join(copy, sqlite, name));
      database.exec(statement);
      database.close();
    };
    change("INSERT INTO blobs (object_type, mime_type, size_bytes) VALUES (0, 'a/b', 5)");
    expect(await verify(copy, 'structural')).toMatchObject({ soundness: 'unverifiable' });
    change('DELETE FROM blobs');
    expect(await verify(copy, 'structural')).toMatchObject({ soundness: 'sound' });
    change('ALTER TABLE records RENAME TO rows; CREATE VIEW records AS SELECT * FROM rows');
    expect(await verify(copy, 'structural')).toMatchObject({ soundness: 'unverifiable' });
    expect(await readdir(scratch.path)).not.toContainEqual(expect.stringMatching(/^sqlite-/));
  });
});

describe('whatever happened to its files', () => {
  const depths = ['structural', 'deep', 'counted'] as const;
  const kinds = ['sound', 'absent', 'no_login', 'damaged', 'unverifiable'];

  it.each([
    ['LevelDB', () => paired, 3_000],
    ['SQLite', () => pairedInSqlite, 2_000],
  ])('there is a verdict, soon: %s', async (_form, profile, budget) => {
    const random = randomFrom(20_260_101);
    const copy = await copyOf(profile());
    const names = (await readdir(copy, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const expected = await recorded(profile());
    const seen = new Set<string>();
    const begun = performance.now();
    // A busy machine gets its rounds as well: what is asked is that each is short, not how many there are.
    for (let round = 0; round < 2 * names.length || performance.now() - begun < budget; round++) {
      const path = names[round % names.length] ?? '';
      const before = await readFile(path);
      await writeFile(path, spoilt(before, random));
      const started = performance.now();
      const verdict = await verify(copy, depths[random(3)] ?? 'deep', random(2) === 0 ? expected : null);
      expect(performance.now() - started).toBeLessThan(3_000);
      expect(kinds).toContain(verdict.soundness);
      if ('problem' in verdict) expect(verdict.problem).toMatch(/^[^\n]+\.$/);
      seen.add(verdict.soundness);
      await writeFile(path, before);
    }
    // Else nothing was tried.
    expect(seen).toContain('damaged');
    expect(seen).toContain('sound');
    expect(await verify(copy, 'deep', expected)).toMatchObject({ soundness: 'sound' });
  });

  it('there is a verdict on files of nothing but noise', async () => {
    const random = randomFrom(7);
    const copy = await mkdtemp(join(scratch.path, 'noise-'));
    for (const store of [leveldb, localStorage]) {
      await mkdir(join(copy, store), { recursive: true });
      for (const name of ['CURRENT', 'MANIFEST-000001', '000003.log', '000005.ldb'])
        await writeFile(join(copy, store, name), noise(1 + random(70_000), random));
    }
    expect(await verify(copy, 'deep')).toMatchObject({ soundness: 'damaged' });
  });
});

/** One of the things that happen to files. */
function spoilt(bytes: Buffer, random: (below: number) => number): Buffer {
  const spoilt = Buffer.from(bytes);
  const at = random(spoilt.length);
  switch (random(6)) {
    case 0:
      return spoilt.subarray(0, at);
    case 1:
      return Buffer.concat([spoilt, noise(1 + random(5_000), random)]);
    case 2:
      return Buffer.concat([spoilt.subarray(0, at), Buffer.alloc(spoilt.length - at)]);
    case 3:
      noise(Math.min(512, spoilt.length - at), random).copy(spoilt, at);
      return spoilt;
    case 4:
      return noise(spoilt.length, random);
    default:
      for (let flips = 1 + random(4); flips > 0; flips--) {
        const place = random(spoilt.length);
        spoilt[place] = (spoilt[place] ?? 0) ^ (1 << random(8));
      }
      return spoilt;
  }
}

function noise(length: number, random: (below: number) => number): Buffer {
  return Buffer.from(Array.from({ length: Math.min(length, 65_536) }, () => random(256)));
}

/** The same numbers in every run (Park and Miller). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return below > 0 ? state % below : 0;
  };
}

async function named(directory: string, part: string): Promise<string> {
  const name = (await readdir(directory)).find((one) => one.includes(part));
  if (name === undefined) throw new Error(`${directory} holds no ${part}`);
  return name;
}

async function largestTable(copy: string): Promise<string> {
  const directory = join(copy, leveldb);
  const tables = (await readdir(directory)).filter((name) => name.endsWith('.ldb'));
  const sizes = await Promise.all(tables.map(async (name) => (await readFile(join(directory, name))).length));
  const largest = tables[sizes.indexOf(Math.max(...sizes))];
  if (largest === undefined) throw new Error('there is no table');
  return join(directory, largest);
}
