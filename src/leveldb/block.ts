/**
 * A block of a table: sorted entries, each of which leaves out what its key shares with the one before; behind them
 * the places where a key stands in full.
 */
import { MalformedBytes } from './byte-reader.ts';

/** What a store of Chromium never comes near. */
const longestKey = 16 * 1024 * 1024;

/** Where one entry stands: one object for all entries of many blocks, since there are hundreds of thousands. */
export class BlockCursor {
  /** Holds the present internal key, user key and trailer, in its first `keyLength` bytes. */
  key: Buffer = Buffer.allocUnsafe(256);
  keyLength = 0;
  /** Bytes at the front of the key that are those of the key before, in whichever block that was. */
  common = 0;
  #block: Buffer = Buffer.alloc(0);
  #valueStart = 0;
  #at = 0;
  #end = 0;
  /** Of the key before, as far as this block may refer to it. */
  #referable = 0;

  /** Throws `MalformedBytes`. */
  enter(block: Buffer): void {
    if (block.length < 4) throw new MalformedBytes('is too short');
    const restarts = block.readUInt32LE(block.length - 4);
    const end = block.length - 4 - restarts * 4;
    if (end < 0) throw new MalformedBytes('names more restarts than fit');
    this.#block = block;
    this.#at = 0;
    this.#end = end;
    this.#referable = 0;
  }

  /** To the next entry; false at the end. Throws `MalformedBytes`. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const shared = this.#length();
    const added = this.#length();
    const valueLength = this.#length();
    const keyEnd = this.#at + added;
    if (shared > this.#referable || keyEnd + valueLength > this.#end || shared + added > longestKey)
      throw new MalformedBytes('holds an entry that does not fit');
    this.#takeKey(shared, added);
    this.#referable = this.keyLength;
    this.#valueStart = keyEnd;
    this.#at = keyEnd + valueLength;
    return true;
  }

  /** Not copied. */
  value(): Buffer {
    return this.#block.subarray(this.#valueStart, this.#at);
  }

  /** A loop, since the few bytes of a key are copied faster so than by a call. */
  #takeKey(shared: number, added: number): void {
    const before = this.keyLength;
    const length = shared + added;
    if (length > this.key.length) this.#grow(length);
    const from = this.#at - shared;
    const most = Math.min(length, before);
    let at = shared;
    while (at < most && this.key[at] === this.#block[from + at]) at++;
    this.common = at;
    if (length - at > 64) this.#block.copy(this.key, at, from + at, from + length);
    else for (; at < length; at++) this.key[at] = this.#block[from + at] as number;
    this.keyLength = length;
  }

  /** At most 32 bits, seven a byte. */
  #length(): number {
    const first = this.#block[this.#at++] ?? 0;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 128; scale <= 2 ** 28; scale *= 128) {
      if (this.#at > this.#end) break;
      const byte = this.#block[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new MalformedBytes('holds a length without an end');
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(length, this.key.length * 2));
    this.key.copy(larger, 0, 0, this.keyLength);
    this.key = larger;
  }
}
