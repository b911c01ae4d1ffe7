/**
 * A table of a store: immutable, its blocks in the order of their keys, behind them an index with the last key of
 * each, and a footer that says where the index is.
 */
import { join } from 'node:path';
import { BlockCursor } from './block.ts';
import { ByteReader, MalformedBytes } from './byte-reader.ts';
import { RegularFile } from './regular-file.ts';
import { StoreFault } from './store-fault.ts';
import type { LiveTable } from './store-files.ts';
import { type BlockHandle, blockContents, blockTrailerBytes, checkBlock, readHandle } from './table-block.ts';
import { trailerBytes } from './version-edit.ts';

const footerBytes = 48;
const magic = Buffer.from('57fb808b247547db', 'hex');
/** Holds the footer, and the index of a table of the usual size. */
const tailBytes = 64 * 1024;
/** There is one filter, or none. */
const mostOthers = 8;

export interface IndexEntry extends BlockHandle {
  /** User key: nothing in the block comes after it. */
  readonly last: Buffer;
}

export class Table implements AsyncDisposable {
  readonly live: LiveTable;
  readonly file: RegularFile;
  /** In the order of their keys and in that of the file. */
  readonly index: readonly IndexEntry[];
  /** Blocks that hold no entries: filters, and where to find them. */
  readonly others: readonly BlockHandle[];

  private constructor(
    live: LiveTable,
    file: RegularFile,
    index: readonly IndexEntry[],
    others: readonly BlockHandle[],
  ) {
    this.live = live;
    this.file = file;
    this.index = index;
    this.others = others;
  }

  /** Checks footer and index. Throws a `StoreFault`. */
  static async open(directory: string, live: LiveTable, signal: AbortSignal): Promise<Table> {
    const path = join(directory, live.name);
    const file = await RegularFile.open(path);
    try {
      if (file.bytes !== live.bytes)
        throw new StoreFault('damaged', path, `has ${file.bytes} bytes, and the manifest says ${live.bytes}`);
      const { index, others } = await readIndex(file, signal);
      return new Table(live, file, index, others);
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw malformed(error, path);
    }
  }

  /** Checked and unpacked. */
  async block(handle: BlockHandle, signal: AbortSignal): Promise<Buffer> {
    const raw = await readRaw(this.file, handle, signal);
    checkBlock(raw, this.file.path, handle.offset);
    return blockContents(raw, this.file.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file[Symbol.asyncDispose]();
  }
}

/** A `StoreFault` of this file, where bytes were not what they have to be. */
export function malformed(error: unknown, path: string): unknown {
  return error instanceof MalformedBytes ? new StoreFault('damaged', path, error.message) : error;
}

async function readRaw(
  file: RegularFile,
  { offset, bytes }: BlockHandle,
  signal: AbortSignal,
): Promise<Buffer> {
  return await file.read(Buffer.allocUnsafe(bytes + blockTrailerBytes), offset, signal);
}

async function readIndex(
  file: RegularFile,
  signal: AbortSignal,
): Promise<{ index: IndexEntry[]; others: BlockHandle[] }> {
  const { path, bytes } = file;
  if (bytes < footerBytes) throw new StoreFault('damaged', path, 'is too short for a table');
  const tailStart = Math.max(0, bytes - tailBytes);
  const tail = await file.read(Buffer.allocUnsafe(bytes - tailStart), tailStart, signal);
  const footer = tail.subarray(-footerBytes);
  if (!footer.subarray(-magic.length).equals(magic))
    throw new StoreFault('damaged', path, 'does not end as a table does');
  const reader = new ByteReader(footer.subarray(0, -magic.length));
  const meta = readHandle(reader, bytes - footerBytes);
  const handle = readHandle(reader, bytes - footerBytes);
  const blockOf = async ({ offset, bytes: length }: BlockHandle): Promise<Buffer> => {
    const start = offset - tailStart;
    const end = start + length + blockTrailerBytes;
    const raw =
      start >= 0 ? tail.subarray(start, end) : await readRaw(file, { offset, bytes: length }, signal);
    checkBlock(raw, path, offset);
    return blockContents(raw, path);
  };
  const index = indexEntries(await blockOf(handle), Math.min(meta.offset, handle.offset));
  const filters = handlesIn(await blockOf(meta), bytes - footerBytes);
  return { index, others: [...filters, meta] };
}

function indexEntries(block: Buffer, limit: number): IndexEntry[] {
  const entries: IndexEntry[] = [];
  const cursor = new BlockCursor();
  cursor.enter(block);
  for (let end = 0; cursor.next(); ) {
    const handle = readHandle(new ByteReader(cursor.value()), limit);
    if (handle.offset < end) throw new MalformedBytes('holds blocks that overlap');
    if (cursor.keyLength < trailerBytes) throw new MalformedBytes('holds a key that is too short');
    end = handle.offset + handle.bytes + blockTrailerBytes;
    entries.push({ ...handle, last: Buffer.from(cursor.key.subarray(0, cursor.keyLength - trailerBytes)) });
  }
  return entries;
}

function handlesIn(block: Buffer, limit: number): BlockHandle[] {
  const handles: BlockHandle[] = [];
  const cursor = new BlockCursor();
  cursor.enter(block);
  while (cursor.next()) {
    if (handles.length === mostOthers) throw new MalformedBytes('names more filters than any table has');
    handles.push(readHandle(new ByteReader(cursor.value()), limit));
  }
  return handles;
}
