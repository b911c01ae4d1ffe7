/**
 * The requests this side has asked and not yet had answered.
 *
 * Each ends exactly once: by its answer, its deadline, its signal, or the end of the channel. Whoever gives up
 * tells the peer; an answer that comes later finds nobody and is dropped.
 */
import type { ChannelClock } from './channel-clock.ts';
import { ChannelFullError, RemoteError, RequestTimeoutError } from './errors.ts';
import type { Message, MessageOf } from './messages.ts';
import type { WhenFull } from './outbox.ts';
import { quietly } from './quietly.ts';

export interface RequestOptions {
  /** Milliseconds until the promise rejects with `RequestTimeoutError`; 0 to 2 147 483 647. */
  readonly timeoutMs: number;
  /** Aborting rejects the promise with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface CallsWiring {
  readonly clock: ChannelClock;
  readonly send: (message: Message, whenFull: WhenFull) => boolean;
  /** Resolves once whatever has already arrived has been handled. */
  readonly drained: () => Promise<void>;
}

interface Call {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Frees timer and listener. */
  readonly release: () => void;
}

const longestTimer = 2 ** 31 - 1;

export class Calls {
  readonly #wiring: CallsWiring;
  readonly #pending = new Map<number, Call>();
  #lastId = 0;

  constructor(wiring: CallsWiring) {
    this.#wiring = wiring;
  }

  request(method: string, params: unknown, { timeoutMs, signal }: RequestOptions): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    quietly(promise);
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    if (!(timeoutMs >= 0 && timeoutMs <= longestTimer)) {
      reject(
        new RangeError(`The deadline of "${method}" is ${timeoutMs} ms, not between 0 and ${longestTimer}.`),
      );
      return promise;
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const { clock, drained, send } = this.#wiring;
    const asked = clock.monotonic();
    // After a suspension every deadline is past while the answers wait in the socket: they are read first.
    const timer = clock.setTimer(timeoutMs, () => {
      void drained().then(() => {
        const waited = Math.round(clock.monotonic() - asked);
        const message = `"${method}" was not answered within ${timeoutMs} ms (asked ${waited} ms ago).`;
        this.#giveUp(id, new RequestTimeoutError(message));
      });
    });
    const onAbort = () => this.#giveUp(id, signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const release = () => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    this.#pending.set(id, { resolve, reject, release });
    try {
      if (send({ kind: 'request', id, method, params }, 'refuse')) return promise;
      this.#take(id)?.reject(new ChannelFullError(`"${method}" was not sent: the peer does not read.`));
    } catch (error) {
      this.#take(id)?.reject(error);
    }
    return promise;
  }

  settle(answer: MessageOf<'result'> | MessageOf<'failure'>): void {
    const call = this.#take(answer.id);
    if (answer.kind === 'result') call?.resolve(answer.result);
    else call?.reject(new RemoteError(answer.error));
  }

  /** Rejects every pending request with `error`. */
  fail(error: Error): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
  }

  #giveUp(id: number, error: unknown): void {
    const call = this.#take(id);
    if (call === undefined) return;
    call.reject(error);
    this.#wiring.send({ kind: 'cancel', id }, 'close');
  }

  #take(id: number): Call | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    call?.release();
    return call;
  }
}
