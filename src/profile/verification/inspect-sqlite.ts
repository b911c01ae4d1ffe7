/**
 * A thread's program: looks into copies of SQLite databases in which Chromium keeps IndexedDB; an answer for each. In a thread of its own,
 * since SQLite answers only when it is done, and a check reads the whole file.
 */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { Depth, StoreEvidence } from '../verdict.ts';

export interface SqliteQuestion {
  /** Copies: to open one is to change it. */
  readonly paths: readonly string[];
  readonly depth: Depth;
}

export type SqliteAnswer =
  | { readonly kind: 'database'; readonly name: string; readonly stores: readonly StoreEvidence[] }
  /** Made, and nothing written into it yet. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'damaged' | 'unknown' | 'unreadable'; readonly finding: string };

/** What the schema has to be compatible with, as Chromium itself asks. */
const knownSchema = 1;
/** Of `blobs.object_type`: a handle to a file of the user's, which is no content. */
const handleType = 2;
const tables = ['indexed_db_metadata', 'object_stores', 'records', 'blobs', 'meta'];

function inspect(path: string, depth: Depth): SqliteAnswer {
  let database: Database.Database;
  try {
    database = new Database(path, { fileMustExist: true, timeout: 1_000 });
  } catch (error) {
    return failure(error);
  }
  try {
    // The schema is a stranger's; nothing that it brings along may run.
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    const check = depth === 'structural' ? 'quick_check(1)' : 'integrity_check(1)';
    const verdict: unknown = database.pragma(check, { simple: true });
    if (verdict !== 'ok') return { kind: 'damaged', finding: 'is damaged: SQLite finds its pages broken' };
    return read(database, depth);
  } catch (error) {
    return failure(error);
  } finally {
    database.close();
  }
}

function read(database: Database.Database, depth: Depth): SqliteAnswer {
  const schema = database.prepare('SELECT type, name FROM sqlite_master WHERE rootpage > 0').all() as {
    type: string;
    name: string;
  }[];
  if (schema.length === 0) return { kind: 'blank' };
  // A view of one of these names could be anything, and endless.
  const isThere = (table: string) => schema.some(({ type, name }) => type === 'table' && name === table);
  if (!tables.every(isThere)) return unknown('holds other tables than IndexedDB does');
  const compatible = database
    .prepare("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_compatible_version'")
    .pluck()
    .get();
  if (compatible !== knownSchema) return unknown('is of a schema that this version does not know');
  const legacy = database
    .prepare('SELECT 1 FROM blobs WHERE object_type <> ? AND bytes IS NULL LIMIT 1')
    .get(handleType);
  if (legacy) return unknown('keeps large values in files in a way that this version does not know');
  const name = database.prepare('SELECT name FROM indexed_db_metadata').pluck().get();
  if (name === undefined) return { kind: 'blank' };
  return { kind: 'database', name: nameOf(name), stores: storesOf(database, depth) };
}

function storesOf(database: Database.Database, depth: Depth): StoreEvidence[] {
  const rows = database.prepare('SELECT id, name FROM object_stores').all() as {
    id: number;
    name: unknown;
  }[];
  const one = database.prepare('SELECT 1 FROM records WHERE object_store_id = ? LIMIT 1').pluck();
  const all = database.prepare('SELECT COUNT(*) FROM records WHERE object_store_id = ?').pluck();
  return rows.map(({ id, name }) => {
    if (depth !== 'counted') return { name: nameOf(name), empty: one.get(id) === undefined, records: null };
    const records = Number(all.get(id));
    return { name: nameOf(name), empty: records === 0, records };
  });
}

/** Two bytes a character, the lower first. */
function nameOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('utf16le') : String(value);
}

function unknown(finding: string): SqliteAnswer {
  return { kind: 'unknown', finding };
}

function failure(error: unknown): SqliteAnswer {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (/^SQLITE_(NOTADB|CORRUPT|FORMAT)/.test(code))
    return { kind: 'damaged', finding: `is damaged: SQLite says ${code}` };
  if (code === 'SQLITE_ERROR' || code === '') return unknown('is laid out in an unknown way');
  return { kind: 'unreadable', finding: `cannot be read: SQLite says ${code}` };
}

const { paths, depth } = workerData as SqliteQuestion;
for (const path of paths) parentPort?.postMessage(inspect(path, depth));
