import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionView } from '../../test/doubles/scripted-operations.ts';
import { type TestServer, testServer } from '../../test/doubles/test-server.ts';
import { VigilError } from '../errors.ts';

let server: TestServer;

beforeEach(async () => {
  server = await testServer();
  server.operations.add('sales');
});

afterEach(() => server.app.close());

const get = (url: string) => server.app.inject({ url });
const post = (url: string, payload?: object) =>
  server.app.inject({ method: 'POST', url, ...(payload ? { payload } : {}) });

describe('an answer', () => {
  it('is an envelope with the time and the id of the request', async () => {
    const answer = await get('/api/sessions/sales');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      success: true,
      data: sessionView('sales'),
      meta: { timestamp: '2026-01-01T00:00:00.000Z', requestId: answer.headers['x-request-id'] },
    });
  });

  it('is never cached and allows a browser nothing from elsewhere', async () => {
    const { headers } = await get('/api/sessions');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
  });

  it('tells errors with the code, status and remedy of the catalogue', async () => {
    const answer = await get('/api/sessions/other');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({
      success: false,
      error: {
        code: 'session_not_found',
        message: 'There is no session "other".',
        details: null,
        remedy: '`vigil sessions` lists them; `vigil pair <id>` creates one.',
      },
    });
  });

  it('hides what this program has no name for and logs it', async () => {
    server.operations.refuse('sessions', new Error('secret inside'));
    const answer = await get('/api/sessions');
    expect(answer.statusCode).toBe(500);
    expect(answer.json().error.code).toBe('internal');
    expect(answer.body).not.toContain('secret');
    expect(server.logged.some((line) => line.startsWith('request failed'))).toBe(true);
  });

  it('is an envelope for an unknown address too', async () => {
    const answer = await get('/api/nothing');
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('not_found');
  });
});

describe('a session id', () => {
  it.each([
    ['..%2f..%2fetc%2fpasswd', 'an encoded path'],
    ['%00', 'a zero byte'],
    ['a%0d%0aset-cookie:x', 'line ends'],
    ['%252e%252e', 'a doubly encoded path'],
    ['%F0%9F%98%80', 'an emoji'],
    ['%zz', 'broken encoding'],
    ['%c0%ae', 'overlong UTF-8'],
    ['a'.repeat(65), 'too long'],
    ['a'.repeat(5_000), 'far too long'],
    ['stats', 'a reserved word'],
    ['<script>', 'markup'],
  ])('%s is refused (%s)', async (id) => {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/start'],
      ['POST', '/stop'],
      ['POST', '/restart'],
      ['POST', '/logout'],
      ['POST', '/pair'],
      ['GET', '/qr'],
      ['GET', '/follow'],
    ] as const) {
      const answer = await server.app.inject({ method, url: `/api/sessions/${id}${path}` });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().success).toBe(false);
    }
    expect(server.operations.calls).toEqual([]);
  });
});

