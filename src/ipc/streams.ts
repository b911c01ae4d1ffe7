/** The streams of a channel, in both directions: opens them, and takes each message to the stream it is for. */
import { ChannelFullError, ProtocolError, RefusedError, RemoteError, toWireError } from './errors.ts';
import { IncomingStream, windowBytes } from './incoming-stream.ts';
import type { Message, MessageOf } from './messages.ts';
import type { Outbox, WhenFull } from './outbox.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { contained } from './quietly.ts';

/** Told of each stream that the peer opens. It must iterate it, or cancel it. */
export type StreamListener = (meta: unknown, incoming: IncomingStream) => void;

export interface StreamsWiring {
  /** Throws when the message cannot be encoded; false when there is no room for it. */
  readonly send: (message: Message, whenFull: WhenFull) => boolean;
  readonly outbox: Pick<Outbox, 'offer' | 'withdraw'>;
  readonly reportFault: (fault: unknown) => void;
}

/** Streams the peer may have open at once; more are cancelled with the code IPC_BUSY. */
const mostIncoming = 64;

export class Streams {
  readonly #wiring: StreamsWiring;
  readonly #outgoing = new Map<number, OutgoingStream>();
  readonly #incoming = new Map<number, IncomingStream>();
  #listener: StreamListener | undefined;
  #lastOpened = 0;
  #lastAccepted = 0;

  constructor(wiring: StreamsWiring) {
    this.#wiring = wiring;
  }

  /** `refused`: why no stream can be opened, when it is known beforehand. */
  open(meta: unknown, signal: AbortSignal | undefined, refused: Error | undefined): OutgoingStream {
    const { outbox } = this.#wiring;
    this.#lastOpened += 1;
    const id = this.#lastOpened;
    const onAbort = () => stream.abort(signal?.reason);
    const stream = new OutgoingStream(id, {
      send: (message) => this.#send(message),
      offer: (source) => outbox.offer(source),
      over: () => {
        signal?.removeEventListener('abort', onAbort);
        outbox.withdraw(stream);
        this.#outgoing.delete(id);
      },
    });
    this.#outgoing.set(id, stream);
    try {
      if (refused) stream.fail(refused);
      else if (signal?.aborted) stream.fail(signal.reason);
      else if (!this.#wiring.send({ kind: 'stream-open', id, meta }, 'refuse')) {
        stream.fail(new ChannelFullError('The stream was not opened: the peer does not read.'));
      } else signal?.addEventListener('abort', onAbort, { once: true });
    } catch (error) {
      stream.fail(error);
    }
    return stream;
  }

  /** Throws when there is a listener already. */
  listen(listener: StreamListener): void {
    if (this.#listener) throw new Error('The channel has a stream listener already.');
    this.#listener = listener;
  }

  // Messages for a stream that is over on this side were under way when it ended: they are dropped.
  accept(message: Extract<Message, { kind: `stream-${string}` }>): void {
    switch (message.kind) {
      case 'stream-open':
        this.#accept(message);
        break;
      case 'stream-chunk':
        this.#known(message.id)?.accept(message.bytes);
        break;
      case 'stream-end':
        this.#known(message.id)?.ended();
        break;
      case 'stream-abort':
        this.#known(message.id)?.fail(new RemoteError(message.error));
        break;
      case 'stream-credit':
        this.#outgoing.get(message.id)?.grant(message.credit);
        break;
      case 'stream-done':
        this.#outgoing.get(message.id)?.finish();
        break;
      case 'stream-cancel':
        this.#outgoing.get(message.id)?.cancelled(message.error && new RemoteError(message.error));
        break;
    }
  }

  /** Fails every stream with `error`, but those that have arrived completely. */
  fail(error: Error): void {
    for (const stream of [...this.#outgoing.values()]) stream.fail(error);
    for (const stream of [...this.#incoming.values()]) stream.disconnected(error);
  }

  #accept({ id, meta }: MessageOf<'stream-open'>): void {
    if (id <= this.#lastAccepted) throw new ProtocolError(`The peer opened the stream ${id} out of order.`);
    this.#lastAccepted = id;
    const listener = this.#listener;
    if (listener === undefined) {
      this.#refuse(id, new RefusedError('IPC_NO_STREAM_LISTENER', 'Nobody takes streams here.'));
      return;
    }
    if (this.#incoming.size >= mostIncoming) {
      this.#refuse(id, new RefusedError('IPC_BUSY', `Stream refused: ${mostIncoming} are open.`));
      return;
    }
    const incoming = new IncomingStream(id, {
      send: (message) => this.#send(message),
      over: () => this.#incoming.delete(id),
    });
    this.#incoming.set(id, incoming);
    this.#send({ kind: 'stream-credit', id, credit: windowBytes });
    contained(
      () => listener(meta, incoming),
      (fault) => {
        incoming.cancel(fault);
        this.#wiring.reportFault(fault);
      },
    );
  }

  #known(id: number): IncomingStream | undefined {
    if (id > this.#lastAccepted)
      throw new ProtocolError(`The peer never opened the stream ${id} it wrote to.`);
    return this.#incoming.get(id);
  }

  #refuse(id: number, error: Error): void {
    this.#send({ kind: 'stream-cancel', id, error: toWireError(error) });
  }

  #send(message: Message): void {
    this.#wiring.send(message, 'close');
  }
}
