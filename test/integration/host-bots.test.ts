/** Bots in a host of their own: a real process, the scripted engine, modules on the disk. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostEnvironment } from '../../src/daemon/host-environment.ts';
import type { Script } from '../../src/engine/scripted/script.ts';
import { ChildHosts } from '../../src/host/child-hosts.ts';
import type { HostEvent } from '../../src/host/host.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { isGone } from '../../src/system/processes.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { scriptedSpec } from '../doubles/scripted-spec.ts';

const processes = new LinuxProcesses();
/** A host that is blocked is asked twice before it is believed, which takes half a minute. */
const patience = { timeout: 60_000, interval: 20 };
const watchdog = { kind: 'watchdog', deadline: 10_000, presence: true } as const;

type Of<T extends HostEvent['type']> = Extract<HostEvent, { type: T }>;

interface Given {
  readonly file?: string;
  readonly script?: Script;
  readonly botEnv?: Readonly<Record<string, string>>;
  readonly deadline?: number;
}

/** A host with a bot; `text` is the body of its function, or a whole module. */
async function launched(
  text: string,
  { file = 'bot.mjs', script = {}, botEnv = {}, deadline = 5_000 }: Given = {},
) {
  const root = await scratchDirectory();
  await mkdir(join(root, 'scripted'));
  await mkdir(join(root, 'bots'));
  await writeFile(join(root, 'scripted', 'all.json'), JSON.stringify({ browser: true, scan: 0, ...script }));
  const bot = join(root, 'bots', file);
  const isModule = /^(?:import|export|module|const|throw)/m.test(text);
  await writeFile(
    bot,
    isModule ? text : `export default async (client, { session, log, signal }) => {\n${text}\n};`,
  );
  const hosts = new ChildHosts({
    clock: systemClock,
    processes,
    volume: root,
    marks: (session) => [`--vigil-session=${session}`],
    heap: 96,
    env: hostEnvironment(process.env),
    botEnv,
    engine: 'scripted',
    reportFault: (fault) => expect.fail(String(fault)),
  });
  const events: HostEvent[] = [];
  const spec = scriptedSpec(root);
  const deadlines = { ...spec.deadlines, bot: deadline };
  const host = hosts.launch({ ...spec, bot, deadlines, botVariables: Object.keys(botEnv) }, (event) =>
    events.push(event),
  );
  onTestFinished(() => host.close());
  const all = <T extends HostEvent['type']>(type: T) =>
    events.filter((one): one is Of<T> => one.type === type);
  const event = async <T extends HostEvent['type']>(type: T, nth = 1) => {
    await expect.poll(() => all(type).length, patience).toBeGreaterThanOrEqual(nth);
    return all(type)[nth - 1] as Of<T>;
  };
  const line = async (message: string) => {
    await expect.poll(() => all('bot_line').map((one) => one.message), patience).toContain(message);
  };
  return { root, bot, host, pid: host.pid ?? 0, events, all, event, line };
}

const gone = async (pid: number) => isGone(await processes.find(pid));

