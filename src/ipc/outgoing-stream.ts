/**
 * The producing end of a stream.
 *
 * It sends only what the consumer has given it credit for, and starts with none: the first credit comes when the
 * peer has a consumer, so chunks can never overtake the opening.
 */
import { StreamCancelledError, toWireError } from './errors.ts';
import { Fifo } from './fifo.ts';
import { encodeMessage, type Message } from './messages.ts';
import type { ChunkSource } from './outbox.ts';
import { quietly } from './quietly.ts';

/** The largest chunk of a stream, in bytes: a message never waits behind more of it. */
export const chunkBytes = 64 * 1024;

/** What a stream needs of its channel. */
export interface StreamWiring {
  readonly send: (message: Message) => void;
  /** There may be something to pull. */
  readonly offer: (source: ChunkSource) => void;
  /** The stream is over, whichever way. */
  readonly over: () => void;
}

interface Write {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class OutgoingStream implements ChunkSource {
  readonly #id: number;
  readonly #wiring: StreamWiring;
  readonly #writes = new Fifo<Write>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #controller = new AbortController();
  #phase: 'open' | 'ending' | 'ended' | 'done' | 'failed' = 'open';
  #credit = 0;
  /** Bytes of the first write that have been sent. */
  #sent = 0;

  constructor(id: number, wiring: StreamWiring) {
    this.#id = id;
    this.#wiring = wiring;
    quietly(this.#ended.promise);
  }

  /** Aborts, with the error, as soon as the stream fails: cancelled by the consumer, aborted, channel closed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Resolves when all of `bytes` is with the socket, which waits for the consumer's credit: await it before
   * producing more. The bytes may not change before it settles; afterwards they are the caller's again.
   * Rejects with what `signal` aborts with. Writes are sent in the order of their calls.
   */
  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    quietly(promise);
    if (this.#phase === 'failed') reject(this.signal.reason);
    else if (this.#phase !== 'open')
      reject(new TypeError('Nothing can be written to a stream that was ended.'));
    else {
      this.#writes.push({ bytes, resolve, reject });
      this.#wiring.offer(this);
    }
    return promise;
  }

  /**
   * Ends the stream after what was written. Resolves when the consumer has taken everything, the end included;
   * rejects with what `signal` aborts with. Calling it again returns the same promise.
   */
  end(): Promise<void> {
    if (this.#phase === 'open') {
      this.#phase = 'ending';
      this.#finishIfWritten();
    }
    return this.#ended.promise;
  }

  /** Gives the stream up; the consumer's iteration throws `error` as a `RemoteError`. No effect once it is over. */
  abort(error: unknown = new Error('The producer aborted the stream.')): void {
    if (this.#isOver()) return;
    this.fail(error);
    this.#wiring.send({ kind: 'stream-abort', id: this.#id, error: toWireError(error) });
  }

  /** For the outbox: the next chunk that data and credit allow, as a frame that shares no memory with the write. */
  pull(): Buffer | undefined {
    for (;;) {
      const write = this.#writes.peek();
      if (write === undefined) return undefined;
      const end = Math.min(this.#sent + Math.min(chunkBytes, this.#credit), write.bytes.byteLength);
      const bytes = write.bytes.subarray(this.#sent, end);
      if (bytes.byteLength === 0 && write.bytes.byteLength > this.#sent) return undefined;
      const frame =
        bytes.byteLength > 0 ? encodeMessage({ kind: 'stream-chunk', id: this.#id, bytes }) : undefined;
      this.#credit -= bytes.byteLength;
      this.#sent = end;
      if (end === write.bytes.byteLength) {
        this.#writes.shift();
        this.#sent = 0;
        write.resolve();
        // Only queues the end: the outbox writes the frame returned below first.
        this.#finishIfWritten();
      }
      if (frame !== undefined) return frame;
    }
  }

  /** The consumer allows `credit` bytes more. */
  grant(credit: number): void {
    this.#credit += credit;
    this.#wiring.offer(this);
  }

  /** The consumer has taken everything. */
  finish(): void {
    if (this.#phase !== 'ended') return;
    this.#phase = 'done';
    this.#wiring.over();
    this.#ended.resolve();
  }

  /** The consumer gave up. */
  cancelled(cause: Error | undefined): void {
    const why = cause === undefined ? '' : `: ${cause.message}`;
    this.fail(new StreamCancelledError(`The consumer cancelled the stream${why}`, { cause }));
  }

  /** Ends the stream with `error`, without telling the peer. */
  fail(error: unknown): void {
    if (this.#isOver()) return;
    this.#phase = 'failed';
    this.#wiring.over();
    for (const write of this.#writes.takeAll()) write.reject(error);
    this.#ended.reject(error);
    this.#controller.abort(error);
  }

  #isOver(): boolean {
    return this.#phase === 'done' || this.#phase === 'failed';
  }

  #finishIfWritten(): void {
    if (this.#phase !== 'ending' || this.#writes.length > 0) return;
    this.#phase = 'ended';
    this.#wiring.send({ kind: 'stream-end', id: this.#id });
  }
}
