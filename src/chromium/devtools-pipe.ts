/** Speaks the DevTools protocol over a browser's pipe, as much of it as is asked for: messages end with a NUL. */
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';

export type Params = Readonly<Record<string, unknown>>;
export type Listener = (params: Params, session: string | undefined) => void;

/** What a browser may say before it ends a message; the answers that are waited for have a few hundred kilobytes. */
const longestMessage = 16 * 1024 * 1024;

export class DevToolsPipe {
  readonly #input: Duplex;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Map<string, Listener>();
  readonly #ended: Promise<never>;
  #unread = '';
  #last = 0;

  /** Of a browser that was started with `--remote-debugging-pipe` and five streams. */
  constructor(child: ChildProcess) {
    const [, , , input, output] = child.stdio as [unknown, unknown, unknown, Duplex, Duplex];
    this.#input = input;
    output.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
    // Writing to a browser that just ended is no news: its end is.
    for (const stream of [input, output]) stream.on('error', () => undefined);
    this.#ended = new Promise<never>((_, reject) => {
      child.on('error', (error) => reject(new Error(`could not be started: ${error.message}`)));
      child.on('exit', (code, signal) =>
        reject(new Error(`ended at once (${signal ?? `exit code ${code}`})`)),
      );
    });
    this.#ended.catch(() => undefined);
  }

  /** Throws what the browser says against it, and when the browser ends. It has no deadline of its own. */
  call(method: string, params: Params = {}, session?: string): Promise<Params> {
    const id = ++this.#last;
    const answered = new Promise<Params>((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        result ? resolve(result) : reject(new Error(`${method}: ${error?.message}`)),
      );
    });
    this.#input.write(`${JSON.stringify({ id, method, params, ...(session && { sessionId: session }) })}\0`);
    return Promise.race([answered, this.#ended]).finally(() => this.#waiting.delete(id));
  }

  /** The one listener of an event. */
  on(event: string, listener: Listener): void {
    this.#listeners.set(event, listener);
  }

  #read(chunk: string): void {
    const messages = (this.#unread + chunk).split('\0');
    this.#unread = (messages.pop() ?? '').slice(0, longestMessage);
    for (const message of messages) {
      const told = parsed(message);
      if (told?.id !== undefined) this.#waiting.get(told.id)?.(told);
      else if (told?.method !== undefined)
        this.#listeners.get(told.method)?.(told.params ?? {}, told.sessionId);
    }
  }
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly sessionId?: string;
  readonly result?: Params;
  readonly error?: { readonly message?: string };
}

/** What is none is passed over: whoever waits for it has a deadline. */
function parsed(message: string): Answer | null {
  try {
    return JSON.parse(message) as Answer | null;
  } catch {
    return null;
  }
}

/** Why a browser failed, in words. Chromium says it on standard error, between much that does not matter. */
export function failureWords(error: unknown, stderr: string): string {
  const telling = stderr
    .split('\n')
    .findLast((line) =>
      /FATAL|sandbox|error while loading|Permission denied|No space|cannot open/i.test(line),
    );
  const what = error instanceof Error ? error.message : String(error);
  if (telling === undefined) return what;
  const said = telling.replace(/^\[[^\]]*\]\s*/, '').trim();
  return `${what}: ${said.slice(0, 300)}`;
}
