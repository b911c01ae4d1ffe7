/** The image's health check against servers that answer well, badly and not at all. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { repository } from '../support/source-tree.ts';

async function serving(status: number, host = '127.0.0.1'): Promise<{ port: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status).end('{}');
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: String((server.address() as AddressInfo).port), asked };
}

async function check(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(repository, 'deploy/health.js')], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  return { code, said };
}

it.each(['::', '0.0.0.0', '127.0.0.1', 'localhost'])(
  'asks a daemon that listens on %s whether it is up',
  async (host) => {
    const { port, asked } = await serving(200);
    expect(await check({ PORT: port, VIGIL_HOST: host })).toEqual({
      code: 0,
      said: '/health answered 200\n',
    });
    expect(asked).toEqual(['GET /health']);
  },
);

it('fails where the answer is an error, or there is none, and says so', async () => {
  const { port } = await serving(503);
  expect(await check({ PORT: port, VIGIL_HOST: '::' })).toEqual({ code: 1, said: '/health answered 503\n' });
  expect(await check({ PORT: '1', VIGIL_HOST: '127.0.0.1' })).toMatchObject({
    code: 1,
    said: expect.stringContaining('ECONNREFUSED'),
  });
});

it('asks the daemon and not a proxy that was set for the sessions', async () => {
  const { port } = await serving(200);
  const proxy = await serving(502);
  const address = `http://127.0.0.1:${proxy.port}`;
  const env = { NODE_USE_ENV_PROXY: '1', http_proxy: address, HTTP_PROXY: address };
  expect(await check({ ...env, PORT: port, VIGIL_HOST: '::' })).toMatchObject({ code: 0 });
  expect(proxy.asked).toEqual([]);
});
