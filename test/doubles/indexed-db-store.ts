/** IndexedDB as Chromium lays it out in LevelDB, built by hand. */
import type { Change } from './leveldb-store.ts';
import { varint } from './leveldb-store.ts';

export interface PlannedDatabase {
  readonly id: number;
  readonly name: string;
  readonly stores: readonly {
    readonly id: number;
    readonly name: string;
    readonly records: number;
    /** Files beside the store, the record's number with it. */
    readonly blobs?: readonly { readonly number: number; readonly bytes: number }[];
  }[];
}

/** Every change in the order in which a page would make them. */
export function indexedDbChanges(databases: readonly PlannedDatabase[], schema = 5): readonly Change[] {
  const changes: Change[] = [
    { key: Buffer.concat([prefix(0, 0, 0), Buffer.of(0)]), value: Buffer.of(schema) },
  ];
  for (const { id, name, stores } of databases) {
    changes.push({
      key: Buffer.concat([
        prefix(0, 0, 0),
        Buffer.of(201),
        counted('https_web.whatsapp.com_0@1'),
        counted(name),
      ]),
      value: Buffer.of(id),
    });
    for (const store of stores) {
      changes.push({
        key: Buffer.concat([prefix(id, 0, 0), Buffer.of(50), varint(store.id), Buffer.of(0)]),
        value: utf16(store.name),
      });
      for (let record = 0; record < store.records; record++)
        changes.push({ key: recordKey(id, store.id, record), value: `record ${record}` });
      for (const [record, blob] of (store.blobs ?? []).entries())
        changes.push({
          key: Buffer.concat([prefix(id, store.id, 3), Buffer.of(3, record)]),
          value: Buffer.concat([Buffer.of(0), varint(blob.number), counted('x/y'), varint(blob.bytes)]),
        });
    }
  }
  return changes;
}

export function recordKey(database: number, store: number, record: number): Buffer {
  const number = Buffer.alloc(8);
  number.writeUInt32BE(record, 4);
  return Buffer.concat([prefix(database, store, 1), Buffer.of(3), number]);
}

export function prefix(database: number, store: number, index: number): Buffer {
  const [a, b, c] = [database, store, index].map(integer) as [Buffer, Buffer, Buffer];
  return Buffer.concat([Buffer.of(((a.length - 1) << 5) | ((b.length - 1) << 2) | (c.length - 1)), a, b, c]);
}

function integer(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.push(rest % 256);
  return Buffer.from(bytes);
}

function counted(text: string): Buffer {
  return Buffer.concat([varint(text.length), utf16(text)]);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
