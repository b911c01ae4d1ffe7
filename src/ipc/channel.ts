/**
 * The wire between the daemon and one host: requests, events and byte streams over one duplex, both ways.
 *
 * What may not happen: an asynchronous throw or an unhandled rejection, a promise that stays pending after the
 * channel closed, memory that grows with a peer that does not read, a request that waits for a big stream.
 *
 * Frames are handled in the order in which they arrive, events and stream listeners synchronously. What follows an
 * `await request(…)` runs only after the events that arrived in the same read, later ones included.
 */
import type { Duplex } from 'node:stream';
import { Answers, type RequestHandler } from './answers.ts';
import { Calls, type RequestOptions } from './calls.ts';
import type { ChannelClock } from './channel-clock.ts';
import type { CloseReason } from './errors.ts';
import { Line } from './line.ts';
import type { Message } from './messages.ts';
import type { WhenFull } from './outbox.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { contained, quietly } from './quietly.ts';
import { type StreamListener, Streams } from './streams.ts';

export interface ChannelOptions {
  readonly clock: ChannelClock;
  /** Who is at the other end, for messages: `host sales`. */
  readonly peer?: string;
  /**
   * Bytes that may wait for the peer to read them, the socket's own buffer included; 16 MiB. Droppable events
   * may fill a quarter of it (4 MiB), requests and new streams half (8 MiB), everything else all of it. The bytes
   * of streams do not wait here.
   */
  readonly maxQueuedBytes?: number;
  /** What listeners throw. The default drops it. */
  readonly reportFault?: (fault: unknown) => void;
}

export type EventListener = (name: string, data: unknown) => void;

const defaultMaxQueuedBytes = 16 * 1024 * 1024;

export class Channel {
  readonly #line: Line;
  readonly #reportFault: (fault: unknown) => void;
  readonly #calls: Calls;
  readonly #answers: Answers;
  readonly #streams: Streams;
  readonly #listeners = new Set<EventListener>();
  #droppedEvents = 0;

  constructor(duplex: Duplex, options: ChannelOptions) {
    const {
      clock,
      peer = 'the peer',
      maxQueuedBytes = defaultMaxQueuedBytes,
      reportFault = () => {},
    } = options;
    const line = new Line(duplex, {
      clock,
      peer,
      maxQueuedBytes,
      onMessage: (message) => this.#dispatch(message),
      onClose: (error) => {
        this.#calls.fail(error);
        this.#answers.fail(error);
        this.#streams.fail(error);
      },
    });
    const send = (message: Message, whenFull: WhenFull) => line.send(message, whenFull);
    this.#line = line;
    this.#reportFault = reportFault;
    this.#calls = new Calls({ clock, send, drained: () => line.drained() });
    this.#answers = new Answers(send);
    this.#streams = new Streams({ send, outbox: line.outbox, reportFault });
  }

  /** Resolves when the channel has closed, after everything pending was rejected. Never rejects. */
  get closed(): Promise<CloseReason> {
    return this.#line.closed;
  }

  /** Bytes that wait for the peer to read them; never more than `maxQueuedBytes` and two chunks. */
  get queuedBytes(): number {
    return this.#line.outbox.queuedBytes;
  }

  /** Droppable events dropped so far. */
  get droppedEvents(): number {
    return this.#droppedEvents;
  }

  /**
   * Begins reading and writing; what was sent before waits for it. Call it in the tick in which the duplex was made,
   * after the handlers and listeners are in place: until then nobody listens to the duplex's errors, and what
   * arrives for a listener that is not there is lost.
   */
  start(): void {
    this.#line.start();
  }

  /**
   * Asks the peer. Rejects with `RemoteError` (it failed there), `RequestTimeoutError`, the signal's reason,
   * `ChannelFullError` (not sent), `FrameTooLargeError` or `TypeError` (params over 4 MiB, or no JSON; not sent),
   * `ChannelClosedError` (outcome unknown). The result is what the peer says it is: check it before trusting it.
   */
  request<Result = unknown>(method: string, params: unknown, options: RequestOptions): Promise<Result> {
    const refusal = this.#line.refusal();
    if (refusal) return quietly(Promise.reject(refusal));
    return this.#calls.request(method, params, options) as Promise<Result>;
  }

  /** Answers a method from now on. Throws when it has a handler already. */
  handle(method: string, handler: RequestHandler): void {
    this.#answers.handle(method, handler);
  }

  /**
   * Tells the peer; true when the event is on its way. A droppable event that cannot be sent is dropped and counted. One
   * that is not droppable closes the channel when it does not fit, for a peer that has left 16 MiB unread is dead, and
   * throws `FrameTooLargeError` or `TypeError` when its data is over 4 MiB or no JSON. False after the channel closed.
   */
  emit(name: string, data?: unknown, { droppable = false }: { readonly droppable?: boolean } = {}): boolean {
    if (this.#line.refusal()) return false;
    if (!droppable) return this.#line.send({ kind: 'event', name, data }, 'close');
    try {
      if (this.#line.send({ kind: 'event', name, data }, 'drop')) return true;
    } catch {
      // What may be lost may not take down whoever said it.
    }
    this.#droppedEvents += 1;
    return false;
  }

  /** Listens to the peer's events until the returned function is called. */
  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Opens a stream to the peer; `meta` is JSON. Never throws: a stream that could not be opened rejects the first
   * write. Aborting `signal` aborts the stream; without one, a consumer that stands still holds it for ever.
   */
  openStream(meta: unknown, { signal }: { readonly signal?: AbortSignal | undefined } = {}): OutgoingStream {
    return this.#streams.open(meta, signal, this.#line.refusal());
  }

  /** Takes the peer's streams from now on. Throws when there is a listener already. */
  onStream(listener: StreamListener): void {
    this.#streams.listen(listener);
  }

  /**
   * Resolves once everything that could be read when it was called has been handled: the deadline of a peer is
   * looked at only afterwards, for a process that was suspended finds the timer before it finds what came meanwhile.
   * Takes two to sixteen rounds of the event loop. A Unix socket holds some 200 small messages, or 200 KiB; what the
   * peer has sent beyond that waits in the peer and is not awaited.
   */
  drained(): Promise<void> {
    return this.#line.drained();
  }

  /** Closes at once: what waits to be written is lost. */
  close(): void {
    this.#line.close({ kind: 'closed' });
  }

  /**
   * Sends what is queued, then closes; takes no new requests, events or streams meanwhile. Closes at once after
   * `timeoutMs`. Resolves when the channel is closed.
   */
  end({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    return this.#line.end(timeoutMs);
  }

  #dispatch(message: Message): void {
    switch (message.kind) {
      case 'request':
        this.#answers.accept(message);
        break;
      case 'cancel':
        this.#answers.cancel(message.id);
        break;
      case 'result':
      case 'failure':
        this.#calls.settle(message);
        break;
      case 'event':
        for (const listener of [...this.#listeners]) {
          contained(() => listener(message.name, message.data), this.#reportFault);
        }
        break;
      default:
        this.#streams.accept(message);
    }
  }
}