describe('a bot in its host', () => {
  it('hears everything of its client, logs, and finds itself on the volume', async () => {
    const { root, event, all } = await launched(`
      log.info({ session, cwd: process.cwd() }, 'called');
      console.log('printed');
      for (const event of ['qr', 'authenticated', 'ready']) client.on(event, () => log.info(event));
    `);
    await event('ready');
    await event('bot_line', 4);
    expect(all('bot_line').map(({ message }) => message)).toEqual(['called', 'qr', 'authenticated', 'ready']);
    expect(all('bot_line')[0]?.fields).toEqual({ session: 'main', cwd: root });
    await expect.poll(() => all('output').map(({ line }) => line), patience).toContain('printed');
  });

  it('sees what was passed to it, and no key of the daemon’s', async () => {
    process.env['VIGIL_API_KEY'] = 'canary-of-the-daemon';
    onTestFinished(() => void delete process.env['VIGIL_API_KEY']);
    const { event } = await launched(
      `log.info({ own: process.env.SHOP_KEY ?? null, daemons: process.env.VIGIL_API_KEY ?? null }, 'env');`,
      { botEnv: { SHOP_KEY: 'canary-of-the-bot' } },
    );
    expect((await event('bot_line')).fields).toEqual({ own: 'canary-of-the-bot', daemons: null });
  });

  it('may be TypeScript, and CommonJS', async () => {
    const typed = await launched(
      `import type { Bot } from 'wa-vigil';
       interface Order { readonly id: number }
       const order: Order = { id: 7 };
       export default ((_client, { log }) => log.info(\`order \${order.id}\`)) satisfies Bot;`,
      { file: 'bot.mts' },
    );
    await typed.line('order 7');
    const common = await launched(
      `module.exports = (client, { log }) => log.info(require('node:os').EOL + 'x');`,
      {
        file: 'bot.cjs',
      },
    );
    await common.line('\nx');
  });
});

