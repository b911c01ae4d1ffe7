/**
 * The consuming end of a stream.
 *
 * It holds at most one window of bytes: the producer is allowed that much ahead of what the consumer has taken,
 * and a producer that sends more breaks the protocol. Leaving the iteration early stops the producer.
 */
import { ProtocolError, StreamCancelledError, toWireError } from './errors.ts';
import { Fifo } from './fifo.ts';
import type { Message } from './messages.ts';
import { quietly } from './quietly.ts';

/** How far a producer may be ahead of its consumer, in bytes. */
export const windowBytes = 256 * 1024;

/** Credit is returned in portions of this many bytes, so that small chunks do not cost a message each. */
const creditPortion = windowBytes / 2;

type Outcome =
  /** Chunks are still to come. */
  | { readonly kind: 'open' }
  /** The end has arrived; the consumer may have chunks left to take. */
  | { readonly kind: 'ended' }
  /** The consumer has taken the end, or left. */
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Waiting {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

export interface IncomingWiring {
  readonly send: (message: Message) => void;
  /** The stream is over, whichever way. */
  readonly over: () => void;
}

export class IncomingStream implements AsyncIterableIterator<Uint8Array, undefined, void> {
  readonly #id: number;
  readonly #wiring: IncomingWiring;
  readonly #chunks = new Fifo<Uint8Array>();
  readonly #waiting = new Fifo<Waiting>();
  #outcome: Outcome = { kind: 'open' };
  #buffered = 0;
  /** Taken by the consumer since credit was last returned. */
  #taken = 0;

  constructor(id: number, wiring: IncomingWiring) {
    this.#id = id;
    this.#wiring = wiring;
  }

  /** Bytes that have arrived and wait for the consumer; never more than `windowBytes`. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * The next chunk, of 1 to 65 536 bytes: cut by the wire, not by the producer's writes. Rejects with `RemoteError`
   * when the producer aborts and `ChannelClosedError` when the channel closes before the end has arrived; every later
   * call rejects alike, so a failed stream can never be taken for a complete one.
   */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Uint8Array, undefined>>();
    quietly(promise);
    this.#waiting.push({ resolve, reject });
    this.#settle();
    return promise;
  }

  /** Stops the producer; `for await` calls it when its body breaks or throws. A `next` that waits ends as done. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#leave({ kind: 'over' });
    return { done: true, value: undefined };
  }

  /** Stops the producer, telling it why; a `next` that waits rejects with `error`. No effect once it is over. */
  cancel(error: unknown = new StreamCancelledError('This side cancelled the stream.')): void {
    this.#leave({ kind: 'failed', error });
  }

  /** A chunk arrived. Throws `ProtocolError` when there was no credit for it. */
  accept(bytes: Uint8Array): void {
    if (this.#outcome.kind !== 'open')
      throw new ProtocolError('The peer sent a chunk after the end of its stream.');
    // What was taken and not yet returned still belongs to the producer's window.
    if (bytes.byteLength === 0 || this.#buffered + this.#taken + bytes.byteLength > windowBytes) {
      throw new ProtocolError(`The peer sent a chunk of ${bytes.byteLength} bytes without credit for it.`);
    }
    this.#chunks.push(bytes);
    this.#buffered += bytes.byteLength;
    this.#settle();
  }

  /** The end arrived. */
  ended(): void {
    if (this.#outcome.kind !== 'open') throw new ProtocolError('The peer ended a stream twice.');
    this.#outcome = { kind: 'ended' };
    this.#settle();
  }

  /** Ends the stream with `error`, without telling the peer. */
  fail(error: unknown): void {
    if (this.#isOver()) return;
    this.#conclude({ kind: 'failed', error });
  }

  /** The channel closed. A stream that has arrived completely can still be read to its end. */
  disconnected(error: Error): void {
    if (this.#outcome.kind === 'open') this.#conclude({ kind: 'failed', error });
  }

  #leave(outcome: Outcome): void {
    if (this.#isOver()) return;
    this.#conclude(outcome);
    const error = outcome.kind === 'failed' ? { error: toWireError(outcome.error) } : {};
    this.#wiring.send({ kind: 'stream-cancel', id: this.#id, ...error });
  }

  #conclude(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#chunks.takeAll();
    this.#buffered = 0;
    this.#wiring.over();
    this.#settle();
  }

  #isOver(): boolean {
    return this.#outcome.kind === 'over' || this.#outcome.kind === 'failed';
  }

  /** Answers as many waiting calls as can be answered. */
  #settle(): void {
    while (this.#waiting.length > 0) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waiting.shift()?.resolve({ done: false, value: chunk });
        this.#took(chunk.byteLength);
      } else if (this.#outcome.kind === 'open') {
        return;
      } else if (this.#outcome.kind === 'failed') {
        this.#waiting.shift()?.reject(this.#outcome.error);
      } else {
        this.#waiting.shift()?.resolve({ done: true, value: undefined });
        this.#tookEnd();
      }
    }
  }

  #took(bytes: number): void {
    this.#buffered -= bytes;
    this.#taken += bytes;
    if (this.#outcome.kind !== 'open' || this.#taken < creditPortion) return;
    const credit = this.#taken;
    this.#taken = 0;
    this.#wiring.send({ kind: 'stream-credit', id: this.#id, credit });
  }

  #tookEnd(): void {
    if (this.#outcome.kind !== 'ended') return;
    this.#outcome = { kind: 'over' };
    this.#wiring.over();
    this.#wiring.send({ kind: 'stream-done', id: this.#id });
  }
}
