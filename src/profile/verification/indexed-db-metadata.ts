/** What databases, object stores and files of large values an IndexedDB store in LevelDB names. */
import { ByteReader, MalformedBytes } from '../../leveldb/byte-reader.ts';
import { StoreFault } from '../../leveldb/store-fault.ts';
import type { StoreEntry, StoreReader } from '../../leveldb/store-reader.ts';
import {
  behindPrefix,
  countedText,
  type IndexedDbGroup,
  type IndexedDbKeys,
  integer,
  text,
} from './indexed-db-keys.ts';

type Reader = StoreReader<IndexedDbGroup>;

export interface NamedObject {
  readonly id: number;
  readonly name: string;
}

/** A large value, or one that the page stored as a file. */
export interface ExternalFile {
  readonly database: number;
  readonly number: number;
  readonly bytes: number;
}

const globalTypes = { schemaVersion: 0, databaseName: 201 } as const;
const objectStoreType = 50;
const objectStoreName = 0;
const externalTypes = { blob: 0, file: 1, handle: 2 } as const;
/** Of databases, and of all their stores together: WhatsApp has some twenty and some hundred. Each is looked for in all tables. */
export const mostNames = 2_000;
/** Versions of the layout whose lists of files are laid out as here. */
const knownSchemas = { oldest: 4, newest: 5 } as const;

/** Throws a `StoreFault` where the layout is of another version. */
export async function readDatabases(reader: Reader, keys: IndexedDbKeys): Promise<readonly NamedObject[]> {
  const databases: NamedObject[] = [];
  let schema: number | null = null;
  await each(reader, keys.globals(), ({ key, value }) => {
    const rest = behindPrefix(key);
    const type = rest.byte();
    if (type === globalTypes.schemaVersion) schema = integer(value);
    if (type !== globalTypes.databaseName) return;
    countedText(rest);
    if (databases.length === mostNames) throw tooMany(reader);
    databases.push({ id: integer(value), name: countedText(rest) });
  });
  if (schema !== null && (schema < knownSchemas.oldest || schema > knownSchemas.newest))
    throw new StoreFault(
      'unknown',
      reader.files.directory,
      `is laid out by version ${schema} of IndexedDB's scheme, which this version does not know`,
    );
  return databases;
}

export async function readObjectStores(
  reader: Reader,
  keys: IndexedDbKeys,
  database: number,
): Promise<readonly NamedObject[]> {
  const stores: NamedObject[] = [];
  await each(reader, keys.metadata(database), ({ key, value }) => {
    const rest = behindPrefix(key);
    if (rest.byte() !== objectStoreType) return;
    const id = rest.varint();
    if (rest.byte() !== objectStoreName) return;
    if (stores.length === mostNames) throw tooMany(reader);
    stores.push({ id, name: text(value) });
  });
  return stores;
}

export function tooMany({ files }: Reader): StoreFault {
  return new StoreFault('unknown', files.directory, 'holds more databases or stores than any that is known');
}

export async function hasRecords(reader: Reader, group: IndexedDbGroup): Promise<boolean> {
  let found = false;
  await reader.scan(group, () => {
    found = true;
    return false;
  });
  return found;
}

/** Of one object store. */
export async function readExternalFiles(
  reader: Reader,
  group: IndexedDbGroup,
): Promise<readonly ExternalFile[]> {
  const files: ExternalFile[] = [];
  await each(reader, group, ({ value }) => {
    const rest = new ByteReader(value);
    while (rest.left > 0) {
      const type = rest.byte();
      if (type === externalTypes.handle) {
        rest.slice();
        continue;
      }
      if (type !== externalTypes.blob && type !== externalTypes.file)
        throw new MalformedBytes('names a large value of an unknown kind');
      const number = rest.varint();
      countedText(rest);
      files.push({ database: group.database, number, bytes: rest.varint() });
      if (type === externalTypes.blob) continue;
      // Its name and when it was changed.
      countedText(rest);
      rest.varint();
    }
  });
  return files;
}

async function each(
  reader: Reader,
  group: IndexedDbGroup,
  visit: (entry: StoreEntry) => void,
): Promise<void> {
  try {
    await reader.scan(group, (entry) => {
      visit(entry);
      return true;
    });
  } catch (error) {
    throw error instanceof MalformedBytes
      ? new StoreFault('damaged', reader.files.directory, error.message)
      : error;
  }
}
