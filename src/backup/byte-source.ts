import { ArchiveFault } from './archive-fault.ts';

/** Bytes out of chunks of any size, as many as are asked for and never more than was allowed in all. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #most: number;
  #seen = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>, most: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#most = most;
  }

  /** Throws `ArchiveFault` when it ends before. For few bytes: they are held together. */
  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = bytes; missing > 0; ) {
      const part = await this.#some(missing);
      if (!part) throw new ArchiveFault('it ends in the middle');
      parts.push(part);
      missing -= part.length;
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts);
  }

  async skip(bytes: number): Promise<void> {
    for await (const _ of this.take(bytes).chunks);
  }

  /** The next so many bytes, as they come. `drain` passes over what was not read of them. */
  take(bytes: number): { readonly chunks: AsyncIterable<Uint8Array>; drain(): Promise<void> } {
    let missing = bytes;
    const next = async () => {
      if (missing === 0) return null;
      const part = await this.#some(missing);
      if (!part) throw new ArchiveFault('it ends in the middle');
      missing -= part.length;
      return part;
    };
    const drain = async () => {
      while (await next());
    };
    async function* chunks() {
      for (let part = await next(); part; part = await next()) yield part;
    }
    return { chunks: chunks(), drain };
  }

  /** Reads to the end. */
  async endsWithZeros(): Promise<boolean> {
    for (let part = await this.#some(blockAtMost); part; part = await this.#some(blockAtMost)) {
      if (part.some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  /** At least one byte and at most so many; null at the end. */
  async #some(most: number): Promise<Buffer | null> {
    while (this.#held.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done) return null;
      this.#seen += value.byteLength;
      if (this.#seen > this.#most) throw new ArchiveFault(`it unpacks to more than ${this.#most} bytes`);
      this.#held = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    const part = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(part.length);
    return part;
  }
}

const blockAtMost = 65_536;
