import { once } from 'node:events';
import { get } from 'node:https';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
import { scratchDirectory } from './test-browser.ts';
import { TestClient, until } from './test-client.ts';

let scratch: AsyncDisposable & { path: string };

beforeAll(async () => {
  scratch = await scratchDirectory();
});

afterAll(() => scratch[Symbol.asyncDispose]());

async function simulate(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator({ historyBytes: 100_000, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

test('a sync that ends before anybody listens leaves a connected client that is never ready', async () => {
  const simulator = await simulate({ syncDelayMs: 0 });
  const dataPath = `${scratch.path}/synced`;
  {
    await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
    await simulator.control.scan({ qr: await client.qr() });
    await until(async () => (await simulator.control.state()).devices[0]?.page, 'connection');
  }
  await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
  await client.started;
  expect(await client.client.getState()).toBe('CONNECTED');
  await until(async () => {
    const { pages } = await simulator.control.state();
    return pages.some(({ id, live, synced, hasSynced }) => id === 'page-2' && live && synced && hasSynced);
  }, 'end of the sync');
  expect(client.names()).toEqual([]);
});

test('a page stuck in OPENING goes on when it is let in', async () => {
  const simulator = await simulate({ syncDelayMs: 800, autoScanMs: 0 });
  const dataPath = `${scratch.path}/stuck`;
  {
    await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
    await client.event('ready');
  }
  await simulator.control.onConnect({ target: 'all', outcome: 'stuck' });
  await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
  const page = await until(async () => {
    const { pages } = await simulator.control.state();
    return pages.find(({ id, open }) => id === 'page-2' && open);
  }, 'second page');
  await expect(client.client.getState()).resolves.toBe('OPENING');
  expect(page.live).toBe(false);
  await simulator.control.onConnect({ target: 'all', outcome: 'connected' });
  await client.event('ready');

  await simulator.control.setState({ target: 'all', state: 'PROXYBLOCK' });
  expect(await client.event('disconnected')).toEqual(['PROXYBLOCK']);
});

test('QRs rotate, expire, and stop until they are asked for again', async () => {
  const simulator = await simulate({ firstRefMs: 400, refMs: 200, refCount: 3 });
  await using client = await TestClient.start(simulator.chromiumArgs, `${scratch.path}/expiry`);
  const qr = await client.qr();
  await until(
    async () => (await simulator.control.state()).pages[0]?.state === 'UNPAIRED_IDLE',
    'UNPAIRED_IDLE',
  );
  expect(client.count('qr')).toBeLessThanOrEqual(3);
  await expect(simulator.control.scan({ qr })).rejects.toThrow('expired');
  await client.client.pupPage?.evaluate('window.require("WAWebCmd").Cmd.refreshQR()');
  const refs = () => simulator.control.state().then(({ counters }) => counters.qrRefs);
  await until(async () => (await refs()) > 3, 'another QR');
  expect((await simulator.control.state()).counters.qrPages).toBe(1);
});

test('a page that never boots is an auth timeout; a server that refuses or fails is a failed navigation', async () => {
  const simulator = await simulate({});
  await simulator.control.serve({ mode: 'no-boot' });
  const options = { authTimeoutMs: 500 };
  await using client = await TestClient.start(simulator.chromiumArgs, `${scratch.path}/boot`, options);
  await expect(client.started).rejects.toBe('auth timeout');
  await simulator.control.serve({ mode: 'refuse' });
  const visit = () => client.client.pupPage?.goto('https://web.whatsapp.com/', { timeout: 5_000 });
  await expect(visit()).rejects.toThrow(/ERR_CONNECTION/);
  await simulator.control.serve({ mode: 'error' });
  expect((await visit())?.status()).toBe(500);
  await simulator.control.serve({ mode: 'hang' });
  const impatient = client.client.pupPage?.goto('https://web.whatsapp.com/', { timeout: 500 });
  await expect(impatient).rejects.toThrow('timeout');
});

test('an answer to "What\'s new" that never comes costs the device; the page reloads itself after a pairing', async () => {
  const simulator = await simulate({ syncDelayMs: 800, autoScanMs: 100, reloadAfterPairingMs: 1_500 });
  await using client = await TestClient.start(simulator.chromiumArgs, `${scratch.path}/new`);
  await client.event('ready', 2);
  expect((await simulator.control.state()).counters).toMatchObject({
    pageLoads: 2,
    pairings: 1,
    connects: 2,
  });
  await simulator.control.configure({ refusedLogin: 'navigate', autoScanMs: null });
  await simulator.control.showDialog({ target: 'all', unlinkMs: 200 });
  await client.event('disconnected');
  const { counters, devices } = await simulator.control.state();
  expect(counters).toMatchObject({ dialogsShown: 1, dialogsDismissed: 0, logouts: 1 });
  expect(devices[0]?.linked).toBe(false);
});

test('a crashed page is told by puppeteer and by nobody else', async () => {
  const simulator = await simulate({});
  await using client = await TestClient.start(simulator.chromiumArgs, `${scratch.path}/crash`);
  await client.qr();
  const crashed = Promise.withResolvers<Error>();
  client.client.pupPage?.on('error', crashed.resolve);
  await simulator.control.crash({ target: 'all' });
  expect((await crashed.promise).message).toBe('Page crashed!');
  expect(client.names()).toEqual(['qr']);
});

test('pages carry the name of the door that they came through, and all doors lead into one world', async () => {
  const simulator = await simulate({});
  const [rule] = await simulator.openDoor('back');
  const back = Number(rule?.split(':').at(-1));
  expect(back).not.toBe(simulator.port);
  for (const port of [simulator.port, back, back]) expect(await statusOf(port)).toBe(200);
  const { pages, counters } = await simulator.control.state();
  expect(pages.map(({ id, door }) => [id, door])).toEqual([
    ['page-1', 'front'],
    ['page-2', 'back'],
    ['page-3', 'back'],
  ]);
  expect(counters.pageLoads).toBe(3);
  await simulator.control.serve({ mode: 'error' });
  expect([await statusOf(simulator.port), await statusOf(back)]).toEqual([500, 500]);
});

async function statusOf(port: number): Promise<number | undefined> {
  const request = get({ host: '127.0.0.1', port, path: '/', rejectUnauthorized: false, agent: false });
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}
