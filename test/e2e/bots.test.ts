/** A person's own code beside the client: what it gets, what its failures cost, and what they do not. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import type { Daemon } from './daemon.ts';
import { expectOnline, expectUndisturbed } from './expectations.ts';
import { type PairedWorld, pairedCopy } from './paired-volume.ts';
import type { Environment } from './program.ts';
import { rig } from './test-rig.ts';
import type { Volume } from './volume.ts';
import type { WhatsApp } from './whatsapp.ts';

const example = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
const stranger = '16661112222@c.us';

async function written(volume: Volume, text: string, name = 'bot.mjs'): Promise<string> {
  const path = join(volume.scratch, name);
  await writeFile(path, text);
  return path;
}

/** A paired session, online with a bot that is written for it. */
async function withBot(
  text: string,
  settings: Environment = {},
): Promise<PairedWorld & { readonly daemon: Daemon; readonly bot: string }> {
  const world = await pairedCopy();
  const bot = await written(world.volume, text);
  const daemon = await world.rig.serve(world.volume, { ...settings, VIGIL_BOT: bot });
  await daemon.ready();
  return { ...world, daemon, bot };
}

const say = (whatsapp: WhatsApp, body: string, to: string | null = null) =>
  whatsapp.control.deliver({ to: to === null ? 'all' : { device: to }, from: stranger, body });

/** What the devices have sent, in the order in which they did. */
async function sent(whatsapp: WhatsApp): Promise<readonly string[]> {
  return (await whatsapp.control.state()).devices.flatMap(({ sent }) => sent.map(({ body }) => body));
}

const answered = (whatsapp: WhatsApp, body: string, times = 1) =>
  until(
    async () => (await sent(whatsapp)).filter((one) => one === body).length >= times,
    `"${body}" as an answer`,
  );

/** Lines of the daemon's log that are the bot's. */
const saidBy = (daemon: Daemon, msg: string, session = 'main') =>
  daemon.lines.filter((line) => line['by'] === 'bot' && line['msg'] === msg && line['session'] === session);

const pingPong = `
export default (client, { log }) => {
  log.info('called');
  client.on('message', async (message) => {
    if (message.body === '!ping') await message.reply('pong');
  });
};
`;

describe('a bot that was moved over', () => {
  it('answers, and so does one of its own for a session, in TypeScript', async () => {
    const world = await pairedCopy();
    const { rig: it, volume } = world;
    const daemon = await it.serve(volume, { VIGIL_BOT: example('ping-pong/bot.mjs') });
    await daemon.ready();
    await say(it.whatsapp, '!ping');
    await answered(it.whatsapp, 'pong');
    expect(await it.listed(volume)).toMatchObject({ bot: 'bot.mjs', botErrors: 0 });

    const own = example('ping-pong-typescript/bot.mts');
    const configured = await it.cli(volume, ['config', 'main', '--set', `bot=${own}`, '--json']);
    expect(configured.json).toContainEqual({ name: 'bot', value: own, source: 'session main' });
    expect((await it.cli(volume, ['restart', 'main'])).code).toBe(0);
    await say(it.whatsapp, '!help');
    await answered(it.whatsapp, 'Say !ping.');
    expect(await sent(it.whatsapp)).toEqual(['pong', 'Say !ping.']);
    expect(await it.listed(volume)).toMatchObject({ bot: 'bot.mts' });
    await expectOnline(world);

    // Code is not named over HTTP, whatever key comes with it.
    const refused = await daemon.request('/api/sessions/main/settings', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ bot: '/tmp/other.mjs' }),
    });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  });

  it('is called again after a kill -9, with the same login', async () => {
    const { rig: it, volume, daemon, bot } = await withBot(pingPong);
    await daemon.crashAll();
    const next = await it.serve(volume, { VIGIL_BOT: bot });
    await next.ready();
    expect(saidBy(next, 'called')).toHaveLength(1);
    await say(it.whatsapp, '!ping');
    await answered(it.whatsapp, 'pong');
    expectUndisturbed(it.whatsapp);
  });

  it('is called for the client that is paired and again for the one after the seal', async () => {
    const it = await rig();
    const volume = await it.volume();
    const bot = await written(volume, pingPong);
    const daemon = await it.serve(volume, { VIGIL_BOT: bot });
    await it.scan(daemon);
    await daemon.ready();
    expect(saidBy(daemon, 'called')).toHaveLength(2);
    await say(it.whatsapp, '!ping');
    await answered(it.whatsapp, 'pong');
    // Backed up while it runs, as any session.
    await daemon.until(({ lastBackup }) => lastBackup !== null, { what: 'a first backup' });
  });
});

