/** One change of the set of files of a store, as a manifest records it. */
import { ByteReader, MalformedBytes } from './byte-reader.ts';

export interface NewTable {
  readonly level: number;
  readonly number: number;
  readonly bytes: number;
  /** User keys, copied. */
  readonly smallest: Buffer;
  readonly largest: Buffer;
}

export interface VersionEdit {
  readonly comparator: string | null;
  readonly logNumber: number | null;
  readonly prevLogNumber: number | null;
  readonly nextFileNumber: number | null;
  readonly lastSequence: number | null;
  readonly deleted: readonly { readonly level: number; readonly number: number }[];
  readonly added: readonly NewTable[];
}

const levels = 7;
/** Some hundreds of gigabytes. What names more would have us hold them all in memory. */
export const mostTables = 100_000;
/** Sequence and type, behind every user key. */
export const trailerBytes = 8;

/** Throws `MalformedBytes`. */
export function readVersionEdit(record: Buffer): VersionEdit {
  const reader = new ByteReader(record);
  let comparator: string | null = null;
  let logNumber: number | null = null;
  let prevLogNumber: number | null = null;
  let nextFileNumber: number | null = null;
  let lastSequence: number | null = null;
  const deleted: { level: number; number: number }[] = [];
  const added: NewTable[] = [];
  while (reader.left > 0) {
    if (added.length > mostTables || deleted.length > mostTables) throw tooManyTables();
    const tag = reader.varint();
    switch (tag) {
      case 1:
        comparator = reader.slice().toString('latin1');
        break;
      case 2:
        logNumber = reader.varint();
        break;
      case 3:
        nextFileNumber = reader.varint();
        break;
      case 4:
        lastSequence = reader.varint();
        break;
      case 5:
        // Where the next compaction of a level begins.
        level(reader);
        reader.slice();
        break;
      case 6:
        deleted.push({ level: level(reader), number: reader.varint() });
        break;
      case 7:
        added.push({
          level: level(reader),
          number: reader.varint(),
          bytes: reader.varint(),
          smallest: userKey(reader),
          largest: userKey(reader),
        });
        break;
      case 9:
        prevLogNumber = reader.varint();
        break;
      default:
        throw new MalformedBytes(`holds a field of an unknown kind (${tag})`);
    }
  }
  return { comparator, logNumber, prevLogNumber, nextFileNumber, lastSequence, deleted, added };
}

export function tooManyTables(): MalformedBytes {
  return new MalformedBytes('names more tables than any store has');
}

function level(reader: ByteReader): number {
  const value = reader.varint();
  if (value >= levels) throw new MalformedBytes(`names level ${value} of ${levels}`);
  return value;
}

function userKey(reader: ByteReader): Buffer {
  const key = reader.slice();
  if (key.length < trailerBytes) throw new MalformedBytes('holds a key that is too short');
  return Buffer.from(key.subarray(0, -trailerBytes));
}
