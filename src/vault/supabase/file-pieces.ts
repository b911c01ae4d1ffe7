/**
 * A file in pieces of a known length, in one buffer, for an upload that may go back a bit and go on from there. The last
 * piece is handed out only when everything before it and it together are what was to be put: the server never gets to
 * the end of a file that changed on the way.
 */
import type { FileHandle } from 'node:fs/promises';
import type { VaultSource } from '../../backup/vault.ts';
import { VigilError } from '../../errors.ts';
import { Digest } from '../../system/digest.ts';
import { openRegular } from '../../system/open-regular.ts';

export interface Piece {
  readonly bytes: Uint8Array;
  readonly size: number;
}

export class FilePieces {
  readonly size: number;
  readonly #source: VaultSource;
  readonly #file: FileHandle;
  readonly #buffer: Buffer;
  #digest = new Digest();
  #verified = false;

  private constructor(source: VaultSource, file: FileHandle, longest: number) {
    this.size = source.bytes;
    this.#source = source;
    this.#file = file;
    this.#buffer = Buffer.allocUnsafe(Math.min(longest, source.bytes));
  }

  /** Throws `internal` where the file has not the length that it is said to have. */
  static async open(source: VaultSource, longest: number): Promise<FilePieces> {
    const { file, stats } = await openRegular(source.path);
    if (stats.size === source.bytes) return new FilePieces(source, file, longest);
    await file.close();
    throw notTheFile(source, stats.size);
  }

  async slice(start: number, end: number): Promise<{ readonly value: Piece; readonly done: boolean }> {
    const bytes = this.#buffer.subarray(0, Math.min(end, this.size) - start);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw notTheFile(this.#source, start + filled);
      filled += bytesRead;
    }
    if (start === 0 && !this.#verified) this.#digest = new Digest();
    this.#verify(bytes, start);
    return { value: { bytes, size: bytes.length }, done: start + bytes.length === this.size };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Each byte once, also where a piece is asked for again from its middle. */
  #verify(bytes: Uint8Array, start: number): void {
    if (this.#verified) return;
    const seen = this.#digest.bytes - start;
    if (seen < 0) throw new VigilError('internal', `${this.#source.path} is read from beyond its pieces.`);
    this.#digest.update(bytes.subarray(seen));
    if (this.#digest.bytes < this.size) return;
    if (this.#digest.sha256() !== this.#source.sha256) throw notTheFile(this.#source, this.size);
    this.#verified = true;
  }
}

export function notTheFile({ path, bytes }: VaultSource, found: number): VigilError {
  const problem = found === bytes ? 'other bytes than those described' : `${found} bytes, ${bytes} expected`;
  return new VigilError('internal', `${path} is not the file that was to be put: ${problem}.`);
}
