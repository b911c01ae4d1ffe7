import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { FaultProxy, gatewayFaults, html } from '../doubles/fault-proxy.ts';

/** A server that remembers what reached it, behind the proxy. */
async function world() {
  const reached: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => 'broken off');
    reached.push(`${request.method} ${request.url} ${body.length > 20 ? body.length : body}`);
    response.end('0123456789');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const proxy = await FaultProxy.before(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = (path = '/', init: RequestInit = {}) => fetch(`${proxy.url}${path}`, init);
  const code = (asked: Promise<unknown>) =>
    asked.then(
      () => null,
      (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.message,
    );
  return { reached, proxy, ask, code };
}

it('passes everything through where nothing is scripted', async () => {
  const { reached, ask, proxy } = await world();
  expect(await (await ask('/a?b', { method: 'POST', body: 'hello' })).text()).toBe('0123456789');
  expect(reached).toEqual(['POST /a?b hello']);
  expect(proxy.seen).toEqual([{ what: 'POST /a?b', fault: null }]);
});

it('does it to the request that fits by method, path and number, and as often as it is said', async () => {
  const { ask, proxy } = await world();
  proxy.script({ method: 'POST', path: /^\/a/, nth: 2, times: 1, fault: gatewayFaults.badGateway });
  const statuses = [];
  for (const [path, method] of [
    ['/a', 'POST'],
    ['/a', 'GET'],
    ['/b', 'POST'],
    ['/a', 'POST'],
    ['/a', 'POST'],
  ] as const)
    statuses.push((await ask(path, { method })).status);
  expect(statuses).toEqual([200, 200, 200, 502, 200]);
  expect(proxy.done).toBe(true);
});

it('answers in the place of the server', async () => {
  const { ask, proxy, reached } = await world();
  proxy.script({ fault: gatewayFaults.badGateway, times: 1 }, { fault: gatewayFaults.tooMany, times: 1 });
  expect(await (await ask()).text()).toBe(html);
  const limited = await ask();
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
  expect(reached).toEqual([]);
});

it('resets before anything arrives, or after a part of it did', async () => {
  const { ask, proxy, reached, code } = await world();
  proxy.script({ fault: { kind: 'reset' }, times: 1 });
  expect(await code(ask())).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  expect(reached).toEqual([]);
  proxy.script({ fault: { kind: 'reset', afterRequestBytes: 1_000 }, times: 1 });
  expect(await code(ask('/', { method: 'PUT', body: 'x'.repeat(100_000) }))).toMatch(
    /ECONNRESET|EPIPE|UND_ERR_SOCKET/,
  );
  await expect.poll(() => reached).toEqual(['PUT / broken off']);
});

it('loses an answer to what was done', async () => {
  const { ask, proxy, reached, code } = await world();
  proxy.script({ fault: { kind: 'lost' } });
  expect(await code(ask('/', { method: 'POST', body: 'hello' }))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  expect(reached).toEqual(['POST / hello']);
});

it('hangs', async () => {
  const { ask, proxy, code } = await world();
  proxy.script({ fault: { kind: 'hang' } });
  const stop = new AbortController();
  const met = proxy.meets('hang');
  const asking = code(ask('/', { signal: stop.signal }));
  await met;
  stop.abort(new Error('enough'));
  expect(await asking).toBe('enough');
});

it('cuts a body, and lets one stall', async () => {
  const { ask, proxy, code } = await world();
  proxy.script(
    { fault: { kind: 'cut', afterBytes: 3 }, times: 1 },
    { fault: { kind: 'stall', afterBytes: 3 } },
  );
  const cut = await ask();
  expect(cut.status).toBe(200);
  expect(await code(cut.text())).not.toBeNull();
  const stop = new AbortController();
  const reader = (await ask('/', { signal: stop.signal })).body?.getReader();
  expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe('012');
  const next = code(reader?.read() ?? Promise.resolve());
  stop.abort(new Error('enough'));
  expect(await next).toBe('enough');
});

it('lets a body drip, whole in the end', async () => {
  const { ask, proxy } = await world();
  proxy.script({ fault: { kind: 'drip', bytes: 1 } });
  expect(await (await ask()).text()).toBe('0123456789');
});

it('refuses, and accepts again where it was', async () => {
  const { ask, proxy, code } = await world();
  await proxy.refuse();
  expect(await code(ask())).toBe('ECONNREFUSED');
  await proxy.accept();
  expect((await ask()).status).toBe(200);
});
