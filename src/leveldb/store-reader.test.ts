import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildStore,
  type Change,
  masked,
  type SequencedChange,
  type StorePlan,
  tableFile,
} from '../../test/doubles/leveldb-store.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { checkBlocks } from './check-blocks.ts';
import { countEntries } from './count-entries.ts';
import type { KeyGroup, KeySpace } from './key-space.ts';
import { readStoreFiles } from './store-files.ts';
import { StoreReader } from './store-reader.ts';

const { signal } = new AbortController();

/** Keys of one letter each: `b/…` belongs to b. Nobody asks for z. */
class Letters implements KeySpace {
  readonly comparator = 'leveldb.BytewiseComparator';
  readonly groups = new Map([...'abcd'].map((letter) => [letter, { letter, values: true }]));
  groupOf = (key: Buffer) => this.groups.get(String.fromCharCode(key[0] ?? 0)) ?? null;
  decisiveBytes = () => 1;
  compare = (key: Buffer, group: KeyGroup) =>
    (key[0] ?? 0) - (group as { letter: string } & KeyGroup).letter.charCodeAt(0);
}

async function store(plan: StorePlan) {
  const directory = join(await scratchDirectory(), 'store');
  await buildStore(directory, plan);
  const keys = new Letters();
  const open = async () => StoreReader.open(await readStoreFiles(directory, signal), keys, signal);
  const scan = async (letter: string) => {
    await using reader = await open();
    const found: Record<string, string> = {};
    await reader.scan(keys.groups.get(letter) as KeyGroup, ({ key, value }) => {
      found[key.toString()] = value.toString();
      return true;
    });
    return found;
  };
  const count = async () => {
    await using reader = await open();
    const counts = await countEntries(reader, signal);
    return Object.fromEntries([...keys.groups].map(([letter, group]) => [letter, counts.get(group) ?? 0]));
  };
  const check = async () => {
    await using reader = await open();
    await checkBlocks(reader, signal);
  };
  return { directory, keys, open, scan, count, check };
}

const put = (key: string, value: string | null, sequence: number): SequencedChange => ({
  key,
  value,
  sequence,
});

