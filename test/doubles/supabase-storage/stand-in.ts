/**
 * A stand-in for Supabase Storage: a server that says and does what the real one was observed to, wrong things included.
 * What it reproduces is listed, one test for each, in test/integration/supabase-stand-in.test.ts; each goes through
 * supabase-js as the program does.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { scratchDirectory } from '../scratch.ts';
import type { Answer, Asking } from './answer.ts';
import { createBucket, getBucket, listBuckets } from './bucket-routes.ts';
import * as objects from './object-routes.ts';
import { Refusal, refusals } from './refusal.ts';
import { resumablePath, resumableServer } from './resumable.ts';
import { roleOf } from './roles.ts';
import { Stored } from './stored.ts';

const root = '/storage/v1';

export class SupabaseStandIn {
  readonly stored = new Stored();
  /** What was asked for: `POST /object/move`. */
  readonly requests: string[] = [];
  databaseDown = false;
  /** The most that a listing gives, whatever is asked for. */
  pageCap = 1_500;
  /** Before it is answered. */
  onRequest: (what: string) => void = () => {};
  copying: Asking['copying'] = async () => {};
  readonly #server: Server;

  private constructor(directory: string) {
    const resumable = resumableServer(directory, (authorization) => {
      const role = roleOf(authorization);
      return role instanceof Refusal ? role : { ...this.#asking(), role };
    });
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://stand-in');
      const what = `${request.method} ${url.pathname.slice(root.length)}`;
      this.requests.push(what);
      this.onRequest(what);
      if (url.pathname.startsWith(resumablePath)) void resumable.handle(request, response);
      else void this.#answer(url, request, response);
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'HPE_HEADER_OVERFLOW' && socket.writable) socket.end(tooLongHeader);
      else socket.destroy();
    });
  }

  /** With one private bucket, `backups`. */
  static async start(): Promise<SupabaseStandIn> {
    const standIn = new SupabaseStandIn(await scratchDirectory());
    standIn.stored.buckets.set('backups', { id: 'backups', public: false, limit: null, mimeTypes: null });
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => standIn.stop());
    return standIn;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #asking() {
    const { stored, copying, pageCap } = this;
    return { stored, copying, pageCap };
  }

  async #answer(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (this.databaseDown) throw refusals.database();
      const answer = await this.#route(url, request);
      if ('bytes' in answer) {
        const length = { 'content-length': answer.bytes.length };
        response.writeHead(200, { ...answer.headers, ...length }).end(answer.bytes);
      } else send(response, 200, answer.json);
    } catch (error) {
      // Whoever still sends would take a closed connection for the answer.
      request.resume();
      // A body that broke off leaves nobody to answer.
      if (error instanceof Refusal) send(response, error.http, error.body);
      else if (error instanceof NoRoute) send(response, 404, error.body);
      else response.destroy();
    }
  }

  async #route(url: URL, request: IncomingMessage): Promise<Answer> {
    const { method = '' } = request;
    const [kind = '', ...rest] = url.pathname.slice(`${root}/`.length).split('/').map(decodeURIComponent);
    const reads = method === 'GET' && kind === 'object';
    const signed = reads && rest[0] === 'sign';
    const role = roleOf(request.headers.authorization);
    // For a file a bad key has the answer of a bucket that is not there.
    if (role instanceof Refusal && !signed) throw reads ? refusals.noBucket() : role;
    const nobody = { sees: false, inserts: false, changes: false };
    const asking: Asking = {
      ...this.#asking(),
      request,
      role: role instanceof Refusal ? nobody : role,
    };
    // biome-ignore lint/suspicious/noExplicitAny: whatever the client sends; it is the client that is under test
    const body = () => json(request) as Promise<any>;
    const [first = '', second = ''] = rest;
    const key = (from: number) => rest.slice(from).join('/');
    switch (`${method} ${kind}`) {
      case 'POST bucket':
        return createBucket(asking, await body());
      case 'GET bucket':
        return first === '' ? listBuckets(asking) : getBucket(asking, first);
      case 'DELETE object':
        return objects.remove(asking, first, (await body()).prefixes);
      case 'GET object':
        if (first === 'info') return objects.info(asking, second, key(2));
        if (!signed) return objects.download(asking, first, key(1));
        return objects.downloadSigned(asking, second, key(2), url.searchParams.get('token'));
      case 'PUT object':
        return objects.upload(asking, first, key(1));
      case 'POST object':
        if (first === 'list') return objects.list(asking, second, await body());
        if (first === 'list-v2') return objects.listV2(asking, second, await body());
        if (first === 'move') return objects.move(asking, await body());
        if (first === 'copy') return objects.copy(asking, await body());
        if (first === 'sign') return objects.sign(asking, second, key(2), (await body()).expiresIn);
        return objects.upload(asking, first, key(1));
      default:
        throw new NoRoute(`${method} ${url.pathname}`);
    }
  }
}

class NoRoute extends Error {
  readonly body: object;

  constructor(what: string) {
    super(what);
    this.body = { message: `Route ${what} not found`, error: 'Not Found', statusCode: 404 };
  }
}

const said = JSON.stringify({
  statusCode: 431,
  error: 'Header Overflow',
  message: 'Exceeded maximum allowed HTTP header size',
});
const tooLongHeader = [
  'HTTP/1.1 431 Request Header Fields Too Large',
  'content-type: application/json',
  `content-length: ${said.length}`,
  'connection: close',
  '',
  said,
].join('\r\n');

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}
