/**
 * IndexedDB of an engine's origin, in whichever form Chromium keeps it; both may be there, and count together. Stores
 * of other origins hold nothing that a login needs, and are not looked at.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { faultOf, StoreFault } from '../../leveldb/store-fault.ts';
import type { DatabaseEvidence } from '../verdict.ts';
import { byName, type Found } from './found.ts';
import { readLevelDbDatabases } from './indexed-db-leveldb.ts';
import { readSqliteDatabases } from './indexed-db-sqlite.ts';
import type { Look } from './look.ts';
import { isDirectory } from './profile-directories.ts';

export interface IndexedDbQuestion extends Look {
  readonly profile: string;
  /** Relative to the profile. */
  readonly path: string;
  readonly origin: string;
  readonly scratch: string;
}

/** Null where the origin has no store at all. Throws a `StoreFault`. */
export async function readIndexedDb(
  question: IndexedDbQuestion,
): Promise<Found<readonly DatabaseEvidence[]> | null> {
  const { profile, path } = question;
  const root = join(profile, path);
  const stores = await storesOf(root, question.origin);
  const read: Found<readonly DatabaseEvidence[]>[] = [];
  for (const { name, form } of stores) {
    if (form === 'unknown') continue;
    await isDirectory(profile, `${path}/${name}`);
    const directory = join(root, name);
    if (form === 'leveldb') read.push(await readLevelDbDatabases(directory, question));
    if (form === 'sqlite') read.push(await readSqliteDatabases(directory, question));
  }
  const unknown = stores.find(({ form }) => form === 'unknown');
  // Last: what is damaged is damaged whatever else there is.
  if (unknown)
    throw new StoreFault('unknown', join(root, unknown.name), 'is of a form that this version does not know');
  if (read.length === 0) return null;
  return {
    found: read.flatMap(({ found }) => found).toSorted(byName),
    warnings: read.flatMap(({ warnings }) => warnings),
  };
}

interface OriginStore {
  readonly name: string;
  readonly form: 'leveldb' | 'sqlite' | 'blob' | 'unknown';
}

async function storesOf(root: string, origin: string): Promise<readonly OriginStore[]> {
  const names = await readdir(root).catch((error: unknown) => {
    throw faultOf(error, root);
  });
  const { protocol, hostname } = new URL(origin);
  const stem = `${protocol.slice(0, -1)}_${hostname}_`;
  return names
    .filter((name) => name.startsWith(stem))
    .toSorted()
    .map((name) => ({ name, form: formOf(name.slice(stem.length)) }));
}

/** Behind the origin comes its port, 0 for the usual one. */
function formOf(rest: string): OriginStore['form'] {
  if (/^\d+$/.test(rest)) return 'sqlite';
  if (/^\d+\.indexeddb\.leveldb$/.test(rest)) return 'leveldb';
  return /^\d+\.indexeddb\.blob$/.test(rest) ? 'blob' : 'unknown';
}
