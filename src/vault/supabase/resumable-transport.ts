/**
 * The requests of a resumable upload, made by a bounded `fetch` in the place of the library's own sockets, which know no
 * deadline. They go to the server that was named in the settings and to no other: an upload's address comes from the
 * server, and behind a proxy it may name a host that only the proxy knows.
 */
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client';
import type { Piece } from './file-pieces.ts';

export class ResumableTransport implements HttpStack {
  readonly #origin: URL;
  readonly #fetch: typeof fetch;

  constructor(origin: URL, bounded: typeof fetch) {
    this.#origin = origin;
    this.#fetch = bounded;
  }

  createRequest(method: string, url: string): HttpRequest {
    const at = new URL(url);
    return new Asked(method, new URL(`${at.pathname}${at.search}`, this.#origin), this.#fetch);
  }

  getName(): string {
    return 'ResumableTransport';
  }
}

class Asked implements HttpRequest {
  readonly #method: string;
  readonly #url: URL;
  readonly #fetch: typeof fetch;
  readonly #headers = new Headers();

  constructor(method: string, url: URL, bounded: typeof fetch) {
    this.#method = method;
    this.#url = url;
    this.#fetch = bounded;
  }

  getMethod(): string {
    return this.#method;
  }

  getURL(): string {
    return this.#url.href;
  }

  setHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }

  setProgressHandler(): void {}

  async send(piece: Piece | null): Promise<HttpResponse> {
    if (piece) this.#headers.set('content-length', String(piece.size));
    const body = piece ? { body: ReadableStream.from(piece.bytes()), duplex: 'half' as const } : {};
    const answer = await this.#fetch(this.#url, { method: this.#method, headers: this.#headers, ...body });
    const text = await answer.text();
    return {
      getStatus: () => answer.status,
      getHeader: (name) => answer.headers.get(name) ?? undefined,
      getBody: () => text,
      getUnderlyingObject: () => answer,
    };
  }

  /** What ends a request is the signal of the call that it belongs to. */
  abort(): Promise<void> {
    return Promise.resolve();
  }

  getUnderlyingObject(): null {
    return null;
  }
}
