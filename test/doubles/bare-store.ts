/**
 * Files as a LevelDB store lays them, for tests of who copies which: the manifest is a real one, what the tables and
 * logs hold is not.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maskedCrc32c } from '../../src/leveldb/crc32c.ts';

export interface BareStore {
  /** Numbers of tables that the manifest names, and of those that it does not. */
  readonly live?: readonly number[];
  readonly stray?: readonly number[];
  /** Numbers of logs; the first that counts is `logNumber`. */
  readonly logs?: readonly number[];
  readonly logNumber?: number;
}

const manifestName = 'MANIFEST-000001';
const table = (number: number) => `table ${number}`;

export async function writeBareStore(directory: string, store: BareStore = {}): Promise<void> {
  const { live = [5, 7], stray = [], logs = [8], logNumber = 8 } = store;
  await mkdir(directory, { recursive: true });
  const write = (name: string, data: string | Buffer) => writeFile(join(directory, name), data);
  for (const number of [...live, ...stray]) await write(`${padded(number)}.ldb`, table(number));
  for (const number of logs) await write(`${padded(number)}.log`, `log ${number}`);
  for (const name of ['LOCK', 'LOG', 'LOG.old']) await write(name, name);
  await write(manifestName, manifest(live, logNumber));
  await write('CURRENT', `${manifestName}\n`);
}

/** What a new manifest of the store says; to be written over the old one. */
export function manifest(live: readonly number[], logNumber: number): Buffer {
  const key = Buffer.concat([Buffer.from('key'), Buffer.alloc(8)]);
  const edit = Buffer.concat([
    Buffer.from([1]),
    sized(Buffer.from('idb_cmp1')),
    Buffer.from([2, logNumber, 3, 99, 4, 1]),
    ...live.flatMap((number) => [Buffer.from([7, 1, number, table(number).length]), sized(key), sized(key)]),
  ]);
  const typed = Buffer.concat([Buffer.from([1]), edit]);
  const header = Buffer.alloc(6);
  header.writeUInt32LE(maskedCrc32c(typed), 0);
  header.writeUInt16LE(edit.length, 4);
  return Buffer.concat([header, typed]);
}

/** For numbers below 128, which are a byte each. */
function sized(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function padded(number: number): string {
  return String(number).padStart(6, '0');
}
