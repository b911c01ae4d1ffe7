/**
 * Frames on a byte stream: u32 length of the payload (big endian), u8 kind, payload.
 *
 * The decoder takes any chunking and holds at most one unfinished frame, so a peer can cost this process
 * one frame of memory and no more. A length above the bound is refused before a byte of it is stored.
 */
import { FrameTooLargeError, ProtocolError } from './errors.ts';

/** The largest payload of a frame, in bytes. Both ends must agree on it. */
export const maxFrameBytes = 4 * 1024 * 1024;

const headerBytes = 5;

export interface Frame {
  /** 0 to 255. */
  readonly kind: number;
  /** May share memory with the chunk it arrived in. */
  readonly payload: Uint8Array;
}

/** One frame holding a copy of `parts`, one after the other. Throws `FrameTooLargeError` above the bound. */
export function encodeFrame(kind: number, parts: readonly Uint8Array[], maxBytes = maxFrameBytes): Buffer {
  let length = 0;
  for (const part of parts) length += part.byteLength;
  if (length > maxBytes) {
    throw new FrameTooLargeError(`A message of ${length} bytes exceeds the ${maxBytes} bytes of a frame.`);
  }
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt8(kind, 4);
  let at = headerBytes;
  for (const part of parts) {
    frame.set(part, at);
    at += part.byteLength;
  }
  return frame;
}

export class FrameDecoder {
  readonly #maxBytes: number;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #payload: Buffer | undefined;
  #payloadFilled = 0;
  #fault: ProtocolError | undefined;

  constructor(maxBytes = maxFrameBytes) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The frames that `chunk` completes, in order. Iterate to the end, or never push again: what was not
   * taken is lost. Throws `ProtocolError` for a frame above the bound, and from then on for every push.
   */
  *push(chunk: Uint8Array): Generator<Frame, void, void> {
    if (this.#fault) throw this.#fault;
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#headerFilled < headerBytes) {
        const part = chunk.subarray(at, at + headerBytes - this.#headerFilled);
        this.#header.set(part, this.#headerFilled);
        this.#headerFilled += part.byteLength;
        at += part.byteLength;
        if (this.#headerFilled < headerBytes) return;
        this.#refuseTooLarge();
      }
      const length = this.#header.readUInt32BE(0);
      if (this.#payload === undefined && chunk.byteLength - at >= length) {
        // The common case: the whole payload lies in this chunk and needs no copy.
        const payload = chunk.subarray(at, at + length);
        at += length;
        yield this.#complete(payload);
        continue;
      }
      this.#payload ??= Buffer.allocUnsafe(length);
      const part = chunk.subarray(at, at + length - this.#payloadFilled);
      this.#payload.set(part, this.#payloadFilled);
      this.#payloadFilled += part.byteLength;
      at += part.byteLength;
      if (this.#payloadFilled === length) yield this.#complete(this.#payload);
    }
  }

  #complete(payload: Uint8Array): Frame {
    this.#headerFilled = 0;
    this.#payload = undefined;
    this.#payloadFilled = 0;
    return { kind: this.#header.readUInt8(4), payload };
  }

  #refuseTooLarge(): void {
    const length = this.#header.readUInt32BE(0);
    if (length <= this.#maxBytes) return;
    this.#fault = new ProtocolError(
      `The peer announced a frame of ${length} bytes; at most ${this.#maxBytes} are allowed.`,
    );
    throw this.#fault;
  }
}
