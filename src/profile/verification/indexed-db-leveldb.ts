/** IndexedDB of one origin in LevelDB, with the files beside it that hold large values. */
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkBlocks } from '../../leveldb/check-blocks.ts';
import { countEntries } from '../../leveldb/count-entries.ts';
import { faultOf, StoreFault } from '../../leveldb/store-fault.ts';
import { readStoreFiles } from '../../leveldb/store-files.ts';
import { StoreReader } from '../../leveldb/store-reader.ts';
import type { DatabaseEvidence, StoreEvidence } from '../verdict.ts';
import { byName, type Found, logWarnings } from './found.ts';
import { type IndexedDbGroup, IndexedDbKeys } from './indexed-db-keys.ts';
import {
  type ExternalFile,
  hasRecords,
  mostNames,
  readDatabases,
  readExternalFiles,
  readObjectStores,
  tooMany,
} from './indexed-db-metadata.ts';
import type { Look } from './look.ts';
import { isDirectory } from './profile-directories.ts';

/** Throws a `StoreFault`. */
export async function readLevelDbDatabases(
  directory: string,
  { depth, signal, progress }: Look,
): Promise<Found<readonly DatabaseEvidence[]>> {
  const files = await readStoreFiles(directory, signal);
  const keys = new IndexedDbKeys();
  await using reader = await StoreReader.open(files, keys, signal);
  if (depth === 'deep') await checkBlocks(reader, signal, progress);
  const counts = depth === 'counted' ? await countEntries(reader, signal, progress) : null;
  const external: ExternalFile[] = [];
  const databases: DatabaseEvidence[] = [];
  let named = 0;
  for (const database of await readDatabases(reader, keys)) {
    const stores: StoreEvidence[] = [];
    for (const store of await readObjectStores(reader, keys, database.id)) {
      if (++named > mostNames) throw tooMany(reader);
      const group = keys.records(database.id, store.id);
      stores.push({ name: store.name, ...(await fill(reader, group, counts)) });
      external.push(...(await readExternalFiles(reader, keys.files(database.id, store.id))));
    }
    databases.push({ name: database.name, stores: stores.toSorted(byName) });
  }
  await checkExternalFiles(directory, external, signal);
  return { found: databases.toSorted(byName), warnings: logWarnings(files, reader.logs.torn) };
}

async function fill(
  reader: StoreReader<IndexedDbGroup>,
  group: IndexedDbGroup,
  counts: ReadonlyMap<IndexedDbGroup, number> | null,
): Promise<Omit<StoreEvidence, 'name'>> {
  if (!counts) return { empty: !(await hasRecords(reader, group)), records: null };
  const records = counts.get(group) ?? 0;
  return { empty: records === 0, records };
}

/** `<database>/<second lowest byte of the number>/<number>`, in hexadecimal. */
async function checkExternalFiles(
  store: string,
  files: readonly ExternalFile[],
  signal: AbortSignal,
): Promise<void> {
  const root = basename(store).replace(/\.leveldb$/, '.blob');
  const seen = new Set<string>();
  for (const { database, number, bytes } of files) {
    signal.throwIfAborted();
    const group = (Math.floor(number / 256) % 256).toString(16).padStart(2, '0');
    const directory = `${root}/${database.toString(16)}/${group}`;
    if (!seen.has(directory)) await isDirectory(dirname(store), directory);
    seen.add(directory);
    await checkFile(join(dirname(store), directory, number.toString(16)), bytes);
  }
}

async function checkFile(path: string, bytes: number): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    throw faultOf(error, path);
  });
  if (!found.isFile()) throw new StoreFault('damaged', path, 'is no regular file');
  if (found.size !== bytes)
    throw new StoreFault('damaged', path, `has ${found.size} bytes, and the database says ${bytes}`);
}
