import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildStore,
  logFile,
  newTable,
  type StorePlan,
  versionEdit,
} from '../../test/doubles/leveldb-store.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { readStoreFiles } from './store-files.ts';

const { signal } = new AbortController();
const entries = [{ key: 'a', value: '1', sequence: 1 }];
const plan: StorePlan = {
  manifestNumber: 12,
  logNumber: 30,
  lastSequence: 9,
  logs: [
    { number: 7, batches: [] },
    { number: 30, batches: [] },
    { number: 31, batches: [] },
  ],
  tables: [
    { number: 20, level: 0, entries },
    { number: 5, level: 2, entries: [{ key: 'm', value: null, sequence: 3 }], extension: 'sst' },
  ],
};

async function store(changes: StorePlan = {}) {
  const directory = join(await scratchDirectory(), 'store');
  await buildStore(directory, { ...plan, ...changes });
  const at = (name: string) => join(directory, name);
  return { directory, at, read: () => readStoreFiles(directory, signal) };
}

describe('the files of a store', () => {
  it('are those that the manifest names, with their sizes', async () => {
    const { directory, read } = await store();
    const bytes = (await readFile(join(directory, '000020.ldb'))).length;
    expect(await read()).toMatchObject({
      current: 'MANIFEST-000012',
      comparator: 'leveldb.BytewiseComparator',
      logNumber: 30,
      lastSequence: 9,
      manifestTorn: false,
      liveTables: [
        { number: 5, name: '000005.sst', level: 2, smallest: Buffer.from('m') },
        { number: 20, name: '000020.ldb', level: 0, bytes, largest: Buffer.from('a') },
      ],
      liveLogs: [{ name: '000030.log' }, { name: '000031.log' }],
    });
  });

  it('do not include what else lies there, nor need a LOCK', async () => {
    const { at, read } = await store();
    const before = await read();
    await writeFile(at('000099.ldb'), 'not named yet');
    await writeFile(at('MANIFEST-000013'), 'not current');
    await writeFile(at('corruption_info.json'), '{}');
    await mkdir(at('lost'));
    expect(await read()).toEqual(before);
  });

  it('leave out what a later edit deleted, and keep what it moved to another level', async () => {
    const { at, read } = await store();
    const path = at('MANIFEST-000012');
    const [manifest, gone] = [await readFile(path), versionEdit({ deleted: [{ level: 0, number: 20 }] })];
    // The room that is left in the block is enough for one more record.
    await writeFile(path, Buffer.concat([manifest, logFile([gone])]));
    await rm(at('000020.ldb'));
    expect((await read()).liveTables.map(({ number }) => number)).toEqual([5]);
  });

  it('are known when the manifest was cut in its last record, as they were before it', async () => {
    const { at, read } = await store();
    const path = at('MANIFEST-000012');
    await writeFile(
      path,
      Buffer.concat([await readFile(path), logFile([versionEdit({ next: 5 })]).subarray(0, 8)]),
    );
    expect(await read()).toMatchObject({ manifestTorn: true, logNumber: 30 });
  });

  it('of a store that was just made are its first log, which its manifest does not name', async () => {
    const { read } = await store({ logNumber: 0, tables: [], logs: [{ number: 3, batches: [] }] });
    expect(await read()).toMatchObject({ liveTables: [], liveLogs: [{ number: 3 }] });
  });
});

describe('a store is damaged', () => {
  it('without any log, also where its manifest names none', async () => {
    const { at, read } = await store({ logNumber: 0, logs: [{ number: 3, batches: [] }] });
    await rm(at('000003.log'));
    await expect(read()).rejects.toMatchObject({
      kind: 'damaged',
      finding: expect.stringContaining('no log'),
    });
  });

  type At = (name: string) => string;
  const damages: [string, string, (at: At, directory: string) => Promise<unknown>][] = [
    ['without CURRENT', 'CURRENT is missing', (at) => rm(at('CURRENT'))],
    [
      'with a CURRENT that is a link',
      'symbolic link',
      async (at) => {
        await rename(at('CURRENT'), at('elsewhere'));
        await symlink(at('elsewhere'), at('CURRENT'));
      },
    ],
    ['with an empty CURRENT', 'CURRENT does not name', (at) => writeFile(at('CURRENT'), '')],
    [
      'with a CURRENT that breaks off',
      'CURRENT does not',
      (at) => writeFile(at('CURRENT'), 'MANIFEST-000012'),
    ],
    [
      'with a CURRENT that leads elsewhere',
      'CURRENT does not',
      (at) => writeFile(at('CURRENT'), '../MANIFEST-000012\n'),
    ],
    ['with a huge CURRENT', 'CURRENT is larger', (at) => writeFile(at('CURRENT'), Buffer.alloc(100_000, 65))],
    ['without the manifest', 'MANIFEST-000012 is missing', (at) => rm(at('MANIFEST-000012'))],
    ['with an empty manifest', 'names no order', (at) => truncate(at('MANIFEST-000012'))],
    [
      'with garbage for a manifest',
      'checksum',
      (at) => writeFile(at('MANIFEST-000012'), Buffer.alloc(500, 1)),
    ],
    [
      'with a manifest of another kind',
      'unknown kind',
      (at) => writeFile(at('MANIFEST-000012'), logFile([Buffer.of(77)])),
    ],
    ['without a table', '000020.ldb is missing', (at) => rm(at('000020.ldb'))],
    ['with a table cut short', '000020.ldb has', (at) => truncate(at('000020.ldb'), 20)],
    [
      'with a table that is a link',
      'symbolic link',
      async (at) => {
        await rename(at('000020.ldb'), at('elsewhere'));
        await symlink(at('elsewhere'), at('000020.ldb'));
      },
    ],
    [
      'with a directory for a table',
      'no regular file',
      async (at) => {
        await rm(at('000020.ldb'));
        await mkdir(at('000020.ldb'));
      },
    ],
    ['without the log that the manifest names', '000030.log is missing', (at) => rm(at('000030.log'))],
    ['when it is not there', 'is missing', (_at, directory) => rm(directory, { recursive: true })],
    [
      'when it is a file',
      'is none',
      async (_at, directory) => {
        await rm(directory, { recursive: true });
        await writeFile(directory, '');
      },
    ],
  ];
  it.each(damages)('%s', async (_how, why, damage) => {
    const { read, at, directory } = await store();
    await damage(at, directory);
    await expect(read()).rejects.toMatchObject({
      name: 'StoreFault',
      kind: 'damaged',
      message: expect.stringContaining(why),
    });
  });
});

describe('what was made to fill our memory', () => {
  /** As many new tables as fit a manifest of that many bytes. */
  const manyTables = (count: number) => {
    const one = newTable({ level: 1, number: 300, bytes: 100, entries });
    return logFile([Buffer.concat(Array.from({ length: count }, () => one))]);
  };

  it('is not read to its end, where one change of the manifest names more tables than there can be', async () => {
    const { directory, at, read } = await store();
    await writeFile(at('MANIFEST-000012'), manyTables(200_000));
    await expect(read()).rejects.toMatchObject({
      kind: 'damaged',
      path: join(directory, 'MANIFEST-000012'),
      finding: 'names more tables than any store has',
    });
  });
});
