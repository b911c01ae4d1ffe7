/** A profile with a login in it, built by hand; what a browser leaves is in the integration tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { indexedDbChanges, type PlannedDatabase } from './indexed-db-store.ts';
import { buildStore, type Change, type StorePlan } from './leveldb-store.ts';

export const indexedDbStore = 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb';
export const blobFile = 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob/2/01/1a7';
export const localStorageStore = 'Default/Local Storage/leveldb';
export const sessionStorageStore = 'Default/Session Storage';

export const loginDatabases: readonly PlannedDatabase[] = [
  {
    id: 1,
    name: 'signal-storage',
    stores: [
      { id: 1, name: 'prekey-store', records: 100 },
      { id: 2, name: 'session-store', records: 0 },
    ],
  },
  {
    id: 2,
    name: 'model-storage',
    stores: [
      { id: 300, name: 'message', records: 20 },
      { id: 7, name: 'sync-keys', records: 1, blobs: [{ number: 0x1a7, bytes: 5000 }] },
    ],
  },
];

export interface StoredLogin {
  readonly databases?: readonly PlannedDatabase[];
  /** Version of the layout of IndexedDB. */
  readonly schema?: number;
  /** Names in Local Storage. */
  readonly keys?: readonly string[];
  /** What all its keys hold. */
  readonly device?: string;
}

/** Whole, and in the shape that Chromium gives it: the first changes in a table, the later ones in a log. */
export async function storeLogin(profile: string, login: StoredLogin = {}): Promise<void> {
  const {
    databases = loginDatabases,
    schema = 5,
    keys = ['WABrowserId', 'WALid', 'last-wid-md'],
    device = 'a secret',
  } = login;
  const changes = indexedDbChanges(databases, schema);
  await buildStore(join(profile, indexedDbStore), { comparator: 'idb_cmp1', ...halved(changes) });
  for (const { stores } of databases)
    for (const { blobs = [] } of stores)
      for (const { bytes } of blobs) await put(join(profile, blobFile), Buffer.alloc(bytes, 1));
  await buildStore(
    join(profile, localStorageStore),
    halved(keys.map((key) => ({ key: `_https://web.whatsapp.com\0\x01${key}`, value: device }))),
  );
  await buildStore(join(profile, sessionStorageStore), {});
  await put(join(profile, 'Last Version'), '156.0.8078.79');
}

function halved(changes: readonly Change[]): StorePlan {
  const middle = changes.length >> 1;
  const first = changes.slice(0, middle).map((change, at) => ({ ...change, sequence: at + 1 }));
  return {
    // Chromium's order of keys and that of bytes agree on what is written here.
    tables:
      middle === 0
        ? []
        : [
            {
              number: 5,
              level: 1,
              entries: first.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
            },
          ],
    lastSequence: middle,
    logNumber: 6,
    logs: [{ number: 6, batches: [{ sequence: middle + 1, changes: changes.slice(middle) }] }],
  };
}

async function put(path: string, contents: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
