/**
 * The requests of the peer that this side is working on.
 *
 * A handler's signal aborts when nobody waits any more; its result is then not sent. It still counts as
 * running until it returns, so a peer that asks and gives up in a loop cannot pile up work without end.
 */
import { ProtocolError, RefusedError, RequestCancelledError, toWireError } from './errors.ts';
import type { Message, MessageOf } from './messages.ts';
import type { WhenFull } from './outbox.ts';

/** Answers one method. What it throws reaches the asker as a `RemoteError`; its result must be JSON. */
export type RequestHandler = (params: unknown, context: { readonly signal: AbortSignal }) => unknown;

/** Requests worked on at once; more are refused with the code IPC_BUSY. */
const mostRunning = 1024;

export class Answers {
  readonly #send: (message: Message, whenFull: WhenFull) => boolean;
  readonly #handlers = new Map<string, RequestHandler>();
  readonly #running = new Map<number, AbortController>();

  constructor(send: (message: Message, whenFull: WhenFull) => boolean) {
    this.#send = send;
  }

  /** Throws when the method has a handler already. */
  handle(method: string, handler: RequestHandler): void {
    if (this.#handlers.has(method)) throw new Error(`The method "${method}" has a handler already.`);
    this.#handlers.set(method, handler);
  }

  accept({ id, method, params }: MessageOf<'request'>): void {
    if (this.#running.has(id)) throw new ProtocolError(`The peer asked twice under the id ${id}.`);
    if (this.#running.size >= mostRunning) {
      this.#refuse(id, new RefusedError('IPC_BUSY', `"${method}" refused: ${mostRunning} are running.`));
      return;
    }
    const handler = this.#handlers.get(method);
    if (handler === undefined) {
      this.#refuse(id, new RefusedError('IPC_NO_METHOD', `There is no method "${method}".`));
      return;
    }
    void this.#run(id, handler, params);
  }

  cancel(id: number): void {
    this.#running.get(id)?.abort(new RequestCancelledError('The caller no longer waits.'));
  }

  /** Aborts every handler's signal with `error`. */
  fail(error: Error): void {
    for (const controller of [...this.#running.values()]) controller.abort(error);
  }

  // May not reject: nobody awaits it.
  async #run(id: number, handler: RequestHandler, params: unknown): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(id, controller);
    try {
      const result = await handler(params, { signal });
      // A result that is no JSON, or too large, throws here and is answered as a failure.
      if (!signal.aborted) this.#send({ kind: 'result', id, result }, 'close');
    } catch (error) {
      if (!signal.aborted) this.#refuse(id, error);
    } finally {
      this.#running.delete(id);
    }
  }

  #refuse(id: number, error: unknown): void {
    this.#send({ kind: 'failure', id, error: toWireError(error) }, 'close');
  }
}
