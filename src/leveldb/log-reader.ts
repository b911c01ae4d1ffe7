/**
 * LevelDB's log, which is the form of write-ahead logs and of manifests: blocks of 32 KiB, each a sequence of
 * checksum (4), length (2), type (1) and payload; a record may lie in several pieces.
 *
 * Held is what LevelDB itself holds to when it recovers: a log that breaks off was cut short by a crash, and what it
 * lacks was never confirmed; whatever else is wrong is damage.
 */
import { maskedCrc32c } from './crc32c.ts';
import type { RegularFile } from './regular-file.ts';
import { StoreFault } from './store-fault.ts';

const blockBytes = 32 * 1024;
const headerBytes = 7;
const blocksAtOnce = 8;

const types = { zero: 0, full: 1, first: 2, middle: 3, last: 4 } as const;

export interface LogEnd {
  /** Whether the last record is incomplete. */
  readonly torn: boolean;
  readonly records: number;
}

/** `visit` gets each record in order; its bytes are overwritten afterwards, so what is kept must be copied. */
export async function readLog(
  file: RegularFile,
  visit: (record: Buffer) => void,
  signal: AbortSignal,
): Promise<LogEnd> {
  const pieces = new Pieces(file, visit);
  const chunk = Buffer.allocUnsafe(Math.min(blockBytes * blocksAtOnce, Math.max(file.bytes, 1)));
  for (let position = 0; position < file.bytes; position += chunk.length) {
    const bytes = await file.read(chunk, position, signal);
    for (let at = 0; at < bytes.length; at += blockBytes)
      pieces.readBlock(bytes.subarray(at, at + blockBytes), position + at);
    pieces.keep();
  }
  return { torn: pieces.torn, records: pieces.records };
}

/** Puts records together from the pieces in the blocks. */
class Pieces {
  records = 0;
  readonly #file: RegularFile;
  readonly #visit: (record: Buffer) => void;
  /** Null outside a record. */
  #open: Buffer[] | null = null;
  #kept = 0;
  #cut = false;

  constructor(file: RegularFile, visit: (record: Buffer) => void) {
    this.#file = file;
    this.#visit = visit;
  }

  get torn(): boolean {
    return this.#cut || this.#open !== null;
  }

  readBlock(block: Buffer, position: number): void {
    const isLast = block.length < blockBytes;
    let at = 0;
    while (block.length - at >= headerBytes) {
      const length = block.readUInt16LE(at + 4);
      const type = block[at + 6];
      const end = at + headerBytes + length;
      if (end > block.length) {
        // At the end of the file the writer died in the middle of it.
        if (!isLast) throw this.#fault('a record is longer than its block', position + at);
        this.#cut = true;
        return;
      }
      if (type === types.zero && length === 0) {
        // Space that was set aside and never written.
        if (this.#open) throw this.#fault('a record breaks off', position + at);
        return;
      }
      if (maskedCrc32c(block.subarray(at + 6, end)) !== block.readUInt32LE(at))
        throw this.#fault('the checksum of a record is wrong', position + at);
      this.#add(type, block.subarray(at + headerBytes, end), position + at);
      at = end;
    }
    if (isLast && at < block.length) this.#cut = true;
  }

  /** Copies what the next read would overwrite. */
  keep(): void {
    const open = this.#open;
    if (!open) return;
    for (; this.#kept < open.length; this.#kept++) {
      const piece = open[this.#kept];
      if (piece) open[this.#kept] = Buffer.from(piece);
    }
  }

  #add(type: number | undefined, payload: Buffer, position: number): void {
    const begins = type === types.full || type === types.first;
    const isOpen = this.#open?.some((piece) => piece.length > 0) ?? false;
    if (begins && isOpen) throw this.#fault('a record has no end', position);
    if (!begins && type !== types.middle && type !== types.last)
      throw this.#fault('a record is of an unknown type', position);
    if (!begins && !this.#open) throw this.#fault('a record has no beginning', position);
    if (begins) {
      this.#open = [];
      this.#kept = 0;
    }
    this.#open?.push(payload);
    if (type !== types.full && type !== types.last) return;
    const parts = this.#open ?? [];
    this.#open = null;
    this.records++;
    this.#visit(parts.length === 1 ? payload : Buffer.concat(parts));
  }

  #fault(what: string, position: number): StoreFault {
    return new StoreFault('damaged', this.#file.path, `is broken at byte ${position}: ${what}`);
  }
}
