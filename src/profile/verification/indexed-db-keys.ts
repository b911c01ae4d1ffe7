/**
 * How Chromium lays out IndexedDB in a LevelDB store. Every key begins with three numbers: database, object store,
 * index; one byte says how long each is. Zeros are metadata, index 1 is the records, index 3 what lies in files.
 */
import { ByteReader, MalformedBytes } from '../../leveldb/byte-reader.ts';
import type { KeyGroup, KeySpace } from '../../leveldb/key-space.ts';

export interface IndexedDbGroup extends KeyGroup {
  readonly database: number;
  readonly store: number;
  readonly index: number;
}

/** WhatsApp's databases have some hundred stores; what holds keys of so many was made to fill our memory. */
const mostGroups = 100_000;

const indexes = { metadata: 0, records: 1, files: 3 } as const;

export class IndexedDbKeys implements KeySpace<IndexedDbGroup> {
  readonly comparator = 'idb_cmp1';
  readonly #groups = new Map<string, IndexedDbGroup>();

  /** What holds for all databases: their names, the version of the layout. */
  globals(): IndexedDbGroup {
    return this.#group(0, 0, indexes.metadata);
  }

  /** What holds for one database: names of its object stores. */
  metadata(database: number): IndexedDbGroup {
    return this.#group(database, 0, indexes.metadata);
  }

  records(database: number, store: number): IndexedDbGroup {
    return this.#group(database, store, indexes.records);
  }

  /** Which files a record's large values lie in. */
  files(database: number, store: number): IndexedDbGroup {
    return this.#group(database, store, indexes.files);
  }

  groupOf(key: Buffer): IndexedDbGroup | null {
    const { database, store, index } = prefixOf(key);
    const isMetadata = index === indexes.metadata && store === 0;
    const isAsked = isMetadata || ((index === indexes.records || index === indexes.files) && store > 0);
    if (isAsked && this.#groups.size > mostGroups)
      throw new MalformedBytes('holds more stores than any that is known');
    return isAsked ? this.#group(database, store, index) : null;
  }

  decisiveBytes(key: Buffer): number {
    return prefixBytes(key[0] ?? 0);
  }

  compare(key: Buffer, group: IndexedDbGroup): number {
    const { database, store, index } = prefixOf(key);
    return database - group.database || store - group.store || index - group.index;
  }

  #group(database: number, store: number, index: number): IndexedDbGroup {
    const name = `${database}/${store}/${index}`;
    let group = this.#groups.get(name);
    if (!group) {
      group = { database, store, index, values: index !== indexes.records };
      this.#groups.set(name, group);
    }
    return group;
  }
}

/** What stands behind the three numbers. */
export function behindPrefix(key: Buffer): ByteReader {
  return new ByteReader(key.subarray(prefixBytes(key[0] ?? 0)));
}

function prefixBytes(first: number): number {
  return 4 + (first >> 5) + ((first >> 2) & 7) + (first & 3);
}

function prefixOf(key: Buffer): { database: number; store: number; index: number } {
  const first = key[0] ?? 0;
  if (key.length === 0 || key.length < prefixBytes(first))
    throw new MalformedBytes('holds a key that is too short');
  const databaseEnd = 2 + (first >> 5);
  const storeEnd = databaseEnd + ((first >> 2) & 7) + 1;
  return {
    database: numberAt(key, 1, databaseEnd),
    store: numberAt(key, databaseEnd, storeEnd),
    index: numberAt(key, storeEnd, prefixBytes(first)),
  };
}

/** The lowest byte first. */
function numberAt(key: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = end - 1; at >= start; at--) value = value * 256 + (key[at] ?? 0);
  return value;
}

/** As metadata holds it: as many bytes as there are, the lowest first. */
export function integer(value: Buffer): number {
  return numberAt(value, 0, value.length);
}

/** Two bytes a character, the higher first. */
export function text(value: Buffer): string {
  // An odd byte at the end would be refused by swap16, and belongs to no character.
  return Buffer.from(value.subarray(0, value.length & ~1))
    .swap16()
    .toString('utf16le');
}

/** A count of characters and that many. */
export function countedText(reader: ByteReader): string {
  return text(reader.take(reader.varint() * 2));
}
