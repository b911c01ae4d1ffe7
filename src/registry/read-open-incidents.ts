/** For whoever only looks, beside a daemon that may be writing: changes nothing, migrates nothing. */
import { stat } from 'node:fs/promises';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Incident } from '../session/history.ts';
import { unlessAbsent } from '../system/errno.ts';
import { selectOpenIncidents } from './queries.ts';
import type { Tables } from './schema.ts';

/** None where there is no registry yet. Throws what SQLite throws. */
export async function readOpenIncidents(path: string): Promise<readonly Incident[]> {
  if ((await unlessAbsent(stat(path))) === null) return [];
  const database = new BetterSqlite3(path, { readonly: true, fileMustExist: true, timeout: 1_000 });
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  try {
    return await selectOpenIncidents(db);
  } finally {
    await db.destroy();
  }
}
