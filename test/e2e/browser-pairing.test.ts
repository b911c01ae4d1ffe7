/**
 * Linking a phone where there is no terminal, as on Railway: environment variables, and a browser on a phone. What
 * that person sees is read from the screen, the QR from its picture.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { SimulatorSettings } from '../simulator/settings.ts';
import { until } from '../support/until.ts';
import { httpsFront } from './https-front.ts';
import { faultsOf } from './page-quality.ts';
import { Phone } from './phone.ts';
import { partsOfQr } from './secrets.ts';
import { rig } from './test-rig.ts';

const key = 'correct-horse-battery-staple';
const variables = { VIGIL_SESSIONS: 'main', VIGIL_API_KEY: key, VIGIL_HOST: '0.0.0.0' };

async function deployed(simulator: Partial<SimulatorSettings>, more: Record<string, string> = {}) {
  const world = await rig(simulator);
  world.keepSecret({ what: 'the API key', text: key });
  const volume = await world.volume();
  const daemon = await world.serve(volume, { ...variables, ...more });
  return { world, volume, daemon, directory: join(volume.scratch, 'phone') };
}

async function logIn(phone: Phone): Promise<void> {
  await phone.type('API key', key);
  await phone.tap('Log in');
}

/** Everything that the browser has kept, as one text. */
async function keptBy(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}

it('links a phone through a browser, over https', async () => {
  const { world, daemon, directory } = await deployed(
    { firstRefMs: 8_000, refMs: 8_000, syncDelayMs: 1_500 },
    { VIGIL_TRUSTED_PROXIES: '1' },
  );
  await using front = await httpsFront(await daemon.url('/'));
  const addresses: string[] = [];
  const codes: string[] = [];
  {
    await using phone = await Phone.inHand(directory, front.chromiumArgs);
    phone.page.on('request', (request) => void addresses.push(request.url()));
    await phone.page.goto(front.url);
    expect(phone.page.url()).toBe(`${front.url}/login`);
    expect(await faultsOf(phone.page)).toEqual([]);
    await phone.picture('login');

    await phone.type('API key', 'a guess');
    await phone.tap('Log in');
    await phone.sees('That is not the key.');
    expect(await faultsOf(phone.page)).toEqual([]);
    await phone.picture('wrong-key');

    await logIn(phone);
    await phone.sees('0 of 1 online');
    expect(phone.page.url()).toBe(`${front.url}/`);
    expect(await phone.cookies()).toMatchObject([{ httpOnly: true, secure: true, sameSite: 'Strict' }]);
    expect(await faultsOf(phone.page)).toEqual([]);
    await phone.picture('list');

    await phone.touch('a[href="/sessions/main"]');
    await phone.sees('this page follows by itself');
    await phone.page.evaluate('window.sameDocument = true');
    const first = await phone.readsQr();
    expect(first).toMatch(/^2@/);
    expect(await phone.width('.qr svg')).toBeGreaterThan(300);
    expect(await faultsOf(phone.page)).toEqual([]);
    await phone.picture('qr');

    const second = await until(async () => {
      const now = await phone.readsQr();
      if (now === null || now === first) return null;
      // It may change between the picture and the phone that looks at it; a person looks again.
      return world.whatsapp.control.scan({ qr: now }).then(
        () => now,
        () => null,
      );
    }, 'a second QR, scanned from the screen');
    codes.push(first ?? '', second);
    world.keepSecret(...codes.flatMap(partsOfQr));
    await phone.sees('Linked, synchronising');
    await phone.picture('synchronising');
    await phone.sees('Linked: online', 60_000);
    expect(await phone.page.evaluate('window.sameDocument')).toBe(true);
    expect(await faultsOf(phone.page)).toEqual([]);
    await phone.picture('online');
    expect(phone.complaints).toEqual([]);
  }
  expect(await daemon.session()).toMatchObject({ status: 'ready', phone: expect.any(String) });
  for (const { text } of [...codes.flatMap(partsOfQr), { text: key }])
    expect(addresses.join('\n').includes(encodeURIComponent(text))).toBe(false);
});

