import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Message, MessageAck } from 'whatsapp-web.js';
import { type Simulator, startSimulator } from './simulator.ts';
import { scratchDirectory } from './test-browser.ts';
import { TestClient, until } from './test-client.ts';

const STRANGER = '16661112222@c.us';

let simulator: Simulator;
let scratch: AsyncDisposable & { path: string };
let client: TestClient;
let device: string;

const state = async () => {
  const { pages, devices } = await simulator.control.state();
  const known = devices.find(({ id }) => id === device);
  return { device: known, page: pages.find(({ id }) => id === known?.page) };
};

beforeAll(async () => {
  simulator = await startSimulator({
    syncDelayMs: 800,
    pingMs: 300,
    pingTimeoutMs: 300,
    reconnectMs: 200,
  });
  scratch = await scratchDirectory();
  const options = { takeoverOnConflict: true, takeoverTimeoutMs: 100 };
  client = await TestClient.start(simulator.chromiumArgs, scratch.path, options);
  device = (await simulator.control.scan({ qr: await client.qr() })).device;
  await client.event('ready');
});

beforeEach(() => {
  client.seen.length = 0;
});

afterAll(async () => {
  await client.close();
  await simulator.close();
  await scratch[Symbol.asyncDispose]();
});

test('an incoming message is emitted once and stored by the page', async () => {
  const target = { device };
  const before = await simulator.control.readAll({ target });
  await simulator.control.deliver({ to: target, from: STRANGER, body: 'good morning' });
  const [message] = (await client.event('message')) as [Message];
  expect(message).toMatchObject({ body: 'good morning', from: STRANGER, fromMe: false });
  await until(async () => (await state()).device?.counters.messagesIn === 1, 'confirmation');
  const after = await simulator.control.readAll({ target });
  expect(Number(after['model-storage/message'])).toBe(Number(before['model-storage/message']) + 1);
  expect(client.count('message')).toBe(1);
});

test('a sent message is acknowledged by server, device and reader', async () => {
  const message = await client.client.sendMessage(STRANGER, 'hello there');
  expect(message).toMatchObject({ body: 'hello there', fromMe: true, to: STRANGER });
  await until(() => client.seen.find(({ event, args }) => event === 'message_ack' && args[1] === 3), 'ack 3');
  const acks = client.seen.filter(({ event }) => event === 'message_ack').map(({ args }) => args[1]);
  expect(acks).toEqual([MessageAck.ACK_SERVER, MessageAck.ACK_DEVICE, MessageAck.ACK_READ]);
  expect((await state()).device?.counters.messagesOut).toBe(1);
  expect((await state()).device?.sent).toEqual([{ to: STRANGER, body: 'hello there' }]);
  expect(client.count('message_create')).toBe(1);
});

test('a message is answered with the message quoted', async () => {
  const heard = new Promise<Message>((resolve) => client.client.once('message', resolve));
  await simulator.control.deliver({ to: { device }, from: STRANGER, body: 'are you there?' });
  const answer = await (await heard).reply('yes');
  expect(answer).toMatchObject({ body: 'yes', fromMe: true, to: STRANGER, hasQuotedMsg: true });
  await until(async () => (await state()).device?.sent.at(-1)?.body === 'yes', 'the answer');
});

test('chats, contacts and numbers can be asked for', async () => {
  expect((await client.client.getChats()).length).toBeGreaterThanOrEqual(5);
  expect((await client.client.getChatById(STRANGER)).isGroup).toBe(false);
  expect((await client.client.getContactById(STRANGER)).number).toBe('16661112222');
  expect((await client.client.getNumberId('16669999999'))?._serialized).toBe('16669999999@c.us');
  await simulator.control.unregister({ number: '16669999999' });
  expect(await client.client.getNumberId('16669999999')).toBeNull();
});

