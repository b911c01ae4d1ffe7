import { createHash } from 'node:crypto';

/** Bytes and SHA-256 of a stream, taken while it passes. */
export class Digest {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.byteLength;
  }

  /** Hex, of everything that has passed. Once. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  async *through(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.update(chunk);
      yield chunk;
    }
  }
}