describe('a bot that fails', () => {
  it.each([
    ['does not load', 'import "./nowhere.mjs";\nexport default () => {};', 'does not load'],
    ['throws as it is loaded', 'throw new Error("at the top");', 'at the top'],
    ['exports no function', 'export const start = () => {};', 'has no function to call'],
    ['throws as it is called', 'if (client) throw new Error("at the call");', 'failed as it was called'],
    ['never returns', 'await new Promise(() => {});', 'has not returned within 1 s'],
    ['ends its process', 'process.exit(0);', 'called process.exit(0)'],
    ['kills itself', "process.kill(process.pid, 'SIGKILL');", 'process.kill() on itself'],
  ])('%s: no browser is started, and that is said', async (_what, text, why) => {
    const { event, all, host, pid } = await launched(text, { deadline: 1_000 });
    const first = await event('gone');
    expect(first).toMatchObject({ cause: 'bot_error', detail: expect.stringContaining(why) });
    expect(all('browser')).toEqual([]);
    await host.close();
    expect(await gone(pid)).toBe(true);
  });

  it('by ending its process later has its browser closed as it should be', async () => {
    const { event, pid } = await launched(`
      client.on('ready', () => setTimeout(() => { process.exit(1); log.info('went on'); }, 50));
    `);
    const browser = (await event('browser')).pid;
    expect(await event('gone')).toMatchObject({
      cause: 'bot_error',
      detail: 'The bot bot.mjs called process.exit(1).',
    });
    expect(await event('exit')).toMatchObject({ detail: 'ended with code 0' });
    expect([await gone(pid), await gone(browser)]).toEqual([true, true]);
  });

  it.each([
    [
      'a listener that throws',
      `client.on('ready', () => { throw new Error('bad') });`,
      'a listener of "ready"',
    ],
    [
      'a listener that rejects',
      `client.once('ready', async () => { throw 'bad' });`,
      'a listener of "ready"',
    ],
    [
      'a timer that throws',
      `client.on('ready', () => setTimeout(() => { throw 'bad' }));`,
      'nobody waited for',
    ],
    [
      'a promise nobody waits for',
      `client.on('ready', () => void Promise.reject('bad'));`,
      'nobody waited for',
    ],
    [
      'an emitter that is not its client',
      `process.stdin.constructor; const { EventEmitter } = await import('node:events');
       const other = new EventEmitter(); other.on('x', () => { throw new Error('bad') });
       client.on('ready', () => setImmediate(() => other.emit('x')));`,
      'nobody waited for',
    ],
  ])('in %s goes on, and so does its session', async (_what, text, where) => {
    const { event, events, host, pid } = await launched(
      `${text}\nclient.on('ready', () => log.info('another'));`,
    );
    expect(await event('bot_fault')).toMatchObject({
      where: expect.stringContaining(where),
      detail: expect.stringContaining('bad'),
      count: 1,
    });
    expect((await event('bot_line')).message).toBe('another');
    expect(await host.probe(watchdog)).toMatchObject({ page: 'answers' });
    expect(await gone(pid)).toBe(false);
    expect(events.filter(({ type }) => type === 'gone' || type === 'exit')).toEqual([]);
  });

  it('a thousand times a second is told a few times, and the host answers', async () => {
    const { event, all, host } = await launched(`
      client.on('ready', () => { for (let time = 0; time < 1_000; time++) Promise.reject(new Error('no ' + time)); });
    `);
    await event('bot_fault', 10);
    expect(await host.probe(watchdog)).toMatchObject({ page: 'answers' });
    await host.close();
    const faults = all('bot_fault');
    expect(faults).toHaveLength(11);
    expect(faults.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
  });

  it('hears of nobody’s failures but its own, and disarms nobody', async () => {
    const { event, all, pid } = await launched(`
      process.removeAllListeners();
      process.on('uncaughtException', () => process.exit(7));
      process.on('unhandledRejection', () => process.exit(7));
      for (const event of ['SIGINT', 'SIGTERM']) process.on(event, () => log.info(event));
      client.on('ready', () => log.info('ready'));
    `);
    await event('ready');
    process.kill(pid, 'SIGTERM');
    expect(await event('exit')).toMatchObject({ detail: 'ended with code 0' });
    expect(all('bot_line').map(({ message }) => message)).toContain('SIGTERM');
    expect(all('gone')).toEqual([]);
  });
});

describe('a bot that blocks its process', () => {
  it('is found out, as it is called and later, and its browser goes with it', async () => {
    const loops = 'for (;;) {}';
    const sleeps = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
    const hosts = await Promise.all([launched(loops), launched(`client.on('ready', () => { ${sleeps} });`)]);
    for (const { event } of hosts)
      expect(await event('gone')).toMatchObject({
        cause: 'bot_error',
        detail: expect.stringContaining('its bot blocks it'),
      });
    const browser = (await hosts[1]?.event('browser'))?.pid ?? 0;
    await Promise.all(hosts.map(({ host }) => host.close()));
    expect(await Promise.all(hosts.map(({ pid }) => gone(pid)))).toEqual([true, true]);
    await expect.poll(() => gone(browser), patience).toBe(true);
  }, 120_000);

  it('for a moment only is no matter', async () => {
    const { event, host } = await launched(`
      client.on('ready', () => { const end = Date.now() + 4_000; while (Date.now() < end) {} log.info('done'); });
    `);
    await event('ready');
    expect(await host.probe({ ...watchdog, deadline: 1_000 })).toMatchObject({ page: 'answers' });
    expect((await event('bot_line')).message).toBe('done');
  });
});

describe('what a bot asks for', () => {
  it('is asked of the daemon, and its host waits a while for second thoughts', async () => {
    const { event, all, host } = await launched(`
      client.on('ready', async () => {
        await client.destroy();
        setTimeout(() => client.initialize(), 3_000);
      });
    `);
    expect(await event('bot_asked')).toMatchObject({ wish: 'stop' });
    await host.close();
    expect(all('bot_asked').map(({ wish }) => wish)).toEqual(['stop', 'start']);
    expect(await event('exit')).toMatchObject({ expected: true, detail: 'ended with code 0' });
  });

  it('is nothing once the host is being closed by somebody else', async () => {
    const { event, all, host } = await launched(`
      signal.addEventListener('abort', () => { void client.destroy(); void client.logout(); });
      process.on('SIGTERM', () => void client.destroy());
    `);
    await event('ready');
    await host.close();
    expect(all('bot_asked')).toEqual([]);
  });
});

it('a bot leaves nothing of the host’s own in `/proc` that was not passed to it', async () => {
  const { event, pid } = await launched('', { botEnv: { SHOP_KEY: 'canary' } });
  const { pid: browser } = await event('browser');
  expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toContain('SHOP_KEY=canary');
  expect(await gone(browser)).toBe(false);
});