describe('a key', () => {
  it('has the value that was written last, wherever the others lie', async () => {
    const { scan, count } = await store({
      tables: [
        {
          number: 5,
          level: 2,
          entries: [
            put('a/1', 'level 2', 1),
            put('b/1', 'level 2', 2),
            put('b/2', 'level 2', 3),
            put('b/3', 'level 2', 4),
            put('c/1', 'level 2', 5),
          ],
        },
        { number: 9, level: 1, entries: [put('b/2', 'level 1', 6), put('b/3', null, 7)] },
        { number: 10, level: 0, entries: [put('b/1', 'old', 8), put('b/3', 'back', 9)] },
        { number: 11, level: 0, entries: [put('b/1', 'newer', 11), put('b/1', 'new', 10)] },
      ],
      lastSequence: 11,
      logs: [
        {
          number: 12,
          batches: [
            {
              sequence: 12,
              changes: [
                { key: 'b/4', value: 'log' },
                { key: 'b/2', value: null },
              ],
            },
          ],
        },
      ],
    });
    expect(await scan('b')).toEqual({ 'b/1': 'newer', 'b/3': 'back', 'b/4': 'log' });
    expect(await count()).toEqual({ a: 1, b: 3, c: 1, d: 0 });
    expect(await scan('d')).toEqual({});
  });

  it('is counted once where tables of level 0 are all there is', async () => {
    const { count } = await store({
      tables: [
        { number: 5, level: 0, entries: [put('a/1', 'old', 1), put('a/2', 'gone', 2)] },
        { number: 6, level: 0, entries: [put('a/1', 'new', 3), put('a/2', null, 4)] },
      ],
    });
    expect(await count()).toMatchObject({ a: 1 });
  });

  it('is shown until the visitor has seen enough', async () => {
    const entries = [...'123'].map((digit, at) => put(`a/${digit}`, digit, at));
    const { open, keys } = await store({ tables: [{ number: 5, level: 1, entries }] });
    await using reader = await open();
    const seen: string[] = [];
    await reader.scan(keys.groups.get('a') as KeyGroup, ({ key }) => seen.push(key.toString()) < 2);
    expect(seen).toEqual(['a/1', 'a/2']);
  });

  it('is what a map would hold, over any history in logs and levels', async () => {
    const change = fc.record({
      key: fc
        .tuple(fc.constantFrom('a', 'b', 'c', 'z'), fc.integer({ min: 0, max: 12 }))
        .map(([letter, n]) => `${letter}/${n}`),
      value: fc.option(fc.string({ maxLength: 40 })),
    });
    const places = fc.constantFrom('level 3', 'level 1', 'table 20', 'table 21', 'log');
    const history = fc.array(fc.record({ place: places, changes: fc.array(change, { maxLength: 30 }) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), async (steps, compress) => {
        const order = ['level 3', 'level 1', 'table 20', 'table 21', 'log'];
        const sorted = steps.toSorted((x, y) => order.indexOf(x.place) - order.indexOf(y.place));
        const map = new Map<string, string>();
        const places: Record<string, SequencedChange[]> = {};
        let sequence = 1;
        for (const { place, changes } of sorted)
          for (const { key, value } of changes) {
            if (value === null) map.delete(key);
            else map.set(key, value);
            places[place] ??= [];
            places[place].push({ key, value, sequence: sequence++ });
          }
        const tables = [
          ['level 3', 4, 3],
          ['level 1', 5, 1],
          ['table 20', 20, 0],
          ['table 21', 21, 0],
        ] as const;
        const logged = places['log'] ?? [];
        const { scan, count } = await store({
          tables: tables.flatMap(([place, number, level]) => {
            const entries = places[place]?.toSorted(byKey) ?? [];
            return entries.length > 0 ? [{ number, level, entries, compress, blockBytes: 60 }] : [];
          }),
          lastSequence: (logged[0]?.sequence ?? sequence) - 1,
          logs: [
            {
              number: 30,
              batches: logged.map((one) => ({ sequence: one.sequence, changes: [one as Change] })),
            },
          ],
        });
        const expected = (letter: string) =>
          Object.fromEntries([...map].filter(([key]) => key.startsWith(letter)));
        for (const letter of 'abcd') expect(await scan(letter)).toEqual(expected(letter));
        const counts = Object.fromEntries(
          [...'abcd'].map((letter) => [letter, Object.keys(expected(letter)).length]),
        );
        expect(await count()).toEqual(counts);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a store', () => {
  const entries = Array.from({ length: 500 }, (_, at) =>
    put(`a/${String(at).padStart(4, '0')}`, `value ${at}`, at + 1),
  );

  async function damagedTable(change: (table: Buffer) => void) {
    const built = await store({ tables: [{ number: 5, level: 1, entries }], lastSequence: 500 });
    const path = join(built.directory, '000005.ldb');
    const table = await readFile(path);
    change(table);
    await writeFile(path, table);
    return built;
  }
  const flip = (at: number) => (table: Buffer) => {
    const byte = at < 0 ? table.length + at : at;
    table[byte] = (table[byte] ?? 0) ^ 1;
  };

  it('whose block has a flipped bit opens, and is found out where the block is read', async () => {
    const { open, scan, count, check } = await damagedTable(flip(100));
    await (await open())[Symbol.asyncDispose]();
    const damage = { kind: 'damaged', message: expect.stringContaining('000005.ldb is broken at byte 0') };
    await expect(scan('a')).rejects.toMatchObject(damage);
    await expect(count()).rejects.toMatchObject(damage);
    await expect(check()).rejects.toMatchObject(damage);
  });

  it('whose other blocks have a flipped bit is found out as well', async () => {
    const { check } = await damagedTable((table) => flip(firstBlockEnd(table) + 100)(table));
    await expect(check()).rejects.toMatchObject({ kind: 'damaged' });
  });

  it.each([
    ['whose magic number is wrong', -1, 'does not end as a table does'],
    ['whose index has a flipped bit', -70, 'checksum'],
  ])('%s does not open', async (_what, at, why) => {
    const { open } = await damagedTable(flip(at));
    await expect(open()).rejects.toMatchObject({ kind: 'damaged', message: expect.stringContaining(why) });
  });

  it('whose block promises more than it can hold is not unpacked', async () => {
    const { count } = await damagedTable((table) => {
      const packed = tableFile(entries, { compress: true });
      expect(packed.length).toBeLessThan(table.length);
    });
    expect(await count()).toMatchObject({ a: 500 });
    const bomb = await damagedTable((table) => {
      // Contents that say 60 MiB, as Snappy's, with the right checksum.
      const end = firstBlockEnd(table);
      Buffer.of(0x80, 0x80, 0x80, 0x1e).copy(table, 0);
      table[end] = 1;
      table.writeUInt32LE(masked(table.subarray(0, end + 1)), end + 1);
    });
    await expect(bomb.count()).rejects.toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining('unpack'),
      // Before memory is set aside for it.
      cause: { message: 'promises more than it can hold' },
    });
  });

  it('compressed in a way that nobody here knows is unknown, not damaged', async () => {
    const { count, check } = await damagedTable((table) => {
      const end = firstBlockEnd(table);
      table[end] = 2;
      table.writeUInt32LE(masked(table.subarray(0, end + 1)), end + 1);
    });
    await expect(count()).rejects.toMatchObject({ kind: 'unknown' });
    await expect(check()).rejects.toMatchObject({ kind: 'unknown' });
  });

  it('of another order of keys is unknown', async () => {
    const { open } = await store({ comparator: 'idb_cmp2' });
    await expect(open()).rejects.toMatchObject({ kind: 'unknown' });
  });

  it('whose first log is missing is damaged: the next one does not go on where the tables end', async () => {
    const changes = [{ key: 'a/1', value: 'x' }];
    const { open } = await store({
      lastSequence: 10,
      logs: [{ number: 8, batches: [{ sequence: 14, changes }] }],
    });
    await expect(open()).rejects.toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining('missing'),
    });
  });

  it('whose log holds another number of changes than it says is damaged', async () => {
    const { open, directory } = await store({
      logs: [{ number: 3, batches: [{ sequence: 1, changes: [{ key: 'a', value: 'x' }] }] }],
    });
    const path = join(directory, '000003.log');
    const log = await readFile(path);
    log.writeUInt32LE(2, 7 + 8);
    log.writeUInt32LE(masked(log.subarray(6)), 0);
    await writeFile(path, log);
    await expect(open()).rejects.toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining('1 changes'),
    });
  });
});

/** Where the kind of compression of the first block stands: its handle is the first value of the index. */
function firstBlockEnd(table: Buffer): number {
  for (let end = 4; end < table.length - 5; end++)
    if (table[end] === 0 && masked(table.subarray(0, end + 1)) === table.readUInt32LE(end + 1)) return end;
  throw new Error('no block ends');
}

function byKey(a: SequencedChange, b: SequencedChange): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || b.sequence - a.sequence;
}

it('a log that holds more keys than fit into memory is not taken for one of a browser', async () => {
  const changes = Array.from({ length: 1_000 }, (_, at) => at);
  const batches = Array.from({ length: 501 }, (_, batch) => ({
    sequence: 1 + batch * 1_000,
    changes: changes.map((at) => ({ key: `a/${batch}/${at}`, value: '' })),
  }));
  const { open } = await store({ logs: [{ number: 3, batches }] });
  await expect(open()).rejects.toMatchObject({ kind: 'unknown' });
});
