import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildStore } from '../../../test/doubles/leveldb-store.ts';
import { scratchDirectory } from '../../../test/doubles/scratch.ts';
import { readLocalStorage } from './local-storage.ts';

const origin = 'https://web.whatsapp.com';
const latin1 = (name: string) => Buffer.from(`_${origin}\0\x01${name}`, 'latin1');
const utf16 = (name: string) => Buffer.concat([Buffer.from(`_${origin}\0\0`), Buffer.from(name, 'utf16le')]);

it('names are those of the origin, however they are written, and never values', async () => {
  const directory = join(await scratchDirectory(), 'leveldb');
  const keys = [
    Buffer.from('META:https://web.whatsapp.com'),
    Buffer.from('VERSION'),
    Buffer.from('_https://web.whatsapp.co\0\x01other'),
    Buffer.from('_https://web.whatsapp.com.example.org\0\x01other'),
    Buffer.from('_https://web.whatsapp.com/^0https://example.org\0\x01partitioned'),
    latin1('last-wid-md'),
    latin1('gone'),
    utf16('schlüssel-鍵'),
  ];
  const changes = keys.map((key) => ({ key, value: 'a secret' }));
  await buildStore(directory, {
    logs: [
      { number: 3, batches: [{ sequence: 1, changes: [...changes, { key: latin1('gone'), value: null }] }] },
    ],
  });
  for (const depth of ['structural', 'deep', 'counted'] as const) {
    const { found } = await readLocalStorage(directory, origin, {
      depth,
      signal: AbortSignal.timeout(5_000),
      progress: () => {},
    });
    expect([...found].toSorted()).toEqual(['last-wid-md', 'schlüssel-鍵']);
  }
});
