/**
 * What waits to be written, in two lanes: messages, first in first out, and streams, taking turns.
 *
 * Frames are handed to the socket only until it says that it is full; the rest waits here, counted.
 * Streams keep nothing here: a chunk is pulled when the socket can take it, so a gigabyte through a stream never
 * occupies more than the socket's own buffer. When both lanes have work they alternate, one chunk for each
 * 64 KiB of messages: neither starves, and a message waits behind at most one chunk.
 */
import type { Duplex } from 'node:stream';
import { Fifo } from './fifo.ts';

/** Something that can give the next chunk of a stream, as a frame; nothing while it has no data or no credit. */
export interface ChunkSource {
  pull(): Buffer | undefined;
}

/**
 * What becomes of a frame for which there is no room. The three have different bounds, so that what may be
 * lost never crowds out what may not: a burst of log lines cannot close a channel.
 */
export type WhenFull = 'drop' | 'refuse' | 'close';

/** The part of the queue that each may fill. */
const share: { readonly [Key in WhenFull]: number } = { drop: 1 / 4, refuse: 1 / 2, close: 1 };

const messageBytesPerTurn = 64 * 1024;

export class Outbox {
  readonly #duplex: Duplex;
  readonly #maxBytes: number;
  readonly #messages = new Fifo<Buffer>();
  readonly #streams = new Set<ChunkSource>();
  #messageBytes = 0;
  #turnBytes = messageBytesPerTurn;
  #phase: 'waiting' | 'writing' | 'full' | 'pumping' | 'stopped' = 'waiting';
  #whenEmpty: (() => void) | undefined;

  constructor(duplex: Duplex, maxBytes: number) {
    this.#duplex = duplex;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that no kernel has taken yet: waiting here, and in the socket's own buffer. */
  get queuedBytes(): number {
    return this.#messageBytes + this.#duplex.writableLength;
  }

  start(): void {
    this.#duplex.on('drain', () => {
      if (this.#phase === 'full') this.#phase = 'writing';
      this.#pump();
    });
    this.#phase = 'writing';
    this.#pump();
  }

  /** Queues a message; false when there is no room for it, or after `stop`. */
  push(frame: Buffer, whenFull: WhenFull): boolean {
    if (this.#phase === 'stopped') return false;
    if (this.queuedBytes + frame.byteLength > this.#maxBytes * share[whenFull]) return false;
    this.#messages.push(frame);
    this.#messageBytes += frame.byteLength;
    this.#pump();
    return true;
  }

  /** Says that `source` has something to pull. It keeps its turn until it pulls nothing. */
  offer(source: ChunkSource): void {
    if (this.#phase === 'stopped') return;
    this.#streams.add(source);
    this.#pump();
  }

  withdraw(source: ChunkSource): void {
    this.#streams.delete(source);
  }

  /** Calls `then` once the messages queued so far, and any queued meanwhile, are with the socket. */
  whenEmpty(then: () => void): void {
    this.#whenEmpty = then;
    this.#pump();
  }

  /** Forgets everything that was not written, and refuses what comes. */
  stop(): void {
    this.#phase = 'stopped';
    this.#messages.takeAll();
    this.#messageBytes = 0;
    this.#streams.clear();
    this.#whenEmpty = undefined;
  }

  // Writing can call back into this object before it returns (a source ends its stream, an in-memory duplex
  // delivers at once): such calls only queue, and the loop that is already running picks them up in order.
  #pump(): void {
    if (this.#phase !== 'writing') return;
    this.#phase = 'pumping';
    while (this.#isPumping()) {
      const frame = this.#next();
      if (frame === undefined) {
        this.#phase = 'writing';
      } else if (!this.#duplex.write(frame) && this.#isPumping()) {
        this.#phase = 'full';
      }
    }
    if (this.#messages.length > 0) return;
    const then = this.#whenEmpty;
    this.#whenEmpty = undefined;
    then?.();
  }

  // A method, so that the compiler does not take the phase for unchanged across calls that change it.
  #isPumping(): boolean {
    return this.#phase === 'pumping';
  }

  #next(): Buffer | undefined {
    if (this.#turnBytes > 0 && this.#messages.length > 0) return this.#nextMessage();
    this.#turnBytes = messageBytesPerTurn;
    return this.#nextChunk() ?? this.#nextMessage();
  }

  #nextMessage(): Buffer | undefined {
    const frame = this.#messages.shift();
    if (frame === undefined) return undefined;
    this.#messageBytes -= frame.byteLength;
    this.#turnBytes -= frame.byteLength;
    return frame;
  }

  #nextChunk(): Buffer | undefined {
    for (const source of this.#streams) {
      this.#streams.delete(source);
      const frame = source.pull();
      if (frame === undefined) continue;
      this.#streams.add(source);
      return frame;
    }
    return undefined;
  }
}
