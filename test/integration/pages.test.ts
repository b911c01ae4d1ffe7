/** The pages in a real browser, on the size of a phone: what a person without a terminal sees and does. */
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Access } from '../../src/http/access.ts';
import { type TestServer, testKey, testServer } from '../doubles/test-server.ts';
import { browserOptions } from '../simulator/test-browser.ts';

let browser: Browser;
let server: TestServer;
let page: Page;
let address: string;
let complaints: string[];

beforeAll(async () => {
  browser = await puppeteer.launch(await browserOptions([]));
});

afterAll(() => browser.close());

async function serve(access: Access = { kind: 'open-loopback' }, port = 0): Promise<void> {
  server = await testServer(access);
  await server.app.listen({ port, host: '127.0.0.1' });
  address = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage();
  await page.setViewport({ width: 390, height: 844 });
  page.on('pageerror', (error) => void complaints.push(String(error)));
  page.on('console', (message) => {
    // The browser's own words for an answer that is an error; a page has no part in it.
    if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
});

afterEach(async () => {
  await page.close();
  const closed = server.app.close();
  // A browser may have opened one that it never asked anything over, which is no idle one to the server: by the clock of these
  // tests its patience never ends.
  server.app.server.closeAllConnections();
  await closed;
  expect(complaints).toEqual([]);
});

const sees = (text: string) =>
  expect.poll(() => page.$eval('main', (main) => main.textContent), { timeout: 15_000 }).toContain(text);
const drawing = () => page.$eval('.qr path:last-child', (path) => path.getAttribute('d'));

it('links a phone: QR, its rotation, synchronising, online', async () => {
  await serve();
  server.operations.add('sales', { phone: null }).showQr('sales', '2@first');
  await page.goto(`${address}/sessions/sales`);
  const first = await drawing();
  server.operations.showQr('sales', '2@second');
  await expect.poll(drawing, { timeout: 10_000 }).not.toBe(first);
  server.operations.authenticate('sales');
  await sees('Linked, synchronising');
  expect(await page.$('.qr svg')).toBeNull();
  server.operations.becomeReady('sales');
  await sees('Linked: online');
});

it('fits on a phone without scrolling sideways', async () => {
  await serve();
  server.operations.add('sales'.repeat(12), {
    name: 'W'.repeat(200),
    status: 'failed',
    remedy: 'x'.repeat(300),
  });
  server.operations.add('support').showQr('support', `2@${'x'.repeat(230)}`);
  for (const path of ['/', `/sessions/${'sales'.repeat(12)}`, '/sessions/support']) {
    await page.goto(address + path);
    const size = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    expect(size).toEqual([390, 390]);
  }
});

it('shows a new code when a person asks for one', async () => {
  await serve();
  server.operations.add('sales', { status: 'failed', reason: 'pairing_expired', phone: null });
  server.operations.after('pair', (id) => server.operations.showQr(id, '2@new'));
  await page.goto(`${address}/sessions/sales`);
  await page.click('button.primary');
  await page.waitForSelector('.qr svg');
  expect(server.operations.calls).toContain('pair sales qr');
});

it('links with a phone number, which survives what happens meanwhile', async () => {
  await serve();
  server.operations.add('sales', { phone: null }).showQr('sales', '2@first');
  server.operations.after('pair', (id) => server.operations.showCode(id, 'ABCD1234'));
  await page.goto(`${address}/sessions/sales`);
  const first = await drawing();
  await page.type('#phone', '+49 151 1234');
  server.operations.showQr('sales', '2@second');
  await expect.poll(drawing, { timeout: 10_000 }).not.toBe(first);
  await page.type('#phone', '5678');
  await page.keyboard.press('Enter');
  await sees('ABCD-1234');
  expect(server.operations.calls).toContain('pair sales 4915112345678');
});

it('says why something was refused', async () => {
  await serve();
  server.operations.add('sales', { phone: null }).showQr('sales', '2@first');
  await page.goto(`${address}/sessions/sales`);
  await page.type('#phone', '123');
  await page.keyboard.press('Enter');
  await sees('The phone number is not 7 to 15 digits');
});

it('adds a session and goes to its page', async () => {
  await serve();
  server.operations.after('pair', (id) => server.operations.showQr(id, '2@new'));
  server.operations.add('support');
  await page.goto(address);
  await page.click('summary');
  await page.type('#new-id', 'sales');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  expect(page.url()).toBe(`${address}/sessions/sales`);
  await page.waitForSelector('.qr svg');
});

it('keeps asking while the daemon is away, and goes on when it is back', async () => {
  await serve();
  server.operations.add('sales', { phone: null }).showQr('sales', '2@first');
  await page.goto(`${address}/sessions/sales`);
  const port = Number(new URL(address).port);
  await server.app.close();
  await sees('The daemon does not answer');
  await serve({ kind: 'open-loopback' }, port);
  server.operations.add('sales');
  await sees('Linked: online');
  expect(await page.$eval('[data-alert]', (line) => line.hasAttribute('hidden'))).toBe(true);
});

it('asks for the key first, and leads back to the page that was wanted', async () => {
  await serve({ kind: 'key', key: testKey });
  server.operations.add('sales', { phone: null }).showQr('sales', '2@first');
  server.operations.after('pair', (id) => server.operations.showCode(id, 'ABCD1234'));
  await page.goto(`${address}/sessions/sales`);
  await page.type('#key', 'wrong');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await sees('That is not the key.');
  await page.type('#key', testKey);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  expect(page.url()).toBe(`${address}/sessions/sales`);
  await page.waitForSelector('.qr svg');
  await page.type('#phone', '+4915112345678');
  await page.keyboard.press('Enter');
  await sees('ABCD-1234');
  await Promise.all([page.waitForNavigation(), page.click('header button')]);
  expect(page.url()).toBe(`${address}/login`);
  await page.goto(`${address}/sessions/sales`);
  expect(page.url()).toBe(`${address}/login?next=%2Fsessions%2Fsales`);
});

it('shows everything and takes every wish where no script runs', async () => {
  await serve();
  server.operations.after('pair', (id) => server.operations.showQr(id, '2@first'));
  await page.setJavaScriptEnabled(false);
  await page.goto(`${address}/?still`);
  await page.type('#new-id', 'sales');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  expect(page.url()).toBe(`${address}/sessions/sales`);
  await page.waitForSelector('.qr svg');
  server.operations.becomeReady('sales');
  // It is loaded anew by itself.
  await sees('Linked: online');
  server.operations.fail('sales', 'pairing_expired', 'Scan it sooner.');
  server.operations.after('pair', (id) => server.operations.showCode(id, 'ABCD1234'));
  await page.goto(`${address}/sessions/sales?still`);
  await page.type('#phone', '+49 151 12345678');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  expect(page.url()).toBe(`${address}/sessions/sales`);
  await sees('ABCD-1234');
  expect(server.operations.calls).toContain('pair sales 4915112345678');
});

it('leaves the focus where it was when a list changes under it', async () => {
  await serve();
  server.operations.add('sales').add('support');
  await page.goto(address);
  await page.focus('a[href="/sessions/support"]');
  server.operations.change('sales', { status: 'recovering' });
  await sees('recovering');
  expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe('/sessions/support');
});
