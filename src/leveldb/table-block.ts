/** One block of a table as it lies in the file: contents, how they are compressed, and a checksum of both. */
import { uncompressSync } from 'snappy';
import { ByteReader, MalformedBytes } from './byte-reader.ts';
import { maskedCrc32c } from './crc32c.ts';
import { StoreFault } from './store-fault.ts';

export interface BlockHandle {
  readonly offset: number;
  /** Without what follows the contents. */
  readonly bytes: number;
}

/** Kind of compression and checksum. */
export const blockTrailerBytes = 5;

/** A block is a few kilobytes, or one large value; what says that it is larger than this is a bomb. */
const largestContents = 64 * 1024 * 1024;
const compression = { none: 0, snappy: 1 } as const;

/** A block that ends at `limit` or before. Throws `MalformedBytes`. */
export function readHandle(reader: ByteReader, limit: number): BlockHandle {
  const handle = { offset: reader.varint(), bytes: reader.varint() };
  if (handle.offset + handle.bytes + blockTrailerBytes > limit)
    throw new MalformedBytes('names a block that lies beyond its end');
  if (handle.bytes > largestContents) throw new MalformedBytes('names a block that is larger than any');
  return handle;
}

/** `raw` is the contents and what follows them. Throws a `StoreFault`. */
export function checkBlock(raw: Buffer, path: string, offset: number): void {
  const end = raw.length - 4;
  if (maskedCrc32c(raw.subarray(0, end)) !== raw.readUInt32LE(end))
    throw new StoreFault('damaged', path, `is broken at byte ${offset}: the checksum of a block is wrong`);
}

/** The contents of a block that was checked. Throws a `StoreFault`. */
export function blockContents(raw: Buffer, path: string): Buffer {
  const end = raw.length - blockTrailerBytes;
  const contents = raw.subarray(0, end);
  switch (raw[end]) {
    case compression.none:
      return contents;
    case compression.snappy:
      return uncompressed(contents, path);
    default:
      throw unknownCompression(path);
  }
}

/** Of a block that is not unpacked: whether it could be. Throws a `StoreFault`. */
export function requireKnownCompression(raw: Buffer, path: string): void {
  const kind = raw[raw.length - blockTrailerBytes];
  if (kind !== compression.none && kind !== compression.snappy) throw unknownCompression(path);
}

function unknownCompression(path: string): StoreFault {
  return new StoreFault('unknown', path, 'is compressed in a way that this version does not know');
}

function uncompressed(contents: Buffer, path: string): Buffer {
  try {
    // Snappy makes at most 64 bytes of three; who promises more lies, and would have us set memory aside for it.
    const promised = new ByteReader(contents).varint();
    if (promised > largestContents || promised > contents.length * 64)
      throw new MalformedBytes('promises more than it can hold');
    // Copied: memory from outside of the heap costs more than a small copy.
    return uncompressSync(contents, { asBuffer: true, copyOutputData: true }) as Buffer;
  } catch (error) {
    throw new StoreFault('damaged', path, 'holds a block that does not unpack', { cause: error });
  }
}
