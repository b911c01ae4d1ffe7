/**
 * The library's `inject()`, once per document. The library calls it for every navigation of every frame,
 * hash changes and iframes included, awaits none of those calls, and registers its listeners anew each time.
 * Standing in its place, this wires each document exactly once, tries again when the page navigates under
 * it, and reports a document that never comes up instead of throwing where nobody catches.
 */
import type { Clock } from '../../system/clock.ts';
import { DeadlineExceeded, within } from '../../system/deadline.ts';
import { isContextLost, isProtocolTimeout, messageOf } from './failure.ts';
import type { WhatsAppClient } from './library-types.ts';
import type { PageReader } from './page-snapshot.ts';

export interface InjectionPorts {
  readonly clock: Clock;
  readonly reader: () => PageReader;
  /** Milliseconds for a document to come up and be wired. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** The first document has loaded, and the library begins. */
  readonly began: () => void;
  /** Another document than the one that was wired is there. */
  readonly navigated: () => void;
  readonly wired: () => void;
  /** Only for documents after the first: the first one's failure is `initialize()`'s. */
  readonly failed: (reason: unknown) => void;
}

const betweenTriesMs = 100;

export class Injection {
  readonly #client: WhatsAppClient;
  readonly #ports: InjectionPorts;
  readonly #original: () => Promise<void>;
  #document: number | null = null;
  #announced: number | null = null;
  #running: Promise<void> | null = null;
  #stale = false;

  constructor(client: WhatsAppClient, ports: InjectionPorts) {
    this.#client = client;
    this.#ports = ports;
    this.#original = client.inject.bind(client);
  }

  /** Puts itself in the place of the client's `inject`. */
  install(): void {
    this.#client.inject = () => this.#asked();
  }

  /** Whether the document is one that the library is wired into. */
  isWired(document: number): boolean {
    return this.#document === document;
  }

  /** Whether a document is being wired, or looked at to see whether it must be. */
  get busy(): boolean {
    return this.#running !== null;
  }

  /** A navigation was seen; does nothing before the library itself has begun. */
  renew(): void {
    if (this.#document !== null) void this.#asked();
    else this.#stale = true;
  }

  #asked(): Promise<void> {
    const first = this.#document === null;
    // One that is under way may have looked at the document before this navigation.
    this.#stale = true;
    this.#running ??= this.#wire();
    if (first) return this.#running;
    return this.#running.catch((reason: unknown) => {
      if (!this.#ports.signal.aborted) this.#ports.failed(reason);
    });
  }

  async #wire(): Promise<void> {
    try {
      await this.#wireUntilCurrent();
    } finally {
      this.#running = null;
    }
  }

  async #wireUntilCurrent(): Promise<void> {
    const { clock, deadline, signal } = this.#ports;
    const end = clock.monotonic() + deadline;
    if (this.#document === null) this.#ports.began();
    let latest: unknown = null;
    for (;;) {
      signal.throwIfAborted();
      const left = end - clock.monotonic();
      if (left <= 0) throw latest ?? new DeadlineExceeded('Wiring the page', deadline);
      try {
        this.#stale = false;
        if ((await this.#wireOnce(left)) && !this.#stale) return;
      } catch (error) {
        if (!isWorthAnotherTry(error)) throw error;
        latest = error;
      }
      await clock.sleep(betweenTriesMs, signal);
    }
  }

  /** True once the document that the page shows is wired. */
  async #wireOnce(left: number): Promise<boolean> {
    const { clock, signal } = this.#ports;
    const before = await within(
      clock,
      left,
      'Looking at the page',
      this.#ports.reader().readAfresh(),
      signal,
    );
    if (before.document === this.#document) return true;
    if (this.#document !== null && before.document !== this.#announced) {
      this.#announced = before.document;
      this.#ports.navigated();
    }
    await within(clock, left, 'WhatsApp Web', this.#original(), signal);
    const after = await within(clock, left, 'Looking at the page', this.#ports.reader().readAfresh(), signal);
    if (after.document !== before.document) return false;
    this.#document = after.document;
    this.#ports.wired();
    return true;
  }
}

function isWorthAnotherTry(error: unknown): boolean {
  const text = messageOf(error);
  return isContextLost(text) || isProtocolTimeout(text);
}