it('links the phone that shows the page, by a code; whoever else looks sees it too', async () => {
  const { world, daemon, directory } = await deployed(
    { syncDelayMs: 1_500 },
    { VIGIL_PAIRING_TIMEOUT: '15s', VIGIL_SEAL_AFTER: '1s' },
  );
  const { control } = world.whatsapp;
  await control.unregister({ number: '15559999999' });
  await using phone = await Phone.inHand(directory);
  await phone.page.goto(await daemon.url('/sessions/main'));
  await logIn(phone);
  const other = await phone.another();
  await other.page.goto(await daemon.url('/sessions/main'));
  for (const each of [phone, other]) await each.sees('this page follows by itself');
  expect(await other.readsQr()).toBe(await phone.readsQr());

  await phone.sees('Nobody scanned the QR in time', 60_000);
  expect(await faultsOf(phone.page)).toEqual([]);
  await phone.picture('expired');
  await phone.tap('Show a new QR');
  await phone.sees('this page follows by itself');
  await phone.touch('a[href="#by-number"]');
  await phone.type('Phone number, with country code', '+1 555 999-9999');
  await phone.picture('number');
  await phone.tap('Get a code');
  await phone.sees('WhatsApp gave no code for this number');
  expect(await faultsOf(phone.page)).toEqual([]);
  await phone.picture('no-code');
  await phone.clear('#phone');
  await phone.type('Phone number, with country code', '+1 555 000-0001');
  await phone.tap('Get a code');
  await phone.sees('Type this code into WhatsApp');
  expect(await faultsOf(phone.page)).toEqual([]);
  await phone.picture('code');
  await other.sees('Type this code into WhatsApp');
  const code = /[A-Z0-9]{4}-[A-Z0-9]{4}/.exec(await phone.text())?.[0] ?? '';
  await control.enterCode({ code });
  for (const each of [phone, other]) {
    await each.sees('Linked: online', 60_000);
    expect(await each.text()).not.toContain(code);
  }

  await control.drop({ target: 'all', how: 'loud' });
  await phone.sees('Coming back');
  expect(await faultsOf(phone.page)).toEqual([]);
  await phone.picture('offline');
  await control.heal({ target: 'all' });
  await phone.sees('Linked: online');
  expect(phone.complaints).toEqual([]);
});

it('leaves nothing to whoever takes the phone after a logout, and leads on by the back button', async () => {
  const { daemon, directory } = await deployed({});
  const phone = await Phone.inHand(directory);
  onTestFinished(() => phone[Symbol.asyncDispose]());
  await phone.page.goto(await daemon.url('/'));
  await logIn(phone);
  await phone.touch('a[href="/sessions/main"]');
  await phone.sees('this page follows by itself');
  const drawing = await phone.page.$eval('.qr path:last-child', (path) => path.getAttribute('d') ?? '');
  await phone.page.goBack();
  await phone.sees('of 1 online');
  await phone.page.goForward();
  await phone.sees('this page follows by itself');
  const other = await phone.another();
  await other.page.goto(await daemon.url('/sessions/main'));
  await other.sees('this page follows by itself');

  await phone.tap('Log out');
  await phone.sees('API key');
  await phone.page.goBack();
  await phone.sees('API key');
  expect(await phone.page.$('.qr')).toBeNull();
  // The same login: its other page leaves by itself.
  await other.sees('API key');
  expect(await other.page.$('.qr')).toBeNull();
  expect(other.page.url()).toBe(await daemon.url('/login?next=%2Fsessions%2Fmain'));

  await phone[Symbol.asyncDispose]();
  const kept = await keptBy(directory);
  expect(drawing.length).toBeGreaterThan(1_000);
  for (const secret of [drawing, key]) expect(kept.includes(secret)).toBe(false);
  // What would not be found anywhere could not be found here either.
  expect(kept).toContain(await daemon.url('/assets/vigil.css'));
});
