import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { type TestServer, testKey, testServer } from '../../test/doubles/test-server.ts';
import type { Logout, Logouts } from '../http/logouts.ts';

let server: TestServer;

afterEach(() => server.app.close());

type Headers = Record<string, string>;
const get = (url: string, headers: Headers = {}) => server.app.inject({ url, headers });
const post = (url: string, headers: Headers = {}) => server.app.inject({ method: 'POST', url, headers });

const login = (key: string, headers: Headers = {}, next = '/sessions/sales') =>
  server.app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ key, next }).toString(),
  });

async function cookie(): Promise<string> {
  const [{ name, value } = { name: '', value: '' }] = (await login(testKey)).cookies;
  return `${name}=${value}`;
}

/** As on the volume: what one daemon kept, the next one reads. */
function keptLogouts(): Logouts {
  let all: readonly Logout[] = [];
  return {
    read: async () => all,
    keep: async (logouts) => {
      all = logouts;
    },
  };
}

describe('without a key, on loopback', () => {
  beforeEach(async () => {
    server = await testServer({ kind: 'open-loopback' });
    server.operations.add('sales');
  });

  it.each(['localhost:2790', '127.0.0.1:2790', '[::1]:2790', 'LOCALHOST'])('answers as %s', async (host) => {
    expect((await get('/api/sessions', { host })).statusCode).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example:2790', '127.0.0.1.evil.example', '10.0.0.1:2790'])(
    'refuses to be %s, as a page that re-binds its name would have it',
    async (host) => {
      expect((await get('/api/sessions', { host })).json().error.code).toBe('forbidden');
      expect((await get('/', { host })).statusCode).toBe(403);
      expect((await get('/health', { host })).json().data).toEqual({ status: 'ok' });
    },
  );

  it.each<Headers>([
    { origin: 'https://evil.example' },
    { origin: 'http://localhost:8080' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('refuses a change from another page: %j', async (headers) => {
    expect((await post('/api/sessions/sales/stop', { host: 'localhost:2790', ...headers })).statusCode).toBe(
      403,
    );
    expect(server.operations.calls).toEqual([]);
  });

  it.each<Headers>([{}, { origin: 'http://localhost:2790' }, { 'sec-fetch-site': 'same-origin' }])(
    'takes a change from its own page and from programs: %j',
    async (headers) => {
      expect(
        (await post('/api/sessions/sales/stop', { host: 'localhost:2790', ...headers })).statusCode,
      ).toBe(200);
    },
  );

  it('has no login', async () => {
    expect((await get('/login')).statusCode).toBe(404);
  });
});

describe('with a key', () => {
  beforeEach(async () => {
    server = await testServer({ kind: 'key', key: testKey });
    server.operations.add('sales');
  });

  it.each([
    ['GET', '/api/sessions'],
    ['GET', '/api/sessions/sales'],
    ['POST', '/api/sessions/sales/start'],
    ['POST', '/api/sessions/sales/stop'],
    ['POST', '/api/sessions/sales/restart'],
    ['POST', '/api/sessions/sales/logout'],
    ['POST', '/api/sessions/sales/pair'],
    ['PATCH', '/api/sessions/sales/settings'],
    ['GET', '/api/sessions/sales/qr'],
    ['GET', '/api/sessions/sales/follow'],
    ['GET', '/panel'],
    ['GET', '/sessions/sales/panel'],
    ['GET', '/no/such/address'],
  ] as const)('%s %s wants it', async (method, url) => {
    for (const headers of [
      {},
      { 'x-api-key': 'wrong' },
      { authorization: 'Bearer wrong' },
      { cookie: 'vigil_login=x' },
    ]) {
      const answer = await server.app.inject({ method, url, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.json().error.code).toBe('unauthorized');
    }
    expect(server.operations.calls).toEqual([]);
  });

  it('takes it in either header', async () => {
    expect((await get('/api/sessions', { 'x-api-key': testKey })).statusCode).toBe(200);
    expect((await get('/api/sessions', { authorization: `Bearer ${testKey}` })).statusCode).toBe(200);
    expect((await get(`/api/sessions?key=${testKey}`)).statusCode).toBe(401);
  });

  it('tells health to anybody, and details only with it', async () => {
    expect((await get('/health')).json().data).toEqual({ status: 'ok' });
    expect((await get('/health', { 'x-api-key': 'wrong' })).json().data).toEqual({ status: 'ok' });
    expect((await get('/health', { 'x-api-key': testKey })).json().data).toEqual({
      status: 'ok',
      version: '1.2.3',
    });
    expect((await get('/ready')).json().data).toEqual({ ready: true });
  });

  it('stops listening to an address that guesses', async () => {
    for (let guess = 0; guess < 10; guess++) {
      expect((await get('/health', { 'x-api-key': `guess ${guess}` })).statusCode).toBe(200);
    }
    const refused = await get('/api/sessions', { 'x-api-key': testKey });
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await login(testKey)).statusCode).toBe(429);
    const elsewhere = await server.app.inject({
      url: '/api/sessions',
      headers: { 'x-api-key': testKey },
      remoteAddress: '192.0.2.7',
    });
    expect(elsewhere.statusCode).toBe(200);
  });

  describe('behind proxies', () => {
    const guess = async (forwarded: string) =>
      (await get('/api/sessions', { 'x-api-key': 'wrong', 'x-forwarded-for': forwarded })).statusCode;
    const behind = async (trustedProxies: number) => {
      await server.app.close();
      server = await testServer({ kind: 'key', key: testKey }, { trustedProxies });
    };

    it('that are not said to be there, nobody can name another address', async () => {
      for (let count = 0; count < 10; count++) await guess(`192.0.2.${count}`);
      expect(await guess('192.0.2.99')).toBe(429);
    });

    it('guesses are counted for the address that the outermost of ours saw', async () => {
      await behind(2);
      // What comes before is the caller's own invention.
      for (let count = 0; count < 10; count++) await guess(`10.0.0.${count}, 192.0.2.1, 198.51.100.1`);
      expect(await guess('10.0.0.99, 192.0.2.1, 198.51.100.1')).toBe(429);
      expect(await guess('192.0.2.2, 198.51.100.1')).toBe(401);
    });
  });

  describe('the login', () => {
    it('is where a browser is sent, and leads back', async () => {
      const sent = await get('/sessions/sales');
      expect(sent.statusCode).toBe(302);
      expect(sent.headers['location']).toBe('/login?next=%2Fsessions%2Fsales');
      const back = await login(testKey);
      expect(back.statusCode).toBe(303);
      expect(back.headers['location']).toBe('/sessions/sales');
    });

    it.each([
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/sessions/..',
      '/leave',
    ])('never leads to %s', async (next) => {
      expect((await login(testKey, {}, next)).headers['location']).toBe('/');
      expect((await get(`/login?next=${encodeURIComponent(next)}`)).body).toContain('name="next" value="/"');
    });

    it('sets a cookie that scripts and other sites do not get', async () => {
      expect((await login(testKey)).headers['set-cookie']).toMatch(
        /^vigil_login=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      expect((await login(testKey, { 'x-forwarded-proto': 'https' })).headers['set-cookie']).toContain(
        '; Secure',
      );
    });

    it('says when the key is wrong, and does not repeat it', async () => {
      const answer = await login('wrong-guess');
      expect(answer.statusCode).toBe(401);
      expect(answer.body).toContain('That is not the key.');
      expect(answer.body).not.toContain('wrong-guess');
      expect(answer.headers['set-cookie']).toBeUndefined();
    });

    it('is limited', async () => {
      for (let guess = 0; guess < 10; guess++) await login('wrong');
      const answer = await login(testKey);
      expect(answer.statusCode).toBe(429);
      expect(answer.body).toContain('Too many wrong keys.');
    });

    it('is not taken from another site', async () => {
      expect((await login(testKey, { origin: 'https://evil.example' })).statusCode).toBe(403);
    });

    it('reads no form that is large', async () => {
      expect((await login('x'.repeat(5_000))).statusCode).toBe(413);
    });
  });

  describe('the cookie', () => {
    it('opens pages and the API', async () => {
      const headers = { cookie: await cookie() };
      expect((await get('/sessions/sales', headers)).statusCode).toBe(200);
      expect((await get('/api/sessions', headers)).statusCode).toBe(200);
      expect((await get('/login', headers)).headers['location']).toBe('/');
    });

    it('changes something only from our own page', async () => {
      const headers = { cookie: await cookie(), host: 'vigil.example' };
      const stop = (more: Headers) => post('/api/sessions/sales/stop', { ...headers, ...more });
      expect((await stop({})).statusCode).toBe(403);
      expect((await stop({ origin: 'https://evil.example' })).statusCode).toBe(403);
      expect((await stop({ 'sec-fetch-site': 'same-site' })).statusCode).toBe(403);
      expect((await stop({ origin: 'https://vigil.example' })).statusCode).toBe(200);
      expect((await stop({ 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200);
    });

    it('ends after twelve hours', async () => {
      const headers = { cookie: await cookie() };
      await server.clock.advance(12 * 3_600_000 - 1);
      expect((await get('/api/sessions', headers)).statusCode).toBe(200);
      await server.clock.advance(1);
      expect((await get('/api/sessions', headers)).statusCode).toBe(401);
    });

    it('is worth nothing once it was given back, changed, or signed with another key', async () => {
      const headers = { cookie: await cookie(), 'sec-fetch-site': 'same-origin' };
      const other = await testServer({ kind: 'key', key: 'another-key-altogether' });
      expect((await other.app.inject({ url: '/api/sessions', headers })).statusCode).toBe(401);
      await other.app.close();
      const [ends = '', ...rest] = headers.cookie.replace('vigil_login=', '').split('.');
      const longer = `vigil_login=${[`${Number(ends) + 1}`, ...rest].join('.')}`;
      expect((await get('/api/sessions', { cookie: longer })).statusCode).toBe(401);
      expect((await post('/leave', headers)).headers['location']).toBe('/login');
      expect((await get('/api/sessions', headers)).statusCode).toBe(401);
    });

    it('is worth nothing after a restart either, once it was given back; the others are', async () => {
      const kept = keptLogouts();
      await server.app.close();
      server = await testServer({ kind: 'key', key: testKey }, { logouts: kept });
      const [mine, others, third] = [await cookie(), await cookie(), await cookie()];
      const leave = (login: string) => post('/leave', { cookie: login, 'sec-fetch-site': 'same-origin' });
      await Promise.all([leave(mine), leave(third)]);
      await server.app.close();
      server = await testServer({ kind: 'key', key: testKey }, { logouts: kept });
      const asked = await Promise.all(
        [mine, others, third].map((login) => get('/api/sessions', { cookie: login })),
      );
      expect(asked.map(({ statusCode }) => statusCode)).toEqual([401, 200, 401]);
    });

    it('is not kept for longer than it would have lasted', async () => {
      const kept = keptLogouts();
      await server.app.close();
      server = await testServer({ kind: 'key', key: testKey }, { logouts: kept });
      const leave = async () => post('/leave', { cookie: await cookie(), 'sec-fetch-site': 'same-origin' });
      await leave();
      expect(await kept.read()).toHaveLength(1);
      await server.clock.advance(12 * 3_600_000);
      await leave();
      expect(await kept.read()).toHaveLength(1);
    });

    it('from before a restart is worth nothing where nobody knows any more which were given back', async () => {
      const headers = { cookie: await cookie() };
      await server.app.close();
      const unknown = { read: async () => null, keep: async () => {} };
      const later = new FakeClock(server.clock.now() + 1_000);
      server = await testServer({ kind: 'key', key: testKey }, { logouts: unknown, clock: later });
      expect((await get('/api/sessions', headers)).statusCode).toBe(401);
      expect((await get('/api/sessions', { cookie: await cookie() })).statusCode).toBe(200);
    });

    it('that cannot be kept as given back is given back all the same, and it is told', async () => {
      const refusing = { read: async () => [], keep: () => Promise.reject(new Error('no space left')) };
      await server.app.close();
      server = await testServer({ kind: 'key', key: testKey }, { logouts: refusing });
      const headers = { cookie: await cookie(), 'sec-fetch-site': 'same-origin' };
      expect((await post('/leave', headers)).headers['location']).toBe('/login');
      expect((await get('/api/sessions', headers)).statusCode).toBe(401);
      expect(server.logged.join()).toContain('cannot be kept');
    });

    it('outlives a restart of the daemon', async () => {
      const headers = { cookie: await cookie() };
      await server.app.close();
      server = await testServer({ kind: 'key', key: testKey });
      expect((await get('/api/sessions', headers)).statusCode).toBe(200);
    });
  });

  it('refuses to be built with an empty one', async () => {
    await expect(testServer({ kind: 'key', key: '' })).rejects.toThrow('empty API key');
  });
});

describe('on the control socket', () => {
  it('answers everything and has no pages', async () => {
    server = await testServer({ kind: 'control' });
    server.operations.add('sales');
    expect((await get('/api/sessions', { host: 'anything' })).statusCode).toBe(200);
    expect((await post('/api/sessions/sales/stop', { origin: 'https://evil.example' })).statusCode).toBe(200);
    expect((await get('/')).statusCode).toBe(404);
  });
});

describe('what only the private socket serves', () => {
  it.each([{ kind: 'open-loopback' }, { kind: 'key', key: testKey }] as const)(
    'is no address elsewhere, whoever asks: $kind',
    async (access) => {
      server = await testServer(access);
      const headers = { host: 'localhost', 'x-api-key': testKey };
      const [hidden, nowhere] = [await get('/api/settings', headers), await get('/api/nowhere', headers)];
      expect(hidden.statusCode).toBe(404);
      expect(hidden.json().error).toEqual(nowhere.json().error);
    },
  );

  it('is served there', async () => {
    server = await testServer({ kind: 'control' });
    expect((await get('/api/settings')).json().data).toEqual([]);
  });
});
