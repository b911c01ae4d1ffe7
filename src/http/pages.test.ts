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
    // The smallest QR is 21 modules wide; the standard wants a quiet zone of four on each side.
    expect(html).toContain('viewBox="0 0 29 29"');
    expect(html).toContain('Link with a code');
  });

  it('shows the code as the phone wants it typed', async () => {
    server.operations.add('sales').showCode('sales', 'ABCD1234');
    const { html } = await page('/sessions/sales');
    expect(html).toContain('<p class="code">ABCD-1234</p>');
    expect(html).not.toContain('on its way');
  });

  it('says how it stands with a code that was asked for', async () => {
    server.operations.add('sales').showQr('sales', '2@abc');
    server.operations.requestCode('sales', 'waiting');
    expect((await page('/sessions/sales')).html).toContain('A code is on its way');
    server.operations.requestCode('sales', 'refused');
    const { html } = await page('/sessions/sales');
    expect(html).toContain('WhatsApp gave no code for this number');
    expect(html).toContain('<svg ');
  });

  it('asks for the number alike before and after the QR expires, so that half of one is not lost', async () => {
    const form = async () =>
      /<div data-region="by-number">[\s\S]*?<\/div>\n<dl/.exec((await page('/sessions/sales')).html)?.[0];
    server.operations.add('sales', { phone: null }).showQr('sales', '2@abc');
    const offered = await form();
    expect(offered).toContain('name="phone"');
    server.operations.fail('sales', 'pairing_expired', 'Scan it sooner.');
    expect(await form()).toBe(offered);
    server.operations.becomeReady('sales');
    expect(await form()).not.toContain('<form');
  });

  it('says that it is linked', async () => {
    server.operations.add('sales');
    expect((await page('/sessions/sales')).html).toContain('<h1>Linked: online</h1>');
  });

  it('tells what a person must do, and offers a new code', async () => {
    const failure = {
      status: 'failed',
      reason: 'pairing_expired',
      remedy: 'Scan it sooner: `vigil pair sales`.',
      phone: null,
    } as const;
    server.operations.add('sales', failure);
    const { html } = await page('/sessions/sales');
    expect(html).toContain('<strong>What to do:</strong> Scan it sooner: <code>vigil pair sales</code>.');
    expect(html).toContain('Without a terminal: the button below.');
    expect(html).toContain(
      '<form method="post" action="/sessions/sales/pair" data-post="/api/sessions/sales/pair"><button class="primary">Show a new QR</button>',
    );
  });

  it('points to no button where there is none', async () => {
    server.operations.add('sales', { status: 'disconnected', reason: 'launch_failed', remedy: 'Wait.' });
    expect((await page('/sessions/sales')).html).not.toContain('the button below');
  });

  it('offers to start what is linked and was stopped', async () => {
    server.operations.add('sales', { status: 'stopped', wanted: 'stopped' });
    expect((await page('/sessions/sales')).html).toContain('data-post="/api/sessions/sales/start">');
  });

  it('offers to create what does not exist', async () => {
    const { status, html } = await page('/sessions/new');
    expect(status).toBe(404);
    expect(html).toContain('Create and show a QR');
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
        /<script(?! src="\/assets\/)|<style|\sstyle=|\son[a-z]+=|(src|href|action)="(?![/#])/,
      );
      expect(html).toContain('<html lang="en">');
    }
  });

  it('has forms that send nothing in an address, whether a script runs or not', async () => {
    server.operations.add('off', { status: 'stopped' }).add('sales').showQr('sales', '2@abc');
    for (const url of ['/', '/sessions/sales', '/sessions/off', '/sessions/new']) {
      const forms = (await page(url)).html.match(/<form[^>]*>/g) ?? [];
      expect(forms).not.toEqual([]);
      for (const form of forms) expect(form).toMatch(/ method="post" action="\/sessions/);
    }
  });

  it('is loaded anew where no script runs, unless somebody types', async () => {
    server.operations.add('sales').showQr('sales', '2@abc');
    for (const url of ['/', '/sessions/sales']) {
      expect((await page(url)).html).toContain(
        '<noscript><meta http-equiv="refresh" content="5"></noscript>',
      );
      expect((await page(url)).html).toContain(`<a href="${url}?still">Hold it still</a>`);
      const { html } = await page(`${url}?still`);
      expect(html).not.toContain('http-equiv');
      expect(html).toContain(`<a href="${url}">Let it follow again.</a>`);
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
