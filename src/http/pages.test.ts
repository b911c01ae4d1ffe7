import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestServer, testKey, testServer } from '../../test/doubles/test-server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await testServer();
});

afterEach(() => server.app.close());

const page = async (url: string) => {
  const answer = await server.app.inject({ url });
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  return { status: answer.statusCode, html: answer.body };
};

describe('the list', () => {
  it('says what to do when there is no session', async () => {
    const { html } = await page('/');
    expect(html).toContain('Nothing here yet');
    expect(html).toContain('vigil pair main');
  });

  it('leads to each session and says how it is', async () => {
    server.operations.add('sales').add('support', { status: 'failed', reason: 'logged_out', phone: null });
    const { html } = await page('/');
    expect(html).toContain('href="/sessions/sales"');
    expect(html).toContain('<span class="chip good">online</span>');
    expect(html).toContain('<span class="chip bad">failed</span>');
    expect(html).toContain('1 of 2 online');
  });
});

describe('a session’s page', () => {
  it('shows the QR, big and described', async () => {
    server.operations.add('sales').showQr('sales', '2@abc');
    const { html } = await page('/sessions/sales');
    expect(html).toMatch(/<div class="qr" role="img" aria-label="QR code to scan with WhatsApp"><svg /);
    expect(html).toContain('Link with the phone number instead');
  });

  it('shows the code as the phone wants it typed', async () => {
    server.operations.add('sales').showCode('sales', 'ABCD1234');
    expect((await page('/sessions/sales')).html).toContain('<p class="code">ABCD-1234</p>');
  });

  it('says that it is linked', async () => {
    server.operations.add('sales');
    expect((await page('/sessions/sales')).html).toContain('<h1>Linked: online</h1>');
  });

  it('tells what a person must do, and offers a new code', async () => {
    const failure = {
      status: 'failed',
      reason: 'pairing_expired',
      remedy: 'Scan it sooner.',
      phone: null,
    } as const;
    server.operations.add('sales', failure);
    const { html } = await page('/sessions/sales');
    expect(html).toContain('<strong>What to do:</strong> Scan it sooner.');
    expect(html).toContain(
      '<form data-post="/api/sessions/sales/pair"><button class="primary">Show a new code</button>',
    );
  });

  it('offers to start what is linked and was stopped', async () => {
    server.operations.add('sales', { status: 'stopped', wanted: 'stopped' });
    expect((await page('/sessions/sales')).html).toContain('<form data-post="/api/sessions/sales/start">');
  });

  it('offers to create what does not exist', async () => {
    const { status, html } = await page('/sessions/new');
    expect(status).toBe(404);
    expect(html).toContain('Create and show a code');
  });

  it('refuses a hostile id as a page', async () => {
    const { status, html } = await page('/sessions/%3Cscript%3E');
    expect(status).toBe(400);
    expect(html).toContain('invalid_session_id');
    expect(html).not.toContain('<script>');
  });

  it('escapes what others have chosen', async () => {
    const hostile = `<img src=x onerror="alert('1')">&`;
    server.operations.add('sales', { status: 'failed', name: hostile, remedy: hostile, reason: hostile });
    for (const url of ['/', '/sessions/sales', '/sessions/sales/panel', '/panel']) {
      const { html } = await page(url);
      expect(html).not.toContain('<img src=x');
    }
    expect((await page('/sessions/sales')).html).toContain(
      '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;',
    );
  });
});

describe('every page', () => {
  it('has nothing inline and nothing from elsewhere', async () => {
    const keyed = await testServer({ kind: 'key', key: testKey });
    server.operations.add('sales').showQr('sales', '2@abc');
    const login = (await keyed.app.inject({ url: '/login' })).body;
    await keyed.app.close();
    for (const html of [login, (await page('/')).html, (await page('/sessions/sales')).html]) {
      expect(html).not.toMatch(
        /<script(?! src="\/assets\/)|<style|\sstyle=|\son[a-z]+=|(src|href|action)="(?!\/)/,
      );
      expect(html).toContain('<html lang="en">');
    }
  });

  it('finds its script, style and icon, which are asked for again after an update', async () => {
    for (const [name, type] of [
      ['vigil.js', 'text/javascript; charset=utf-8'],
      ['vigil.css', 'text/css; charset=utf-8'],
      ['vigil.svg', 'image/svg+xml'],
    ] as const) {
      const first = await server.app.inject({ url: `/assets/${name}` });
      expect(first.headers['content-type']).toBe(type);
      const again = await server.app.inject({
        url: `/assets/${name}`,
        headers: { 'if-none-match': String(first.headers['etag']) },
      });
      expect(again.statusCode).toBe(304);
    }
  });
});
