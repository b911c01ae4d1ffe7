import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProfileLayout } from '../../src/engine/profile-layout.ts';
import { writeBareStore } from './bare-store.ts';

export const bareLayout: ProfileLayout = {
  version: 1,
  essential: [
    { path: 'Default/IndexedDB', kind: 'indexed-db', required: true },
    { path: 'Default/Local Storage', kind: 'local-storage', required: true },
    { path: 'Default/Session Storage', kind: 'session-storage', required: false },
  ],
  origin: 'https://web.example.com',
  loginKeys: [],
  deviceKey: 'device',
};

/** Where the parts of a bare profile lie. */
export const bareParts = {
  indexed: 'Default/IndexedDB/https_web.example.com_0.indexeddb.leveldb',
  blobs: 'Default/IndexedDB/https_web.example.com_0.indexeddb.blob',
  local: 'Default/Local Storage/leveldb',
};

/** A profile of two stores and a blob, and of what no copy needs. */
export async function writeBareProfile(profile: string): Promise<void> {
  const { indexed, blobs, local } = bareParts;
  await writeBareStore(join(profile, indexed), { live: [5, 7], stray: [6], logs: [3, 8, 9], logNumber: 8 });
  await writeBareStore(join(profile, local), { live: [], logs: [4], logNumber: 4 });
  await putFile(profile, `${blobs}/1/00/1a`, 'a blob');
  await putFile(profile, 'Default/Cookies', 'not needed');
  await putFile(profile, 'Default/Cache/data_1', 'not needed');
}

export async function putFile(directory: string, path: string, data: string): Promise<void> {
  await mkdir(join(directory, path, '..'), { recursive: true });
  await writeFile(join(directory, path), data);
}