test('presence and activity are counted', async () => {
  await client.client.sendPresenceAvailable();
  await client.client.sendPresenceUnavailable();
  await client.client.pupPage?.mouse.move(20, 30);
  await client.client.pupPage?.keyboard.press('Shift');
  await client.client.pupPage?.evaluate('navigator.wakeLock.request("screen").then(() => true, () => false)');
  const counters = await until(async () => {
    const seen = (await state()).device?.counters;
    return seen?.mouse && seen.keyboard && seen.wakeLocks && seen.presenceUnavailable && seen;
  }, 'counted activity');
  expect(counters).toMatchObject({
    presenceAvailable: 1,
    presenceUnavailable: 1,
    wakeLocks: 1,
    untrusted: 0,
  });
});

test('a loud drop is TIMEOUT and OPENING until healed; what was written meanwhile is sent then', async () => {
  const target = { device };
  await simulator.control.drop({ target, how: 'loud' });
  expect(await client.event('change_state')).toEqual(['TIMEOUT']);
  const message = await client.client.sendMessage(STRANGER, 'from the tunnel', { sendSeen: false });
  expect(message?.ack).toBe(0);
  await simulator.control.deliver({ to: target, body: 'while you were away' });
  await simulator.control.heal({ target });
  await until(
    () => client.seen.at(-1) && client.client.getState().then((now) => now === 'CONNECTED'),
    'CONNECTED',
  );
  await client.event('message');
  await client.event('message_ack');
  expect(client.count('disconnected')).toBe(0);
});

test('a silent drop is noticed by the page only when its ping goes unanswered', async () => {
  await simulator.control.drop({ target: { device }, how: 'silent' });
  expect(await client.event('change_state')).toEqual(['TIMEOUT']);
  await simulator.control.heal({ target: { device } });
  await until(() => client.client.getState().then((now) => now === 'CONNECTED'), 'CONNECTED');
});

test('a steady traffic is received while it lasts', async () => {
  const before = (await state()).device?.counters.messagesIn ?? 0;
  await simulator.control.traffic({ to: { device }, perSecond: 50, bytes: 2_000 });
  await until(
    async () => ((await state()).device?.counters.messagesIn ?? 0) >= before + 20,
    'twenty messages',
  );
  await simulator.control.traffic({ to: { device }, perSecond: 0 });
  await until(async () => (await state()).device?.waiting === 0, 'all of them');
});

test('a conflict lasts until the page takes over', async () => {
  await simulator.control.conflict({ target: { device } });
  expect(await client.event('change_state')).toEqual(['CONFLICT']);
  await until(() => client.client.getState().then((now) => now === 'CONNECTED'), 'CONNECTED');
  expect((await state()).device?.counters).toMatchObject({ conflicts: 1, takeovers: 1 });
});

test("What's new waits for its Continue button", async () => {
  await simulator.control.showDialog({ target: { device }, unlinkMs: 20_000 });
  const button = await client.client.pupPage?.waitForSelector('[role=dialog] button');
  expect((await state()).device?.dialog).toBe(true);
  await button?.click();
  await until(async () => (await state()).device?.counters.dialogsDismissed === 1, 'dismissal');
  expect((await state()).device?.dialog).toBe(false);
});

test('a logout by the phone is emitted as LOGOUT and ends at a QR', async () => {
  await simulator.control.showDialog({ target: { device }, unlinkMs: 100 });
  expect(await client.event('disconnected')).toEqual(['LOGOUT']);
  await client.qr();
  expect((await state()).device).toMatchObject({ linked: false, page: null });
});

test('a hung page leaves getState unanswered', async () => {
  const { pages } = await simulator.control.state();
  const open = pages.filter((page) => page.open);
  expect(open).toHaveLength(1);
  await simulator.control.hang({ target: { page: `${open[0]?.id}` } });
  const hung = async () => {
    const answer = client.client.getState().then(() => 'answered');
    answer.catch(() => {});
    const silence = new Promise<string>((resolve) => setTimeout(() => resolve('silence'), 500));
    return (await Promise.race([answer, silence])) === 'silence';
  };
  await until(hung, 'silence');
});
