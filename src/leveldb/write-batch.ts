/** What a log record holds: changes that were made together. */
import { ByteReader, MalformedBytes } from './byte-reader.ts';

const types = { deletion: 0, value: 1 } as const;

export interface Batch {
  /** Of the first change. */
  readonly sequence: number;
  readonly changes: number;
}

/** `visit` gets user key, sequence, and value, null for a deletion; nothing is copied. Throws `MalformedBytes`. */
export function readWriteBatch(
  record: Buffer,
  visit: (key: Buffer, sequence: number, value: Buffer | null) => void,
): Batch {
  const reader = new ByteReader(record);
  const sequence = reader.uint64();
  const count = reader.uint32();
  let read = 0;
  for (; reader.left > 0; read++) {
    const type = reader.byte();
    if (type !== types.value && type !== types.deletion)
      throw new MalformedBytes('holds a change of an unknown kind');
    const key = reader.slice();
    visit(key, sequence + read, type === types.value ? reader.slice() : null);
  }
  if (read !== count) throw new MalformedBytes(`holds ${read} changes in a record that says ${count}`);
  return { sequence, changes: read };
}
