/** The HTTP surface over a real socket: what an injected request cannot show. */
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type TestServer, testServer } from '../doubles/test-server.ts';

let server: TestServer;
let port: number;

beforeEach(async () => {
  server = await testServer();
  server.operations.add('sales');
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  port = (server.app.server.address() as AddressInfo).port;
});

afterEach(() => server.app.close());

/** The path exactly as it is given, which `fetch` would tidy up. */
function get(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false }, resolve).on('error', reject).end();
  });
}

it.each(['..', '%2e%2e', '.%2e', '%2e%2e%2f%2e%2e', '..%5c..'])('refuses %s as an id', async (id) => {
  const answer = await get(`/api/sessions/${id}`);
  answer.resume();
  expect(answer.statusCode).toBe(400);
});

it('knows no address that leaves its own', async () => {
  for (const path of ['/assets/../server.ts', '/assets/%2e%2e/server.ts', '/../etc/passwd', '//etc/passwd']) {
    const answer = await get(path);
    answer.resume();
    expect(answer.statusCode).toBe(404);
  }
});

it('streams a session’s notices and lets go of it when the reader goes', async () => {
  server.operations.showQr('sales', '2@abc');
  const answer = await get('/api/sessions/sales/follow');
  expect(answer.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
  answer.setEncoding('utf8');
  const events: string[] = [];
  for await (const text of answer as AsyncIterable<string>) {
    for (const line of text.split('\n')) if (line !== '') events.push(JSON.parse(line).event);
    if (events.length === 2) server.operations.becomeReady('sales');
    if (events.length === 4) break;
  }
  expect(events).toEqual(['status', 'qr', 'status', 'ready']);
  await expect.poll(() => server.operations.following).toBe(0);
});

it('closes while somebody follows', async () => {
  const answer = await get('/api/sessions/sales/follow');
  const ended = new Promise((resolve) => answer.resume().once('end', resolve));
  await server.app.close();
  await ended;
  expect(answer.complete).toBe(true);
});