it('a bot that is not there keeps the daemon from starting, in words', async () => {
  const it = await rig();
  const volume = await it.volume();
  const program = await it.run(volume, ['serve'], { VIGIL_BOT: './nowhere.mjs' });
  expect(await program.exit()).toMatchObject({ code: 78 });
  expect(program.stderr).toContain(`found nothing at ${join(volume.scratch, 'nowhere.mjs')}`);
});

it('a bot gets the variables that are named for it, and no line shows what is secret of them', async () => {
  const key = 'canary-of-the-bot-7f3a';
  const { daemon, volume } = await withBot(
    `export default (client, { log }) => {
       log.info({ has: process.env.SHOP_KEY === '${key}', daemons: process.env.VIGIL_VOLUME ?? null }, 'env');
       log.info('the key is ' + process.env.SHOP_KEY);
     };`,
    { VIGIL_BOT_ENV: 'SHOP_KEY,GONE', SHOP_KEY: key },
  );
  expect(saidBy(daemon, 'env')[0]).toMatchObject({ fields: { has: true, daemons: null } });
  expect(daemon.stdout).toContain('VIGIL_BOT_ENV names GONE');
  expect(daemon.stdout).not.toContain(key);
  for (const [, text] of await volume.sessionLogs()) expect(text).not.toContain(key);
});

