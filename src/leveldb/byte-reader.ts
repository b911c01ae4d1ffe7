/** Bytes that are not what their form asks for. Caught where it is known which file they came from. */
export class MalformedBytes extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MalformedBytes';
  }
}

/** Reads forward; whatever does not fit is a `MalformedBytes`, and nothing is ever read beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new MalformedBytes('ends too soon');
    return value;
  }

  /** Seven bits a byte, the lowest first. Numbers beyond what JavaScript counts exactly are refused. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) throw new MalformedBytes('holds a number that is too large');
        return value;
      }
    }
    throw new MalformedBytes('holds a number without an end');
  }

  /** Not copied. */
  take(length: number): Buffer {
    if (length < 0 || length > this.left) throw new MalformedBytes('ends too soon');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A length and that many bytes, not copied. */
  slice(): Buffer {
    return this.take(this.varint());
  }

  uint32(): number {
    return this.take(4).readUInt32LE(0);
  }

  /** Eight bytes, the lowest first; exact up to 2^53, which no store's sequence reaches. */
  uint64(): number {
    const bytes = this.take(8);
    return bytes.readUInt32LE(0) + bytes.readUInt32LE(4) * 2 ** 32;
  }
}
