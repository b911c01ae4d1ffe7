/** What a platform puts in front: it ends TLS, and says in headers who asked and how. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface HttpsFront extends AsyncDisposable {
  readonly url: string;
  /** What a Chromium needs to find it by its name. */
  readonly chromiumArgs: readonly string[];
}

const name = 'vigil.test';
const pem = (file: string) => readFile(new URL(`../simulator/${file}`, import.meta.url));

/** @param inside as the daemon says where it listens */
export async function httpsFront(inside: string): Promise<HttpsFront> {
  const certificate = { key: await pem('key.pem'), cert: await pem('certificate.pem') };
  const sockets = new Set<Duplex>();
  const server = createServer(certificate, (incoming, outgoing) => {
    const { url = '/', method, headers, socket } = incoming;
    const forwarded = {
      'x-forwarded-for': socket.remoteAddress ?? '',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': headers.host ?? '',
    };
    const onward = request(new URL(url, inside), { method, headers: { ...headers, ...forwarded } });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end('Bad Gateway'));
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${name}:${port}`,
    chromiumArgs: [`--host-resolver-rules=MAP ${name} 127.0.0.1`, '--ignore-certificate-errors'],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
