/** Bots beside the real library and a real browser, in a host of their own as the daemon starts it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostEnvironment } from '../../src/daemon/host-environment.ts';
import { ChildHosts } from '../../src/host/child-hosts.ts';
import type { HostEvent } from '../../src/host/host.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { browsersOn } from '../contracts/engine-session.ts';
import { type WhatsAppRig, whatsAppRig } from '../contracts/whatsapp-rig.ts';
import { scratchDirectory } from '../doubles/scratch.ts';

type Of<T extends HostEvent['type']> = Extract<HostEvent, { type: T }>;
const patience = { timeout: 40_000, interval: 50 };

async function world() {
  const rig = await whatsAppRig();
  // Outside the checkout: nothing is installed beside it.
  const volume = await scratchDirectory();
  onTestFinished(async () => {
    const left = await browsersOn(rig.profile);
    await rig[Symbol.asyncDispose]();
    expect(left, 'browsers left on the profile').toEqual([]);
  });
  return { rig, launch: (text: string) => launched(rig, volume, text) };
}

async function launched(rig: WhatsAppRig, volume: string, text: string) {
  const bot = join(volume, 'bot.mjs');
  await writeFile(bot, text);
  const hosts = new ChildHosts({
    clock: systemClock,
    processes: new LinuxProcesses(),
    volume,
    marks: (session) => [`--vigil-session=${session}`],
    heap: 128,
    env: hostEnvironment(process.env),
    engine: 'whatsapp-web',
    reportFault: (fault) => expect.fail(String(fault)),
  });
  const events: HostEvent[] = [];
  const host = hosts.launch({ ...rig.spec, bot }, (event) => events.push(event));
  onTestFinished(() => host.close());
  const all = <T extends HostEvent['type']>(type: T) =>
    events.filter((one): one is Of<T> => one.type === type);
  const event = async <T extends HostEvent['type']>(type: T, nth = 1) => {
    const missed = () => `${type} among ${JSON.stringify(events.filter((one) => one.type !== 'output'))}`;
    await expect.poll(() => all(type).length, { ...patience, message: missed() }).toBeGreaterThanOrEqual(nth);
    return all(type)[nth - 1] as Of<T>;
  };
  const said = async (message: string) => {
    await expect.poll(() => all('bot_line').map((one) => one.message), patience).toContain(message);
    return all('bot_line').find((one) => one.message === message)?.fields;
  };
  const paired = async () => {
    await rig.scan((await event('qr')).qr);
    await event('ready');
  };
  return { host, events, all, event, said, paired };
}

test('a bot has the very client of the very library, hears messages and answers them', async () => {
  const { rig, launch } = await world();
  const { event, said, paired } = await launch(`
    import library from 'whatsapp-web.js';
    export default (client, { log }) => {
      const { Client, MessageMedia } = library;
      log.info({ client: client instanceof Client, media: typeof MessageMedia }, 'called');
      client.on('message', async (message) => {
        log.info({ same: message.client === client }, 'message');
        if (message.body === '!ping') await message.reply('pong');
      });
      client.on('ready', () => log.info({ wid: typeof client.info.wid.user }, 'ready'));
    };
  `);
  expect(await said('called')).toEqual({ client: true, media: 'function' });
  await paired();
  expect(await said('ready')).toEqual({ wid: 'string' });
  await rig.simulator.control.deliver({ to: 'all', from: '16661112222@c.us', body: '!ping' });
  expect(await said('message')).toEqual({ same: true });
  await expect
    .poll(async () => (await rig.simulator.control.state()).devices[0]?.sent, patience)
    .toEqual([{ to: '16661112222@c.us', body: 'pong' }]);
  expect(await event('ready')).toBeDefined();
});

test('a bot that wraps what starts and unlinks a client keeps neither from happening', async () => {
  const { rig, launch } = await world();
  const { host, paired } = await launch(`
    export default (client) => {
      for (const name of ['initialize', 'destroy', 'logout']) {
        const wrapped = client[name];
        client[name] = async () => { await wrapped.call(client); };
      }
    };
  `);
  await paired();
  await host.unlink();
  const { devices } = await rig.simulator.control.state();
  expect(devices.map(({ linked }) => linked)).toEqual([false]);
});

test('listeners that throw keep nothing from happening', async () => {
  const { rig, launch } = await world();
  const { all, host, paired } = await launch(`
    export default (client) => {
      for (const event of ['qr', 'authenticated', 'ready', 'message', 'loading_screen', 'change_state'])
        client.prependListener(event, () => { throw new Error('no ' + event) });
    };
  `);
  await paired();
  await rig.simulator.control.deliver({ to: 'all', body: 'hello' });
  await expect
    .poll(() => all('bot_fault').map(({ where }) => where), patience)
    .toContain('a listener of "message"');
  expect(await host.probe({ kind: 'watchdog', deadline: 10_000, presence: false })).toMatchObject({
    page: 'answers',
    socket: 'up',
    bridge: true,
  });
  expect(all('gone')).toEqual([]);
});

test('a bot that calls destroy() has the browser closed as by the daemon: the login is kept', async () => {
  const { launch } = await world();
  const first = await launch(`
    export default (client, { log }) => {
      client.on('ready', async () => { await client.destroy(); log.info('asked'); });
    };
  `);
  await first.paired();
  await first.said('asked');
  expect(await first.event('bot_asked')).toMatchObject({ wish: 'stop' });
  expect(first.all('gone')).toEqual([]);
  await first.host.close();
  const second = await launch('export default () => {};');
  await second.event('ready');
  expect(second.all('qr')).toEqual([]);
});

test('a bot that closes the browser itself has lost it, and the engine ends cleanly all the same', async () => {
  const { launch } = await world();
  const { event, all, paired, host } = await launch(`
    export default (client) => {
      client.on('ready', () => setTimeout(() => client.pupBrowser.close(), 500));
    };
  `);
  await paired();
  expect(await event('gone')).toMatchObject({ cause: expect.stringMatching(/browser_crash|renderer_crash/) });
  expect(all('bot_asked')).toEqual([]);
  await host.close();
});

test('a bot that ends its process while a login is young has it flushed first', async () => {
  const { rig, launch } = await world();
  const first = await launch(`
    export default (client) => { client.on('ready', () => process.exit(1)); };
  `);
  await rig.scan((await first.event('qr')).qr);
  expect(await first.event('gone')).toMatchObject({ cause: 'bot_error' });
  await first.event('exit');
  const second = await launch('export default () => {};');
  await second.event('ready');
  expect(second.all('qr')).toEqual([]);
});