describe('what is asked of a session', () => {
  it.each(['start', 'stop', 'restart', 'logout'] as const)('%s is carried out', async (deed) => {
    const answer = await post(`/api/sessions/sales/${deed}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json().data.id).toBe('sales');
    expect(server.operations.calls).toEqual([`${deed} sales`]);
  });

  it('may say that its empty body is JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await server.app.inject({ method: 'POST', url: '/api/sessions/sales/start', headers });
    expect(answer.statusCode).toBe(200);
  });

  it('is refused as the session refuses it', async () => {
    server.operations.refuse('logout', new VigilError('session_refused', 'It is not online.'));
    const answer = await post('/api/sessions/sales/logout');
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({ code: 'session_refused', message: 'It is not online.' });
  });
});

describe('pairing', () => {
  it('is by QR without a number', async () => {
    await post('/api/sessions/new/pair');
    expect(server.operations.calls).toEqual(['pair new qr']);
  });

  it.each(['+49 (151) 1234-5678', '004915112345678', '4915112345678'])(
    'reads %s as digits',
    async (phone) => {
      await post('/api/sessions/new/pair', { phone });
      expect(server.operations.calls).toEqual(['pair new 4915112345678']);
    },
  );

  it.each(['123456', '0151 1234567', 'sales', '1234567890123456', ''])(
    'refuses %j and does not repeat it',
    async (phone) => {
      const answer = await post('/api/sessions/new/pair', { phone });
      expect(answer.statusCode).toBe(400);
      expect(server.operations.calls).toEqual([]);
      if (phone !== '') expect(answer.body).not.toContain(phone);
    },
  );

  it('refuses fields that it does not know', async () => {
    const answer = await post('/api/sessions/new/pair', { fone: '1' });
    expect(answer.json().error).toMatchObject({
      code: 'usage',
      details: [{ at: 'body', expected: 'must NOT have additional properties' }],
    });
  });

  it('refuses a body that is large or not JSON', async () => {
    const large = await post('/api/sessions/new/pair', { phone: '1'.repeat(20_000) });
    expect(large.statusCode).toBe(413);
    expect(large.json().error.code).toBe('usage');
    const headers = { 'content-type': 'text/plain' };
    const text = await server.app.inject({
      method: 'POST',
      url: '/api/sessions/new/pair',
      headers,
      payload: 'x',
    });
    expect(text.statusCode).toBe(415);
  });
});

describe('the settings of a session', () => {
  const patch = (payload: object) =>
    server.app.inject({ method: 'PATCH', url: '/api/sessions/sales/settings', payload });

  it('can switch off what need not be on', async () => {
    await patch({ heartbeat: 'off', activity: 0 });
    expect(server.operations.calls).toEqual(['configure sales {"heartbeat":0,"activity":0}']);
  });

  it('take durations as texts and as milliseconds, and null to follow the daemon again', async () => {
    const answer = await patch({ heartbeat: '1m30s', watchdog: 45_000, activity: null, presence: false });
    expect(answer.statusCode).toBe(200);
    expect(server.operations.calls).toEqual([
      'configure sales {"heartbeat":90000,"watchdog":45000,"activity":null,"presence":false}',
    ]);
  });

  it('do not take a bot, which is code, and say where it is set instead', async () => {
    for (const bot of ['/bot.mjs', false, null]) {
      const answer = await patch({ bot, heartbeat: 'off' });
      expect(answer.statusCode).toBe(403);
      expect(answer.json().error).toMatchObject({
        code: 'forbidden',
        remedy: expect.stringContaining('vigil config sales --set bot='),
      });
    }
    expect(server.operations.calls).toEqual([]);
  });

  it.each([
    {},
    { heartbeat: 'soon' },
    { heartbeat: 5 },
    { heartbeat: '2d' },
    { watchdog: 'off' },
    { watchdog: 0 },
    { presence: 'on' },
    { other: 1 },
  ])('refuse %j', async (payload) => {
    expect((await patch(payload)).statusCode).toBe(400);
    expect(server.operations.calls).toEqual([]);
  });
});

describe('the QR', () => {
  it('comes as JSON, as a picture and as text', async () => {
    server.operations.showQr('sales', '2@abc');
    expect((await get('/api/sessions/sales/qr')).json().data).toMatchObject({ qr: '2@abc', code: null });
    const svg = await get('/api/sessions/sales/qr?format=svg');
    expect(svg.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(svg.headers['cache-control']).toBe('no-store');
    expect(svg.body).toMatch(/^<svg /);
    const text = await get('/api/sessions/sales/qr?format=text');
    expect(text.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text.body).toContain('█');
  });

  it('is not found when there is none', async () => {
    expect((await get('/api/sessions/sales/qr')).json().error.code).toBe('not_found');
    server.operations.showCode('sales', 'ABCDEFGH');
    expect((await get('/api/sessions/sales/qr')).json().data).toMatchObject({ qr: null, code: 'ABCDEFGH' });
    expect((await get('/api/sessions/sales/qr?format=svg')).statusCode).toBe(404);
  });

  it('comes in no other form', async () => {
    expect((await get('/api/sessions/sales/qr?format=gif')).statusCode).toBe(400);
  });
});

describe('health and readiness', () => {
  it('are told apart', async () => {
    server.booted = false;
    expect((await get('/health')).json().data).toEqual({ status: 'ok', version: '1.2.3' });
    expect((await get('/ready')).statusCode).toBe(503);
    server.booted = true;
    expect((await get('/ready')).statusCode).toBe(200);
  });
});

describe('the log', () => {
  it('names the route, never the query, a header, a body or a code', async () => {
    server.operations.showQr('sales', '2@canary');
    await server.app.inject({
      url: '/api/sessions/sales/qr?format=svg&token=canary',
      headers: { 'x-api-key': 'canary', cookie: 'vigil_login=canary' },
    });
    await get('/api/sessions/sales/qr');
    await post('/api/sessions/sales/pair', { phone: '4915199999999' });
    await get('/canary/canary?canary');
    expect(server.logged).toHaveLength(4);
    expect(server.logged.join()).not.toMatch(/canary|4915199999999/);
    expect(server.logged[2]).toContain('"route":"/api/sessions/:id/pair","session":"sales","status":200');
  });
});
