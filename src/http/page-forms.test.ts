/** The pages' forms as a browser sends them that runs no script. */
import { afterEach, describe, expect, it } from 'vitest';
import { type TestServer, testKey, testServer } from '../../test/doubles/test-server.ts';

let server: TestServer;

afterEach(() => server.app.close());

const send = (url: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  server.app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'localhost:2790', ...headers },
    payload: new URLSearchParams(fields).toString(),
  });

describe('a form of a page', () => {
  it.each([
    ['/sessions', { id: 'sales' }, 'pair sales qr'],
    ['/sessions/sales/pair', {}, 'pair sales qr'],
    ['/sessions/sales/pair', { phone: '+49 151 2345678' }, 'pair sales 491512345678'],
    ['/sessions/sales/start', {}, 'start sales'],
  ])('%s %j does it and leads back to the page', async (url, fields, call) => {
    server = await testServer();
    if (url.endsWith('start')) server.operations.add('sales');
    const answer = await send(url, fields);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/sessions/sales');
    expect(server.operations.calls).toContain(call);
  });

  it.each([
    ['/sessions', { id: 'no such id!' }, 'invalid_session_id'],
    ['/sessions', {}, 'invalid_session_id'],
    ['/sessions/sales/pair', { phone: 'tomorrow' }, 'usage'],
    ['/sessions/sales/start', {}, 'session_not_found'],
  ])('%s %j is refused as a page, and quotes no number', async (url, fields, code) => {
    server = await testServer();
    const answer = await send(url, fields);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toContain(code);
    expect(answer.body).not.toContain('tomorrow');
  });

  it('of another site is refused', async () => {
    server = await testServer();
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      expect((await send('/sessions/sales/pair', {}, headers)).statusCode).toBe(403);
    }
    expect(server.operations.calls).toEqual([]);
  });

  it('wants the login where there is a key', async () => {
    server = await testServer({ kind: 'key', key: testKey });
    const answer = await send('/sessions/sales/pair', { phone: '+49 151 2345678' });
    expect(answer.statusCode).toBe(302);
    expect(answer.headers.location).toBe('/login');
    expect(server.operations.calls).toEqual([]);
  });

  it('leaves no phone number in the log', async () => {
    server = await testServer();
    await send('/sessions/sales/pair', { phone: '+49 151 2345678' });
    expect(server.logged.join('\n')).toContain('/sessions/:id/pair');
    expect(server.logged.join('\n')).not.toMatch(/2345678/);
  });
});