describe('a bot that fails', () => {
  it('at every start is left to a person, and costs neither the profile nor anybody else', async () => {
    const it = await rig({ autoScanMs: 0 });
    const { whatsapp } = it;
    const volume = await it.volume();
    const bot = await written(volume, 'throw new Error("the bot is broken");');
    const settings = { VIGIL_SESSIONS: 'main,other' };
    const first = await it.serve(volume, settings);
    for (const id of ['main', 'other']) await first.ready(id);
    await whatsapp.control.configure({ autoScanMs: null });
    const seen = () =>
      (['pageLoads', 'qrPages', 'pairings', 'logouts'] as const).map((name) => whatsapp.count(name));
    const before = await first.session('other');

    await it.cli(volume, ['config', 'main', '--set', `bot=${bot}`]);
    const counted = seen();
    expect((await it.cli(volume, ['restart', 'main', '--no-wait'])).code).toBe(0);
    const launches = (...daemons: readonly Daemon[]) =>
      daemons.flatMap(({ lines }) =>
        lines.filter((line) => line['session'] === 'main' && line['cause'] === 'gone: bot_error'),
      );
    await until(async () => (await volume.record()).botFaults.length === 2, 'two faults of the bot');
    // What is saved may be told a moment later, and a daemon that is killed tells nothing more.
    await until(() => launches(first).length === 2, 'two launches in the log');
    const unaffected = { status: 'ready', since: before?.since, restarts: before?.restarts };
    expect(await first.session('other')).toMatchObject(unaffected);
    // A restart of the daemon forgets none of them. Two more, from before: their rests would take more than a minute.
    await first.crash();
    const record = await volume.record();
    const earlier = record.botFaults.map((at) => at - 5 * 60_000);
    const text = JSON.stringify({ ...record, botFaults: [...earlier, ...record.botFaults] });
    await writeFile(volume.ours('sessions', 'main.json'), text);
    const next = await it.serve(volume, settings);
    const failed = await next.until(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ reason: 'bot_error', bot: 'bot.mjs', restored: null });
    expect(failed.remedy).toContain('vigil logs main');
    await until(
      () => launches(first, next).length === 3,
      () => `three launches, not ${launches(first, next).length}`,
    );
    expect(launches(next).at(-1)?.['detail']).toContain('the bot is broken');
    await next.ready('other');
    // The other one loads its page once more with its daemon; the bot's own has not been loaded at all.
    expect(seen()).toEqual([(counted[0] as number) + 1, ...counted.slice(1)]);
    expect(await volume.quarantined()).toEqual([]);
    expect(volume.browsers('main')).toEqual([]);
    const logs = await it.cli(volume, ['logs', 'main']);
    expect(logs.stdout).toContain('the bot is broken');

    await writeFile(bot, pingPong);
    expect((await it.cli(volume, ['start', 'main'])).code).toBe(0);
    expect(await it.listed(volume)).toMatchObject({ status: 'ready', reason: null });
    expect(seen()[1]).toBe(counted[1]);
  }, 240_000);

  it('in a listener goes on, counted, and the session stays online', async () => {
    const {
      rig: it,
      volume,
      daemon,
    } = await withBot(`
      export default (client) => {
        client.on('message', async (message) => {
          if (message.body === '!fail') throw new Error('this one is bad');
        });
        client.on('message', () => { setTimeout(() => { throw new Error('a timer is bad'); }); });
        client.on('message', async (message) => { if (message.body === '!ping') await message.reply('pong'); });
      };
    `);
    const before = await daemon.session();
    await say(it.whatsapp, '!fail');
    await say(it.whatsapp, '!ping');
    await answered(it.whatsapp, 'pong');
    await daemon.until(({ botErrors }) => botErrors === 3, { what: 'three failures that were counted' });
    const lines = daemon.lines.filter((line) => line['reason'] === 'bot_error');
    expect(lines.map(({ level, session }) => [level, session])).toEqual(lines.map(() => ['warn', 'main']));
    expect(lines.map(({ detail }) => String(detail).split('\n')[0]).sort()).toEqual([
      'Error: a timer is bad',
      'Error: a timer is bad',
      'Error: this one is bad',
    ]);
    expect(await it.listed(volume)).toMatchObject({ status: 'ready', since: before?.since, restarts: 0 });
  });

  it('by blocking its process is found out, while the others are asked on time', async () => {
    const it = await rig({ autoScanMs: 0 });
    const volume = await it.volume();
    const bot = await written(
      volume,
      `export default (client, { session }) => {
         client.on('message', (message) => {
           // One that loops is test/integration/host-bots.test.ts; for half a minute it would take the machine from other tests.
           if (session === 'main' && message.body === '!block')
             Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
         });
       };`,
    );
    const settings = { VIGIL_SESSIONS: 'main,other', VIGIL_BOT: bot, VIGIL_WATCHDOG: '1s' };
    const daemon = await it.serve(volume, settings);
    for (const id of ['main', 'other']) await daemon.ready(id);
    await it.whatsapp.control.configure({ autoScanMs: null });
    const [before, other] = [await daemon.session('main'), await daemon.session('other')];
    if (!before || !other) throw new Error('a session is missing');
    let latest = 0;
    const watched = setInterval(async () => {
      const lastSeen = (await daemon.session('other').catch(() => undefined))?.lastSeen;
      if (lastSeen) latest = Math.max(latest, Date.now() - Date.parse(lastSeen));
    }, 500);
    try {
      await say(it.whatsapp, '!block');
      await daemon.until(({ reason }) => reason === 'bot_error', { what: 'bot_error', deadline: 90_000 });
      expect(await daemon.recovered(before, 90_000)).toMatchObject({ restarts: 1 });
    } finally {
      clearInterval(watched);
    }
    expect(latest).toBeLessThan(10_000);
    expect(await daemon.session('other')).toMatchObject({ since: other.since, restarts: 0 });
    expect((await volume.record()).botFaults).toHaveLength(1);
    expect(it.whatsapp.count('qrPages')).toBe(2);
  });

  it('by ending its process while a login is sealed costs no second scan', async () => {
    const it = await rig();
    const volume = await it.volume();
    const mark = join(volume.scratch, 'ended');
    const bot = await written(
      volume,
      `import { existsSync, writeFileSync } from 'node:fs';
       export default (client) => {
         client.on('ready', () => {
           if (existsSync(${JSON.stringify(mark)})) return;
           writeFileSync(${JSON.stringify(mark)}, '');
           setTimeout(() => process.exit(1), 3_000);
         });
       };`,
    );
    const daemon = await it.serve(volume, { VIGIL_BOT: bot, VIGIL_SEAL_AFTER: '20s' });
    await it.scan(daemon);
    await daemon.transition('sealing → stopping');
    await daemon.ready();
    expect((await volume.record()).botFaults).toHaveLength(1);
    expect(it.whatsapp.count('qrPages')).toBe(1);
    expect(it.whatsapp.count('pairings')).toBe(1);
  });
});

