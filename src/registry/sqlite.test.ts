import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import type { TransitionEntry } from '../session/history.ts';
import { sessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import { initial } from './migrations/0001-initial.ts';
import { readOpenIncidents } from './read-open-incidents.ts';
import type { Tables } from './schema.ts';
import { type RegistryReplaced, SqliteRegistry, type SqliteRegistryOptions } from './sqlite.ts';

const main = sessionId('main');
const record = newRecord(main, 5);

async function registry(overrides: Partial<SqliteRegistryOptions> = {}) {
  const path = overrides.path ?? join(await scratchDirectory(), 'registry.db');
  const replaced: RegistryReplaced[] = [];
  const made = new SqliteRegistry({
    path,
    clock: new FakeClock(),
    onReplaced: (what) => replaced.push(what),
    ...overrides,
  });
  onTestFinished(() => made.close());
  return { path, registry: made, replaced, names: () => readdir(dirname(path)) };
}

function history(entries: number): readonly TransitionEntry[] {
  const at = '2026-01-01T00:00:00.000Z';
  return Array.from({ length: entries }, (_, epoch) => ({
    session: main,
    at,
    from: 'a',
    to: 'b',
    cause: 'x'.repeat(200),
    epoch,
  }));
}

describe('a registry file that is damaged', () => {
  it.each([
    ['no database', () => Buffer.from('this is not a database. '.repeat(100))],
    ['zeros', () => Buffer.alloc(8_192)],
    [
      'torn in the middle',
      (sound: Buffer) => Buffer.concat([sound.subarray(0, 4_096), Buffer.alloc(sound.length - 4_096, 0xff)]),
    ],
  ])('is set aside, never deleted, and a fresh one begun: %s', async (_, damage) => {
    const first = await registry();
    await first.registry.open();
    await first.registry.addTransitions(history(200));
    await first.registry.close();
    const bytes = damage(await readFile(first.path));
    await writeFile(first.path, bytes);
    const { registry: second, replaced, names } = await registry({ path: first.path });
    await second.open();
    expect(replaced).toMatchObject([{ keptAs: `${first.path}.damaged-20260101T000000Z` }]);
    expect(await readFile(replaced[0]?.keptAs ?? '')).toEqual(bytes);
    await second.putSession(record);
    expect(await second.sessions()).toEqual([record]);
    await second.close();
    expect(await names()).toEqual(['registry.db', 'registry.db.damaged-20260101T000000Z']);
  });

  it('never takes the place of one that was set aside before', async () => {
    const { path, registry: made, names } = await registry();
    for (let round = 0; round < 3; round++) {
      await writeFile(path, 'this is not a database. '.repeat(100));
      await made.open();
      await made.close();
    }
    expect(await names()).toHaveLength(4);
  });
});

describe('a registry that cannot be used says so, and names its file', () => {
  it('while another connection holds it, and goes on afterwards', async () => {
    const { path, registry: made } = await registry();
    await made.open();
    await made.putSession(record);
    const other = new BetterSqlite3(path);
    other.exec('BEGIN EXCLUSIVE');
    await expect(made.putSession({ ...record, restarts: 1 })).rejects.toMatchObject({
      code: 'registry_unavailable',
      subject: path,
      message: expect.stringContaining('SQLITE_BUSY'),
    });
    other.exec('ROLLBACK');
    other.close();
    expect(await made.sessions()).toEqual([record]);
    await made.putSession({ ...record, restarts: 2 });
    expect(await made.sessions()).toMatchObject([{ restarts: 2 }]);
  });

  it('when it is full, and keeps what it has', async () => {
    const { registry: made } = await registry({ maxBytes: 200_000 });
    await made.open();
    await made.putSession(record);
    await expect(made.addTransitions(history(5_000))).rejects.toMatchObject({
      code: 'registry_unavailable',
      message: expect.stringContaining('SQLITE_FULL'),
    });
    expect(await made.transitions(main, 10)).toEqual([]);
    expect(await made.sessions()).toEqual([record]);
    await made.addTransitions(history(1));
  });

  it('when its directory is missing, or something else lies in its place', async () => {
    const missing = await registry({ path: join(await scratchDirectory(), 'no', 'registry.db') });
    await expect(missing.registry.open()).rejects.toMatchObject({
      code: 'registry_unavailable',
      subject: missing.path,
    });
    const directory = await registry();
    await mkdir(directory.path);
    await expect(directory.registry.open()).rejects.toMatchObject({ code: 'registry_unavailable' });
  });

  it('before it is open', async () => {
    const { registry: made } = await registry();
    await expect(made.sessions()).rejects.toMatchObject({ code: 'registry_unavailable' });
  });
});

it('begins anew when its file is deleted under it, and says that it did', async () => {
  const { path, registry: made, replaced } = await registry();
  await made.open();
  await made.putSession(record);
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
  expect(await made.sessions()).toEqual([]);
  expect(replaced).toEqual([{ problem: 'its file was deleted or replaced', keptAs: null }]);
  await made.putSession(record);
  await made.close();
  await made.open();
  expect(await made.sessions()).toEqual([record]);
});

it('refuses a file that a newer version wrote, and leaves it as it is', async () => {
  const { path, registry: made, names } = await registry();
  await made.open();
  await made.close();
  const newer = new BetterSqlite3(path);
  newer
    .prepare('insert into kysely_migration (name, timestamp) values (?, ?)')
    .run('0999-from-the-future', '2030-01-01');
  newer.close();
  const before = await readFile(path);
  await expect(made.open()).rejects.toMatchObject({
    code: 'registry_too_new',
    message: expect.stringContaining('0999'),
  });
  expect(await readFile(path)).toEqual(before);
  expect(await names()).toEqual(['registry.db']);
});

it('leaves out a row that it cannot read', async () => {
  const { path, registry: made } = await registry();
  await made.open();
  await made.putSession(record);
  const other = new BetterSqlite3(path);
  other.prepare('insert into sessions values (?, ?, ?)').run('sales', '{"half', 'x');
  other.prepare('insert into sessions values (?, ?, ?)').run('../x', '{}', 'x');
  other.close();
  expect(await made.sessions()).toEqual([record]);
});

it('brings a file of the first version up to date, with the incidents that it holds', async () => {
  const { path, registry: made } = await registry();
  const database = new BetterSqlite3(path);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  const first = { '0001-initial': initial('sqlite') };
  await new Migrator({ db, provider: { getMigrations: async () => first } }).migrateToLatest();
  database.exec(
    `insert into incidents values ('a', 'main', '2026-01-01T00:00:00.000Z', null, 'hang', '["reload"]', null, null)`,
  );
  // Whoever only looks does so before anything is brought up to date, too.
  expect(await readOpenIncidents(path)).toMatchObject([{ id: 'a', session: 'main' }]);
  await db.destroy();
  await made.open();
  expect(await made.incidents(main, 10)).toMatchObject([{ id: 'a', steps: ['reload'], closedAt: null }]);
  expect(await readOpenIncidents(path)).toMatchObject([{ id: 'a' }]);
});

it('has no incidents where there is no registry', async () => {
  const { path, names } = await registry();
  expect(await readOpenIncidents(path)).toEqual([]);
  expect(await names()).toEqual([]);
});
