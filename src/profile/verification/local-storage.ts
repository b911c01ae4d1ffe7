/** Names of the keys that an origin keeps in Local Storage. Their values are never read. */
import { checkBlocks } from '../../leveldb/check-blocks.ts';
import { countEntries } from '../../leveldb/count-entries.ts';
import type { KeyGroup, KeySpace } from '../../leveldb/key-space.ts';
import { readStoreFiles } from '../../leveldb/store-files.ts';
import { StoreReader } from '../../leveldb/store-reader.ts';
import { type Found, logWarnings } from './found.ts';
import type { Look } from './look.ts';

/** `_<origin>`, a zero, and the name with a byte before it that says how it is written. */
class OriginKeys implements KeySpace {
  readonly comparator = 'leveldb.BytewiseComparator';
  readonly group: KeyGroup = { values: false };
  readonly prefix: Buffer;

  constructor(origin: string) {
    this.prefix = Buffer.from(`_${origin}\0`, 'latin1');
  }

  groupOf(key: Buffer): KeyGroup | null {
    return this.compare(key) === 0 ? this.group : null;
  }

  decisiveBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  compare(key: Buffer): number {
    return key.subarray(0, this.prefix.length).compare(this.prefix);
  }
}

const encodings = { utf16: 0, latin1: 1 } as const;

/** Throws a `StoreFault`. */
export async function readLocalStorage(
  directory: string,
  origin: string,
  { depth, signal, progress }: Look,
): Promise<Found<readonly string[]>> {
  const files = await readStoreFiles(directory, signal);
  const keys = new OriginKeys(origin);
  await using reader = await StoreReader.open(files, keys, signal);
  if (depth === 'deep') await checkBlocks(reader, signal, progress);
  if (depth === 'counted') await countEntries(reader, signal, progress);
  const found: string[] = [];
  await reader.scan(keys.group, ({ key }) => {
    const name = key.subarray(keys.prefix.length);
    if (name[0] === encodings.latin1) found.push(name.toString('latin1', 1));
    if (name[0] === encodings.utf16) found.push(name.toString('utf16le', 1));
    return true;
  });
  return { found, warnings: logWarnings(files, reader.logs.torn) };
}

/** Structure alone: nobody asks what is in it. */
export async function checkSessionStorage(directory: string, look: Look): Promise<Found<null>> {
  const { warnings } = await readLocalStorage(directory, '', look);
  return { found: null, warnings };
}
