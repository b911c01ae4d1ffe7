/**
 * A file in pieces of a known length, for an upload that may go back a bit and go on from there. A piece is never held as
 * a whole. The last one is handed out only when everything before it and it together are what was to be put: the server
 * never gets to the end of a file that changed on the way.
 */
import type { FileHandle } from 'node:fs/promises';
import type { VaultSource } from '../../backup/vault.ts';
import { VigilError } from '../../errors.ts';
import { Digest } from '../../system/digest.ts';
import { openRegular } from '../../system/open-regular.ts';

export interface Piece {
  readonly size: number;
  /** In chunks; each of them in memory of its own, since nobody says when it has been sent. */
  bytes(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

const chunk = 131_072;

export class FilePieces {
  readonly size: number;
  readonly #source: VaultSource;
  readonly #file: FileHandle;
  readonly #digest = new Digest();
  #verified = false;

  private constructor(source: VaultSource, file: FileHandle) {
    this.size = source.bytes;
    this.#source = source;
    this.#file = file;
  }

  /** Throws `internal` where the file has not the length that it is said to have. */
  static async open(source: VaultSource): Promise<FilePieces> {
    const { file, stats } = await openRegular(source.path);
    if (stats.size === source.bytes) return new FilePieces(source, file);
    await file.close();
    throw notTheFile(source, stats.size);
  }

  async slice(start: number, end: number): Promise<{ readonly value: Piece; readonly done: boolean }> {
    const last = Math.min(end, this.size);
    await this.#verifyUpTo(last);
    const value = { size: last - start, bytes: () => this.#read(start, last, () => Buffer.alloc(chunk)) };
    return { value, done: last === this.size };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Each byte once, also where a piece is asked for again from its middle. */
  async #verifyUpTo(end: number): Promise<void> {
    const buffer = Buffer.alloc(chunk);
    for await (const bytes of this.#read(this.#digest.bytes, end, () => buffer)) this.#digest.update(bytes);
    if (this.#verified || this.#digest.bytes < this.size) return;
    if (this.#digest.sha256() !== this.#source.sha256) throw notTheFile(this.#source, this.size);
    this.#verified = true;
  }

  async *#read(
    start: number,
    end: number,
    memory: () => Buffer<ArrayBuffer>,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let at = start; at < end; ) {
      const buffer = memory();
      const { bytesRead } = await this.#file.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw notTheFile(this.#source, at);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

export function notTheFile({ path, bytes }: VaultSource, found: number): VigilError {
  const problem = found === bytes ? 'other bytes than those described' : `${found} bytes, ${bytes} expected`;
  return new VigilError('internal', `${path} is not the file that was to be put: ${problem}.`);
}
