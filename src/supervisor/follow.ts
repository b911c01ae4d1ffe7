/**
 * The notices of one session as an endless iterable, bounded: a slow reader misses what a later notice says anew.
 * Not a generator: that one would hear of its reader's end only with the next notice, which may be days away.
 */
import type { Session } from '../session/session.ts';
import type { SessionNotice } from '../session/session-view.ts';

/** Notices that may wait; beyond it the oldest go that a later one of their kind makes worthless. */
const queueLimit = 256;

/** Every kind, those first that give way first. The last two are events, and go only where nothing else is left. */
const shedding = Object.keys({
  progress: true,
  status: true,
  qr: true,
  code: true,
  authenticated: true,
  ready: true,
} satisfies Readonly<Record<SessionNotice['event'], true>>);

type Result = IteratorResult<SessionNotice, undefined>;

/** Listens from the first `next` on, until `return` or the signal's end. */
export function follow(
  session: Session,
  signal: AbortSignal,
): AsyncIterableIterator<SessionNotice, undefined> {
  return new Following(session, signal);
}

class Following implements AsyncIterableIterator<SessionNotice, undefined> {
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #queue: SessionNotice[] = [];
  /** Those who wait for the next notice; then nothing is in the queue. */
  readonly #readers: ((result: Result) => void)[] = [];
  #unsubscribe: (() => void) | null = null;
  #ended = false;

  constructor(session: Session, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (!this.#unsubscribe) this.#begin();
    if (this.#ended) return Promise.resolve(over);
    const notice = this.#queue.shift();
    if (notice) return Promise.resolve({ done: false, value: notice });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<Result> {
    this.#end();
    return Promise.resolve(over);
  }

  #begin(): void {
    if (this.#ended || this.#signal.aborted) {
      this.#ended = true;
      return;
    }
    this.#queue.push(...standing(this.#session));
    const end = () => this.#end();
    const unsubscribe = this.#session.onNotice((notice) => this.#take(notice));
    this.#signal.addEventListener('abort', end, { once: true });
    this.#unsubscribe = () => {
      unsubscribe();
      this.#signal.removeEventListener('abort', end);
    };
  }

  #take(notice: SessionNotice): void {
    const reader = this.#readers.shift();
    if (reader) {
      reader({ done: false, value: notice });
      return;
    }
    this.#queue.push(notice);
    if (this.#queue.length > queueLimit) shed(this.#queue);
  }

  #end(): void {
    this.#ended = true;
    this.#unsubscribe?.();
    this.#queue.length = 0;
    for (const reader of this.#readers.splice(0)) reader(over);
  }
}

const over: Result = { done: true, value: undefined };

/** Where the session stands, for whoever begins to follow it. */
function standing(session: Session): SessionNotice[] {
  const notices: SessionNotice[] = [{ event: 'status', session: session.view }];
  const { pairing } = session;
  if (pairing?.qr) notices.push({ event: 'qr', qr: pairing.qr });
  if (pairing?.code) notices.push({ event: 'code', code: pairing.code });
  if (session.state.name === 'online') notices.push({ event: 'ready' });
  return notices;
}

/** Takes one out. The newest of each kind stays, whatever the others are. */
function shed(queue: SessionNotice[]): void {
  for (const event of shedding) {
    const oldest = queue.findIndex((notice) => notice.event === event);
    const newest = queue.findLastIndex((notice) => notice.event === event);
    if (oldest === newest) continue;
    queue.splice(oldest, 1);
    return;
  }
}
