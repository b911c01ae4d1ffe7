/**
 * A proxy in front of a server over HTTP that does to requests what networks and gateways do to them: what is scripted
 * once happens to the next request that fits, everything else passes through.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type Fault =
  /** The connection ends before the server hears of it, or after so many bytes of the body have reached it. */
  | { readonly kind: 'reset'; readonly afterRequestBytes?: number }
  /** Nothing is passed on and nothing is answered. */
  | { readonly kind: 'hang' }
  /** Something in between answers. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The server does it and answers, and the connection ends. */
  | { readonly kind: 'lost' }
  /** The answer ends, or stops coming, after so many bytes of its body. */
  | { readonly kind: 'cut' | 'stall'; readonly afterBytes: number }
  /** The answer comes a few bytes at a time. */
  | { readonly kind: 'drip'; readonly bytes: number };

export interface Scripted {
  readonly method?: string;
  readonly path?: RegExp;
  /** From the first that fits (1) on. */
  readonly nth?: number;
  /** How often; for ever unless it is said. */
  readonly times?: number;
  readonly fault: Fault;
}

interface Pending extends Scripted {
  seen: number;
  done: number;
}

export const html = '<html><body><h1>502 Bad Gateway</h1></body></html>';

export const gatewayFaults = {
  badGateway: { kind: 'answer', status: 502, body: html, headers: { 'content-type': 'text/html' } },
  unavailable: { kind: 'answer', status: 503, body: html, headers: { 'content-type': 'text/html' } },
  tooMany: { kind: 'answer', status: 429, body: 'slow down', headers: { 'retry-after': '1' } },
  databaseTimeout: { kind: 'answer', status: 544, body: html, headers: { 'content-type': 'text/html' } },
  loginPage: { kind: 'answer', status: 200, body: html, headers: { 'content-type': 'text/html' } },
  empty: { kind: 'answer', status: 200, body: '{}', headers: { 'content-type': 'application/json' } },
  elsewhere: { kind: 'answer', status: 302, body: '', headers: { location: 'http://127.0.0.1:1/login' } },
} as const satisfies Record<string, Fault>;

export class FaultProxy {
  /** `PATCH /storage/…`, and what was done to it. */
  readonly seen: { readonly what: string; readonly fault: Fault['kind'] | null }[] = [];
  readonly #target: URL;
  readonly #server: http.Server;
  #script: Pending[] = [];
  #waiting: { readonly kind: Fault['kind']; readonly met: () => void }[] = [];
  #port = 0;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = http.createServer((request, response) => void this.#meet(request, response));
  }

  /** In front of the server at this address. */
  static async before(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target));
    await proxy.accept();
    onTestFinished(() => proxy.refuse());
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  script(...scripted: readonly Scripted[]): void {
    for (const one of scripted) this.#script.push({ ...one, seen: 0, done: 0 });
  }

  mend(): void {
    this.#script = [];
  }

  /** Whether everything that was scripted to happen a number of times has happened. */
  get done(): boolean {
    return this.#script.every(({ done, times = 1 }) => done >= times);
  }

  /** Resolves when the next fault of this kind is met. */
  meets(kind: Fault['kind']): Promise<void> {
    return new Promise((met) => this.#waiting.push({ kind, met }));
  }

  /** No connection any more, as when the server is not running. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** At the same port as before. */
  async accept(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #meet(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const fault = this.#due(request);
    this.seen.push({ what: `${request.method} ${request.url}`, fault: fault?.kind ?? null });
    // Whatever ends the connection here is meant to.
    request.on('error', () => {});
    response.on('error', () => {});
    this.#waiting = this.#waiting.filter(({ kind, met }) => kind !== fault?.kind || met());
    try {
      await this.#carryOut(fault, request, response);
    } catch {
      response.destroy();
    }
  }

  async #carryOut(
    fault: Fault | null,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    switch (fault?.kind) {
      case 'hang':
        return;
      case 'reset':
        await this.#passPart(request, fault.afterRequestBytes ?? 0);
        return reset(request);
      case 'answer':
        request.resume();
        response.writeHead(fault.status, {
          ...fault.headers,
          'content-length': Buffer.byteLength(fault.body),
        });
        return void response.end(fault.body);
      case 'lost':
        await buffer(await this.#pass(request));
        return reset(request);
      default: {
        const answer = await this.#pass(request);
        response.writeHead(answer.statusCode ?? 502, answer.headers as http.OutgoingHttpHeaders);
        await this.#passBack(fault, answer, request, response);
      }
    }
  }

  async #passBack(
    fault: Fault | null,
    answer: http.IncomingMessage,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    if (fault?.kind === 'cut' || fault?.kind === 'stall') {
      const bytes = (await buffer(answer)).subarray(0, fault.afterBytes);
      await new Promise((written) => response.write(bytes, written));
      if (fault.kind === 'cut') reset(request, 'softly');
      return;
    }
    if (fault?.kind === 'drip') {
      const bytes = await buffer(answer);
      for (let from = 0; from < bytes.length; from += fault.bytes)
        await new Promise((written) => response.write(bytes.subarray(from, from + fault.bytes), written));
      response.end();
      return;
    }
    answer.pipe(response);
  }

  #due(request: http.IncomingMessage): Fault | null {
    const fits = this.#script.filter(({ method, path }) => {
      return (method ?? request.method) === request.method && (path?.test(request.url ?? '') ?? true);
    });
    for (const one of fits) one.seen++;
    const due = fits.find(({ seen, done, nth = 1, times = Number.POSITIVE_INFINITY }) => {
      return seen >= nth && done < times;
    });
    if (!due) return null;
    due.done++;
    return due.fault;
  }

  #open(request: http.IncomingMessage): http.ClientRequest {
    const { method, url: path = '/' } = request;
    const headers = { ...request.headers, host: this.#target.host };
    const { request: open } = this.#target.protocol === 'https:' ? https : http;
    return open(new URL(path, this.#target), { method, headers, agent: false });
  }

  #pass(request: http.IncomingMessage): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const passed = this.#open(request).on('response', resolve).on('error', reject);
      request.on('close', () => {
        if (!request.complete) passed.destroy();
      });
      request.pipe(passed);
    });
  }

  /** Reaches the server as far as that, and no further. */
  async #passPart(request: http.IncomingMessage, bytes: number): Promise<void> {
    if (bytes === 0) return;
    const passed = this.#open(request).on('error', () => {});
    let missing = bytes;
    for await (const piece of request as AsyncIterable<Buffer>) {
      const part = piece.subarray(0, missing);
      missing -= part.length;
      await new Promise((written) => passed.write(part, written));
      if (missing === 0) break;
    }
    // Ended and not reset, so that the server reads what it was sent.
    passed.socket?.end();
  }
}

function reset(request: http.IncomingMessage, how: 'hard' | 'softly' = 'hard'): void {
  if (how === 'hard') request.socket.resetAndDestroy();
  else request.socket.destroySoon();
}
