import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Simulator, startSimulator } from './simulator.ts';
import { scratchDirectory } from './test-browser.ts';
import { TestClient } from './test-client.ts';
import { hasBlobFile, INDEXED_DB, LOCAL_STORAGE, PairedProfile } from './test-profile.ts';

let simulator: Simulator;
let scratch: AsyncDisposable & { path: string };
let profile: PairedProfile;

const device = async () => (await simulator.control.state()).devices[0];

beforeAll(async () => {
  simulator = await startSimulator({ syncDelayMs: 1_000 });
  scratch = await scratchDirectory();
  profile = await PairedProfile.make(simulator, scratch.path);
});

afterAll(async () => {
  await simulator.close();
  await scratch[Symbol.asyncDispose]();
});

test('a restart restores the login without a QR', async () => {
  const dataPath = await profile.copy();
  expect(await hasBlobFile(dataPath)).toBe(true);
  await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
  await client.event('ready');
  expect(client.count('qr')).toBe(0);
  expect(client.count('authenticated')).toBe(1);
  expect(client.count('loading_screen')).toBeGreaterThan(1);
  expect(await client.client.getState()).toBe('CONNECTED');
  const counts = await simulator.control.readAll({ target: { device: profile.pairing.device } });
  expect(counts['model-storage/message']).toBe(256);
});

test('a profile without its IndexedDB shows a QR', async () => {
  const dataPath = await profile.copyWithout(INDEXED_DB);
  await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
  const qr = await client.qr();
  const page = (await simulator.control.state()).pages.find(({ ref }) => ref && qr.startsWith(ref));
  expect(page?.damage).toBe('signal-storage holds no device');
});

test('a profile without its Local Storage shows a QR', async () => {
  const dataPath = await profile.copyWithout(LOCAL_STORAGE);
  await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
  const qr = await client.qr();
  const page = (await simulator.control.state()).pages.find(({ ref }) => ref && qr.startsWith(ref));
  expect(page?.damage).toContain('last-wid-md');
});

test('a rolled back profile is noticed as a stale login', async () => {
  const before = (await device())?.counters.staleLogins ?? 0;
  const [first, second] = [await profile.copy(), await profile.copy()];
  {
    await using client = await TestClient.start(simulator.chromiumArgs, first);
    await client.event('ready');
  }
  const between = (await device())?.counters.staleLogins ?? 0;
  await using client = await TestClient.start(simulator.chromiumArgs, second);
  await client.event('ready');
  expect((await device())?.counters.staleLogins).toBe(between + 1);
  expect(between).toBeGreaterThanOrEqual(before);
});

test('of two copies of one profile the older connection gets the conflict', async () => {
  await using older = await TestClient.start(simulator.chromiumArgs, await profile.copy());
  await older.event('ready');
  const olderPage = (await device())?.page;
  await using newer = await TestClient.start(simulator.chromiumArgs, await profile.copy());
  await newer.event('ready');
  expect(await older.event('disconnected')).toEqual(['CONFLICT']);
  const { pages } = await simulator.control.state();
  expect(pages.find(({ id }) => id === olderPage)?.counters.conflicts).toBe(1);
  expect((await device())?.page).not.toBe(olderPage);
  expect(await newer.client.getState()).toBe('CONNECTED');
});

test('a device unlinked while it was away shows a QR and no disconnected', async () => {
  const dataPath = await profile.copy();
  await simulator.control.unlink({ device: profile.pairing.device });
  {
    await using client = await TestClient.start(simulator.chromiumArgs, dataPath);
    await client.qr();
    expect(client.count('disconnected')).toBe(0);
  }
  await using again = await TestClient.start(simulator.chromiumArgs, dataPath);
  await again.qr();
  const { pages, counters } = await simulator.control.state();
  expect(pages.at(-1)?.damage).toBeNull();
  expect(counters.logouts).toBe(1);
});

test('a pairing code pairs; a reload is another connect and no conflict', async () => {
  await using root = await scratchDirectory();
  const pairWithPhoneNumber = { phoneNumber: '15551230000', showNotification: true, intervalMs: 60_000 };
  await using client = await TestClient.start(simulator.chromiumArgs, root.path, { pairWithPhoneNumber });
  const code = String((await client.event('code'))[0]);
  expect(code).toMatch(/^[1-9A-Z]{8}$/);
  const { wid, device: id } = await simulator.control.enterCode({ code });
  expect(wid).toMatch(/^15551230000:/);
  await client.event('ready');
  await simulator.control.reload({ target: { device: id } });
  await client.event('ready', 2);
  const known = (await simulator.control.state()).devices.find((one) => one.id === id);
  expect(known).toMatchObject({
    linked: true,
    counter: 2,
    counters: { connects: 2, conflicts: 0, staleLogins: 0 },
  });
});

test('a stale login that the server refuses unlinks the device', async () => {
  const refusing = await startSimulator({ syncDelayMs: 1_000, staleLogin: 'refuse', historyBytes: 100_000 });
  onTestFinished(() => refusing.close());
  await using root = await scratchDirectory();
  const original = await PairedProfile.make(refusing, root.path);
  const [first, second] = [await original.copy(), await original.copy()];
  {
    await using client = await TestClient.start(refusing.chromiumArgs, first);
    await client.event('ready');
  }
  await using client = await TestClient.start(refusing.chromiumArgs, second);
  await client.qr();
  const { counters } = await refusing.control.state();
  expect(counters).toMatchObject({ staleLogins: 1, refusedLogins: 1, logouts: 1 });
});