describe('what a bot asks of its client', () => {
  const wishful = `
    export default (client, { log }) => {
      log.info('called');
      client.initialize();
      client.on('message', async ({ body }) => {
        if (body === '!restart') { await client.destroy(); await client.initialize(); }
        if (body === '!later') { await client.destroy(); setTimeout(() => client.initialize(), 3_000); }
        if (body === '!stop') await client.destroy();
        if (body === '!logout') await client.logout();
      });
      client.on('disconnected', async () => { await client.destroy(); await client.initialize(); });
    };
  `;

  it('is a restart, at once or a little later, and a stop', async () => {
    const { rig: it, volume, daemon } = await withBot(wishful);
    for (const [nth, body] of [
      [2, '!restart'],
      [3, '!later'],
    ] as const) {
      const before = await daemon.session();
      if (!before) throw new Error('no session');
      await say(it.whatsapp, body);
      await daemon.recovered(before);
      expect(saidBy(daemon, 'called')).toHaveLength(nth);
    }
    await say(it.whatsapp, '!stop');
    // Its browser is gone, not only on its way.
    await daemon.until(({ state }) => state === 'stopped');
    // What is shown is on the disk a moment later.
    await until(async () => (await volume.record()).wanted === 'stopped', 'the stop in the record');
    expect(await volume.record()).toMatchObject({ failure: null, botFaults: [] });
    expect(volume.browsers('main')).toEqual([]);
    expect((await it.cli(volume, ['start', 'main'])).code).toBe(0);
    expectUndisturbed(it.whatsapp);
  });

  it('is a logout, whose profile is kept', async () => {
    const { rig: it, volume, daemon } = await withBot(wishful);
    await say(it.whatsapp, '!logout');
    await daemon.until(({ state }) => state === 'stopped');
    expect(it.whatsapp.count('logouts')).toBe(1);
    expect(await volume.record()).toMatchObject({ wanted: 'stopped', login: 'none' });
    await until(async () => (await volume.quarantined()).length === 1, 'the profile in quarantine');
  });

  it('does not take the device back from another browser, nor bring a logout back', async () => {
    const { rig: it, daemon, device } = await withBot(wishful);
    await it.whatsapp.control.conflict({ target: { device } });
    await daemon.until(({ reason, status }) => reason === 'conflict' && status === 'disconnected');
    await it.cli(daemon.volume, ['restart', 'main']);
    await it.whatsapp.control.unlink({ device });
    await daemon.until(({ status }) => status === 'failed');
    expect(await daemon.session()).toMatchObject({ reason: 'logged_out' });
    expect(it.whatsapp.count('qrPages')).toBe(0);
  });
});
