/**
 * A duplex that carries messages, from its start to the one reason for which it closes.
 *
 * `created → open → (ending → flushing →) closed`; `closed` is final, and entered from every other phase.
 */
import type { Duplex } from 'node:stream';
import type { ChannelClock } from './channel-clock.ts';
import { ChannelClosedError, ChannelFullError, type CloseReason, type ProtocolError } from './errors.ts';
import { encodeMessage, type Message } from './messages.ts';
import { Outbox, type WhenFull } from './outbox.ts';
import { Reader } from './reader.ts';

export interface LineOptions {
  readonly peer: string;
  readonly clock: ChannelClock;
  readonly maxQueuedBytes: number;
  /** Each message that arrives, in order. Throws nothing but `ProtocolError`, which closes the line. */
  readonly onMessage: (message: Message) => void;
  /** Called once, before `closed` resolves. */
  readonly onClose: (error: ChannelClosedError) => void;
}

export class Line {
  readonly outbox: Outbox;
  readonly #duplex: Duplex;
  readonly #options: LineOptions;
  readonly #reader: Reader;
  readonly #closing = Promise.withResolvers<CloseReason>();
  #phase: 'created' | 'open' | 'ending' | 'flushing' | 'closed' = 'created';
  #closedError: ChannelClosedError | undefined;

  constructor(duplex: Duplex, options: LineOptions) {
    this.#duplex = duplex;
    this.#options = options;
    this.#reader = new Reader(options.onMessage);
    this.outbox = new Outbox(duplex, options.maxQueuedBytes);
  }

  get closed(): Promise<CloseReason> {
    return this.#closing.promise;
  }

  start(): void {
    if (this.#phase !== 'created') return;
    this.#phase = 'open';
    const duplex = this.#duplex;
    // Stays for good: a destroyed duplex may still emit an error.
    duplex.on('error', (error) => this.close({ kind: 'failed', error }));
    if (duplex.destroyed || duplex.readableEnded) {
      this.close({ kind: 'ended' });
      return;
    }
    duplex.on('end', () => this.close({ kind: 'ended' }));
    duplex.on('close', () => this.close({ kind: 'ended' }));
    duplex.on('data', (chunk: Uint8Array) => this.#read(chunk));
    this.outbox.start();
  }

  /** Throws when the message cannot be encoded; false when there is no room for it, or no line any more. */
  send(message: Message, whenFull: WhenFull): boolean {
    if (this.#phase === 'flushing' || this.#phase === 'closed') return false;
    if (this.outbox.push(encodeMessage(message), whenFull)) return true;
    if (whenFull === 'close') {
      const finding = `${this.#options.peer} does not read: ${this.outbox.queuedBytes} bytes wait for it`;
      this.close({ kind: 'overflow', error: new ChannelFullError(finding) });
    }
    return false;
  }

  /** Why nothing new is taken; nothing while it is. */
  refusal(): ChannelClosedError | undefined {
    if (this.#phase !== 'ending' && this.#phase !== 'flushing') return this.#closedError;
    return new ChannelClosedError(this.#options.peer, { kind: 'closed' });
  }

  drained(): Promise<void> {
    return this.#reader.drained();
  }

  /** Writes what is queued, then closes; closes anyhow after `timeoutMs`. */
  async end(timeoutMs: number): Promise<void> {
    if (this.#phase === 'created') this.close({ kind: 'closed' });
    if (this.#phase === 'open') {
      this.#phase = 'ending';
      const close = () => this.close({ kind: 'closed' });
      const timer = this.#options.clock.setTimer(timeoutMs, close);
      void this.closed.then(() => timer.cancel());
      this.outbox.whenEmpty(() => {
        this.#phase = 'flushing';
        // Nothing may be written to the duplex once it is told to end, chunks of streams neither.
        this.outbox.stop();
        this.#duplex.end(close);
      });
    }
    await this.closed;
  }

  close(reason: CloseReason): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#closedError = new ChannelClosedError(this.#options.peer, reason);
    this.#reader.stop();
    this.outbox.stop();
    this.#duplex.destroy();
    this.#options.onClose(this.#closedError);
    this.#closing.resolve(reason);
  }

  #read(chunk: Uint8Array): void {
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.close({ kind: 'protocol', error: error as ProtocolError });
    }
  }
}
