import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { pageDocument } from './page-document.ts';
import { answer } from './wire.ts';
import type { World } from './world.ts';

const HERE = new URL('./', import.meta.url);

/** What listens as https://web.whatsapp.com. A world may have several, so that one can tell who came through which. */
export class WebServer {
  readonly #world: World;
  readonly #door: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(world: World, certificate: { key: string; cert: string }, door = 'front') {
    this.#world = world;
    this.#door = door;
    this.#server = createServer(
      { ...certificate, keepAliveTimeout: 60_000, requestTimeout: 0 },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => fail(response, error));
      },
    );
    this.#server.on('connection', (socket) => this.#accept(socket as Socket));
  }

  async listen(port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(port, '127.0.0.1', resolve);
    await promise;
    return (this.#server.address() as AddressInfo).port;
  }

  serveAs(mode: World['serving']): void {
    this.#world.serving = mode;
    if (mode === 'refuse') this.#resetAll();
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#resetAll();
    await promise;
  }

  #accept(socket: Socket): void {
    if (this.#world.serving === 'refuse') {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
  }

  #resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://web.whatsapp.com');
    if (pathname === '/') return this.#servePage(response);
    if (pathname === '/wire/events') return this.#serveEvents(searchParams, request, response);
    if (pathname === '/wire/send') return this.#serveSend(searchParams, request, response);
    const name = /^\/page\/([a-z-]+\.js)$/.exec(pathname)?.[1];
    if (!name) {
      response.writeHead(404).end();
      return;
    }
    const script = await readFile(new URL(`page/${name}`, HERE));
    response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(script);
  }

  #servePage(response: ServerResponse): void {
    const { serving, settings } = this.#world;
    if (serving === 'hang') return;
    if (serving === 'error') {
      response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
      return;
    }
    const document = pageDocument(this.#world.newPage(this.#door).id, settings, serving !== 'no-boot');
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      .end(document);
  }

  async #serveEvents(
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const page = this.#world.pages.get(query.get('page') ?? '');
    const device = query.get('device') || undefined;
    if (!page) return fail(response, new Error('no such page'));
    if ((await this.#world.links.heard(page.id, () => device)) === 'loud') {
      request.socket.destroy();
      return;
    }
    if (request.socket.destroyed) return;
    if (device) page.device = this.#world.devices.get(device);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': open\n\n');
    page.attach(response);
  }

  async #serveSend(
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const page = this.#world.pages.get(query.get('page') ?? '');
    if (!page) return fail(response, new Error('no such page'));
    const body = (await json(request)) as Record<string, unknown>;
    if ((await this.#world.links.heard(page.id, () => page.device?.id)) === 'loud') {
      request.socket.destroy();
      return;
    }
    if (request.socket.destroyed) return;
    const result = answer(this.#world, page, query.get('type') ?? '', body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(409, { 'content-type': 'text/plain' }).end(String(error));
}
