/** Opening the registry's file, telling a damaged one from an unavailable one, and setting it aside. */
import { rename } from 'node:fs/promises';
import BetterSqlite3 from 'better-sqlite3';
import { unlessAbsent } from '../system/errno.ts';
import { freeName } from '../system/free-name.ts';
import { compactUtc } from '../system/timestamp.ts';

/** SQLite blocks the whole daemon while it waits; whoever holds the file longer is dealt with by trying again. */
const busyTimeout = 50;
const pageSize = 4_096;

/** Throws what SQLite throws; `isDamage` tells what that means. */
export function openDatabase(path: string, maxBytes: number): BetterSqlite3.Database {
  const database = new BetterSqlite3(path, { timeout: busyTimeout });
  try {
    database.pragma('journal_mode = WAL');
    // A power cut may cost the latest entries, never the file's soundness. What must not be lost is in the records.
    database.pragma('synchronous = NORMAL');
    database.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
    const found = database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw Object.assign(new Error(String(found)), { code: 'SQLITE_CORRUPT' });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

export type Database = BetterSqlite3.Database;

/** Pages that are copied before others are let in: a millisecond's worth. */
const pagesAtOnce = 256;

/** Whatever is written meanwhile is in the copy or not, as a whole. */
export async function copyDatabase(database: Database, path: string): Promise<void> {
  await database.backup(path, { progress: () => pagesAtOnce });
}

export function isDamage(error: unknown): boolean {
  return /^SQLITE_(?:CORRUPT|NOTADB)/.test(sqliteCode(error));
}

export function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Moves the file and what belongs to it away, under a name that was free; a damaged file may still be mended. */
export async function setAside(path: string, now: number): Promise<string> {
  const target = await freeName(`${path}.damaged-${compactUtc(now)}`);
  // The journals first: beside a fresh file they would be replayed into it.
  for (const suffix of ['-wal', '-shm', '']) await unlessAbsent(rename(path + suffix, target + suffix));
  return target;
}
