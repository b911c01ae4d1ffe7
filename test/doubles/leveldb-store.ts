/**
 * LevelDB stores, built by hand: every byte as LevelDB would write it, or as a test wants it. Written from the format's
 * description and apart from the reader, so that both can be wrong only in the same way by accident; real stores of
 * Chromium are in test/integration/profile-verification.test.ts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { compressSync } from 'snappy';

export interface Change {
  readonly key: Buffer | string;
  /** Null deletes. */
  readonly value: Buffer | string | null;
}

export interface SequencedChange extends Change {
  readonly sequence: number;
}

export interface TableOptions {
  /** Block contents before compression. */
  readonly blockBytes?: number;
  readonly compress?: boolean;
}

export interface StorePlan {
  readonly comparator?: string;
  /** In the store's order, the newest entry of a key first. */
  readonly tables?: readonly (TableOptions & {
    readonly number: number;
    readonly level: number;
    readonly entries: readonly SequencedChange[];
    readonly extension?: 'ldb' | 'sst';
  })[];
  readonly logs?: readonly { readonly number: number; readonly batches: readonly Batch[] }[];
  readonly logNumber?: number;
  readonly lastSequence?: number;
  readonly manifestNumber?: number;
}

export interface Batch {
  readonly sequence: number;
  readonly changes: readonly Change[];
}

const blockBytes = 32 * 1024;

/** Whatever is in the plan, and nothing else. */
export async function buildStore(directory: string, plan: StorePlan): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { tables = [], logs = [{ number: 3, batches: [] }], manifestNumber = 1 } = plan;
  const added: Buffer[] = [];
  for (const { number, level, entries, extension = 'ldb', ...options } of tables) {
    const file = tableFile(entries, options);
    await writeFile(join(directory, `${padded(number)}.${extension}`), file);
    added.push(newTable({ level, number, bytes: file.length, entries }));
  }
  for (const { number, batches } of logs)
    await writeFile(join(directory, `${padded(number)}.log`), logFile(batches.map(writeBatch)));
  const manifest = logFile([
    versionEdit({ comparator: plan.comparator ?? 'leveldb.BytewiseComparator', log: 0, next: 2, last: 0 }),
    Buffer.concat([
      versionEdit({ log: plan.logNumber ?? 0, next: 1_000, last: plan.lastSequence ?? 0 }),
      ...added,
    ]),
  ]);
  await writeFile(join(directory, `MANIFEST-${padded(manifestNumber)}`), manifest);
  await writeFile(join(directory, 'CURRENT'), `MANIFEST-${padded(manifestNumber)}\n`);
}

export function padded(number: number): string {
  return String(number).padStart(6, '0');
}

/** Records in pieces that fit the blocks. */
export function logFile(records: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [];
  let room = blockBytes;
  for (const record of records) {
    let rest = record;
    for (let isFirst = true; isFirst || rest.length > 0; isFirst = false) {
      if (room < 7) {
        pieces.push(Buffer.alloc(room));
        room = blockBytes;
      }
      const payload = rest.subarray(0, room - 7);
      rest = rest.subarray(payload.length);
      const type = isFirst ? (rest.length === 0 ? 1 : 2) : rest.length === 0 ? 4 : 3;
      pieces.push(logPiece(type, payload));
      room -= 7 + payload.length;
      if (rest.length === 0) break;
    }
  }
  return Buffer.concat(pieces);
}

export function logPiece(type: number, payload: Buffer): Buffer {
  const piece = Buffer.alloc(7 + payload.length);
  piece.writeUInt16LE(payload.length, 4);
  piece[6] = type;
  payload.copy(piece, 7);
  piece.writeUInt32LE(masked(piece.subarray(6)), 0);
  return piece;
}

export function writeBatch({ sequence, changes }: Batch): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(sequence), 0);
  head.writeUInt32LE(changes.length, 8);
  return Buffer.concat([
    head,
    ...changes.flatMap(({ key, value }) =>
      value === null ? [Buffer.of(0), sliced(key)] : [Buffer.of(1), sliced(key), sliced(value)],
    ),
  ]);
}

