/**
 * What has become of a launch, decided once. While it starts, its end is what `start` rejects with; only an
 * unlinking is an event then too, since it is no failure. Later the end is the last event.
 */
import { type EngineEvent, EngineFailure, type GoneCause } from '../engine.ts';

export class Life {
  readonly #emit: (event: EngineEvent) => void;
  readonly #endedRunning: () => void;
  readonly #controller = new AbortController();
  readonly #ended = Promise.withResolvers<never>();
  #running = false;

  /** `endedRunning` is called when it ends by itself after its start: somebody must end the browser. */
  constructor(emit: (event: EngineEvent) => void, endedRunning: () => void) {
    this.#emit = emit;
    this.#endedRunning = endedRunning;
    this.#ended.promise.catch(() => {});
  }

  /** Aborted with the `EngineFailure` that ended it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get over(): boolean {
    return this.#controller.signal.aborted;
  }

  get isRunning(): boolean {
    return this.#running && !this.over;
  }

  /** Rejects when it ends. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** The start is done. Throws if it has ended meanwhile. */
  run(): void {
    this.signal.throwIfAborted();
    this.#running = true;
  }

  say(event: EngineEvent): void {
    if (!this.over) this.#emit(event);
  }

  loggedOut(): void {
    this.#end({ type: 'logged_out' }, new EngineFailure('refused', 'The device was unlinked.'));
  }

  gone(cause: GoneCause, detail: string): void {
    this.#end({ type: 'gone', cause, detail }, new EngineFailure(cause, detail));
  }

  /** Ended on purpose: nothing is said, and whoever asked ends the browser. */
  finish(why: string, cause?: unknown): void {
    this.#settle(new EngineFailure('engine_error', why, cause === undefined ? undefined : { cause }));
  }

  #end(event: EngineEvent, failure: EngineFailure): void {
    if (this.over) return;
    const running = this.#running;
    if (running || event.type === 'logged_out') this.#emit(event);
    this.#settle(failure);
    if (running) this.#endedRunning();
  }

  #settle(failure: EngineFailure): void {
    if (this.over) return;
    this.#controller.abort(failure);
    this.#ended.reject(failure);
  }
}
