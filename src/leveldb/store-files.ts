/**
 * The files that make up a LevelDB store, and nothing else that may lie in its directory: CURRENT names the manifest,
 * the manifest names the tables and the first log.
 *
 * Looked at are names, kinds and sizes. What the tables and logs hold is for `check-store.ts`.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, readManifest } from './manifest.ts';
import { readSmallFile } from './regular-file.ts';
import { damaged, faultOf, StoreFault } from './store-fault.ts';
import type { NewTable } from './version-edit.ts';

export interface LiveTable {
  readonly number: number;
  /** `000123.ldb`, or `000123.sst` where an old version wrote it. */
  readonly name: string;
  /** As the manifest says, and the file has. */
  readonly bytes: number;
  /** 0 to 6. Tables of level 0 may overlap, the higher number is newer; those of others do not. */
  readonly level: number;
  /** First and last user key. */
  readonly smallest: Buffer;
  readonly largest: Buffer;
}

export interface LogFile {
  readonly number: number;
  readonly name: string;
  readonly bytes: number;
}

export interface StoreFiles {
  readonly directory: string;
  /** Name of the manifest: `MANIFEST-000012`. */
  readonly current: string;
  /** Name of the order of keys: `leveldb.BytewiseComparator`, `idb_cmp1`. */
  readonly comparator: string;
  /** The first log that counts; 0: every log does. */
  readonly logNumber: number;
  readonly lastSequence: number;
  /** By number. */
  readonly liveTables: readonly LiveTable[];
  /** Logs that hold what no table holds yet, the oldest first. */
  readonly liveLogs: readonly LogFile[];
  /** Whether the last record of the manifest is incomplete, as a crash leaves it. */
  readonly manifestTorn: boolean;
}

/** Throws a `StoreFault` for whatever is missing or wrong; nothing else, but the signal's reason. */
export async function readStoreFiles(directory: string, signal: AbortSignal): Promise<StoreFiles> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw faultOf(error, directory);
  });
  const present = new Set(names);
  const current = await readCurrent(directory, present, signal);
  const manifest = await readManifest(join(directory, current), signal);
  signal.throwIfAborted();
  // All of them before the first is looked at: there may be very many.
  const named = manifest.tables.map((table) => ({ table, name: nameOf(directory, table, present) }));
  const liveTables = await Promise.all(named.map(({ table, name }) => findTable(directory, table, name)));
  const liveLogs = await findLogs(directory, manifest, names);
  return {
    directory,
    current,
    comparator: manifest.comparator,
    logNumber: manifest.logNumber,
    lastSequence: manifest.lastSequence,
    liveTables,
    liveLogs,
    manifestTorn: manifest.torn,
  };
}

async function readCurrent(
  directory: string,
  present: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string> {
  const text = (await readSmallFile(join(directory, 'CURRENT'), 64, signal)).toString('latin1');
  const name = /^(MANIFEST-\d{6,15})\n$/.exec(text)?.[1];
  if (name === undefined) throw damaged(directory, 'CURRENT', 'does not name a manifest');
  if (!present.has(name)) throw damaged(directory, name, 'is missing, and CURRENT names it');
  return name;
}

function nameOf(directory: string, { number }: NewTable, present: ReadonlySet<string>): string {
  const stem = padded(number);
  const name = [`${stem}.ldb`, `${stem}.sst`].find((candidate) => present.has(candidate));
  if (name === undefined) throw damaged(directory, `${stem}.ldb`, 'is missing, and the manifest names it');
  return name;
}

async function findTable(directory: string, table: NewTable, name: string): Promise<LiveTable> {
  const bytes = await sizeOf(join(directory, name));
  if (bytes !== table.bytes)
    throw damaged(directory, name, `has ${bytes} bytes, and the manifest says ${table.bytes}`);
  return { ...table, name };
}

/**
 * LevelDB makes a log before a manifest names it, and removes it only after a manifest names a later one. It would not
 * miss it itself: it would open without what the log held.
 */
async function findLogs(
  directory: string,
  { logNumber, prevLogNumber }: Manifest,
  names: readonly string[],
): Promise<readonly LogFile[]> {
  const numbers = names
    .map((name) => Number(/^(\d{6,15})\.log$/.exec(name)?.[1] ?? Number.NaN))
    .filter((number) => number >= logNumber || (number === prevLogNumber && number > 0))
    .sort((a, b) => a - b);
  for (const needed of [logNumber, prevLogNumber]) {
    if (needed > 0 && !numbers.includes(needed))
      throw damaged(directory, `${padded(needed)}.log`, 'is missing, and the manifest names it');
  }
  // One that was just made names no log yet, and has one all the same.
  if (numbers.length === 0)
    throw new StoreFault('damaged', directory, 'holds no log, and there is always one');
  return await Promise.all(
    numbers.map(async (number) => {
      const name = `${padded(number)}.log`;
      return { number, name, bytes: await sizeOf(join(directory, name)) };
    }),
  );
}

async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch((error: unknown) => {
    throw faultOf(error, path);
  });
  if (found.isSymbolicLink())
    throw new StoreFault('damaged', path, 'is a symbolic link, which is never followed');
  if (!found.isFile()) throw new StoreFault('damaged', path, 'is no regular file');
  return found.size;
}

function padded(number: number): string {
  return String(number).padStart(6, '0');
}