export function versionEdit(fields: {
  readonly comparator?: string;
  readonly log?: number;
  readonly next?: number;
  readonly last?: number;
  readonly deleted?: readonly { readonly level: number; readonly number: number }[];
}): Buffer {
  const { comparator, log, next, last, deleted = [] } = fields;
  return Buffer.concat([
    ...(comparator === undefined ? [] : [varint(1), sliced(comparator)]),
    ...(log === undefined ? [] : [varint(2), varint(log)]),
    ...(next === undefined ? [] : [varint(3), varint(next)]),
    ...(last === undefined ? [] : [varint(4), varint(last)]),
    ...deleted.map(({ level, number }) => Buffer.concat([varint(6), varint(level), varint(number)])),
  ]);
}

export function newTable(table: {
  readonly level: number;
  readonly number: number;
  readonly bytes: number;
  readonly entries: readonly SequencedChange[];
}): Buffer {
  const { level, number, bytes, entries } = table;
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) throw new Error('a table holds something');
  return Buffer.concat([
    ...[7, level, number, bytes].map(varint),
    sliced(internalKey(first)),
    sliced(internalKey(last)),
  ]);
}

export function tableFile(
  entries: readonly SequencedChange[],
  { blockBytes: limit = 4096, compress = false }: TableOptions = {},
): Buffer {
  const parts: Buffer[] = [];
  let offset = 0;
  const add = (contents: Buffer, packed: boolean): Buffer => {
    const raw = packed ? compressSync(contents) : contents;
    const block = Buffer.concat([raw, Buffer.of(packed ? 1 : 0), Buffer.alloc(4)]);
    block.writeUInt32LE(masked(block.subarray(0, -4)), block.length - 4);
    const handle = Buffer.concat([varint(offset), varint(raw.length)]);
    parts.push(block);
    offset += block.length;
    return handle;
  };
  const index: { key: Buffer; value: Buffer }[] = [];
  let pending: { key: Buffer; value: Buffer }[] = [];
  let size = 0;
  const flush = () => {
    const last = pending.at(-1);
    if (!last) return;
    index.push({ key: last.key, value: add(blockOf(pending, 16), compress) });
    pending = [];
    size = 0;
  };
  for (const entry of entries) {
    pending.push({ key: internalKey(entry), value: Buffer.from(entry.value ?? '') });
    size += (entry.value?.length ?? 0) + entry.key.length;
    if (size >= limit) flush();
  }
  flush();
  const meta = add(blockOf([], 1), false);
  const indexHandle = add(blockOf(index, 1), compress);
  const footer = Buffer.alloc(48);
  Buffer.concat([meta, indexHandle]).copy(footer);
  Buffer.from('57fb808b247547db', 'hex').copy(footer, 40);
  return Buffer.concat([...parts, footer]);
}

function blockOf(entries: readonly { key: Buffer; value: Buffer }[], interval: number): Buffer {
  const parts: Buffer[] = [];
  const restarts: number[] = [0];
  let offset = 0;
  let previous: Buffer = Buffer.alloc(0);
  for (const [number, { key, value }] of entries.entries()) {
    const isRestart = number % interval === 0;
    if (isRestart && number > 0) restarts.push(offset);
    let shared = 0;
    if (!isRestart) while (shared < key.length && key[shared] === previous[shared]) shared++;
    const head = [shared, key.length - shared, value.length].map(varint);
    const part = Buffer.concat([...head, key.subarray(shared), value]);
    parts.push(part);
    offset += part.length;
    previous = key;
  }
  const tail = Buffer.alloc((restarts.length + 1) * 4);
  for (const [number, restart] of [...restarts, restarts.length].entries())
    tail.writeUInt32LE(restart, number * 4);
  return Buffer.concat([...parts, tail]);
}

function internalKey({ key, sequence, value }: SequencedChange): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeBigUInt64LE((BigInt(sequence) << 8n) | (value === null ? 0n : 1n));
  return Buffer.concat([Buffer.from(key), trailer]);
}

function sliced(bytes: Buffer | string): Buffer {
  return Buffer.concat([varint(bytes.length), Buffer.from(bytes)]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.of(...bytes, rest);
}

export function masked(bytes: Buffer): number {
  const crc = BigInt(crc32c(bytes));
  return Number(((((crc >> 15n) | (crc << 17n)) & 0xffffffffn) + 0xa282ead8n) & 0xffffffffn);
}
