/** Turns what arrives into messages, one at a time and in order, and knows when nothing more is waiting. */
import { ProtocolError } from './errors.ts';
import { FrameDecoder } from './framing.ts';
import { decodeMessage, type Message } from './messages.ts';

/** Rounds of the event loop that `drained` waits at most for the peer to pause. */
const mostRounds = 16;

export class Reader {
  readonly #decoder = new FrameDecoder();
  readonly #inbox: Uint8Array[] = [];
  readonly #onMessage: (message: Message) => void;
  #phase: 'idle' | 'reading' | 'stopped' = 'idle';
  #bytesRead = 0;

  constructor(onMessage: (message: Message) => void) {
    this.#onMessage = onMessage;
  }

  /** Takes a chunk as it arrived. Throws nothing but `ProtocolError`. */
  read(chunk: Uint8Array): void {
    if (this.#phase === 'stopped') return;
    this.#bytesRead += chunk.byteLength;
    this.#inbox.push(chunk);
    // An in-memory duplex can deliver the next chunk while a message is being handled: it waits its turn.
    if (this.#phase === 'reading') return;
    this.#phase = 'reading';
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        for (const frame of this.#decoder.push(next)) {
          this.#onMessage(decodeMessage(frame));
          if (this.#isStopped()) return;
        }
      }
      this.#phase = 'idle';
    } catch (error) {
      this.stop();
      // Nothing else should be thrown here; if it is, what follows in the stream is as lost.
      throw error instanceof ProtocolError
        ? error
        : new ProtocolError('A message of the peer could not be handled.', { cause: error });
    }
  }

  /** Drops what has not been handled, and what may still come. */
  stop(): void {
    this.#phase = 'stopped';
    this.#inbox.length = 0;
  }

  /** Resolves after a round of the event loop in which nothing arrived, or sixteen in which something did. */
  async drained(): Promise<void> {
    for (let round = 1; round <= mostRounds && !this.#isStopped(); round += 1) {
      const before = this.#bytesRead;
      await new Promise<void>((resolve) => setImmediate(resolve));
      // The first round may end without having polled the socket since the call.
      if (round > 1 && this.#bytesRead === before) return;
    }
  }

  // A method, so that the compiler does not take the phase for unchanged across calls that change it.
  #isStopped(): boolean {
    return this.#phase === 'stopped';
  }
}
