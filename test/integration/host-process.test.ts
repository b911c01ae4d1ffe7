/** A real host in a process of its own, with the scripted engine and a process that stands in for its browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostEnvironment } from '../../src/daemon/host-environment.ts';
import type { Script } from '../../src/engine/scripted/script.ts';
import { ChildHosts } from '../../src/host/child-hosts.ts';
import type { Host, HostEvent } from '../../src/host/host.ts';
import { Channel } from '../../src/ipc/channel.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { isGone } from '../../src/system/processes.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { scriptedSpec } from '../doubles/scripted-spec.ts';

const processes = new LinuxProcesses();
const patience = { timeout: 30_000, interval: 20 };
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** A host that is loaded with what makes it misbehave at a signal. */
const poisoned = { NODE_OPTIONS: `--import=${file('../doubles/host-poison.mjs')}` };

type Of<T extends HostEvent['type']> = Extract<HostEvent, { type: T }>;

interface Watched {
  readonly host: Host;
  readonly pid: number;
  readonly events: HostEvent[];
  /** The first event of this type; waits for it. */
  event<T extends HostEvent['type']>(type: T): Promise<Of<T>>;
}

async function volume(script: Script = {}): Promise<string> {
  const root = await scratchDirectory();
  await mkdir(`${root}/scripted`);
  await writeFile(`${root}/scripted/all.json`, JSON.stringify({ browser: true, scan: 0, ...script }));
  return root;
}

async function launched(script: Script = {}, env: NodeJS.ProcessEnv = {}): Promise<Watched> {
  const root = await volume(script);
  const hosts = new ChildHosts({
    clock: systemClock,
    processes,
    volume: root,
    marks: (session) => [`--vigil-session=${session}`],
    heap: 96,
    env: { ...hostEnvironment(process.env), ...env },
    engine: 'scripted',
    reportFault: (fault) => expect.fail(String(fault)),
  });
  const events: HostEvent[] = [];
  const host = hosts.launch(scriptedSpec(root), (event) => events.push(event));
  onTestFinished(() => host.close());
  const event = async <T extends HostEvent['type']>(type: T) => {
    const found = () => events.find((one): one is Of<T> => one.type === type);
    await expect.poll(found, patience).toBeDefined();
    return found() as Of<T>;
  };
  return { host, pid: host.pid ?? 0, events, event };
}

/** Online, with its browser. */
async function online(script: Script = {}, env: NodeJS.ProcessEnv = {}) {
  const it = await launched(script, env);
  const browser = await it.event('browser');
  await it.event('ready');
  return { ...it, browser: browser.pid };
}

const gone = async (pid: number) => isGone(await processes.find(pid));
const allGone = (...pids: number[]) =>
  expect.poll(async () => Promise.all(pids.map(gone)), patience).toEqual(pids.map(() => true));

describe('a host in a process of its own', () => {
  it('sends its engine’s events up, in their order', async () => {
    const { events, browser, pid } = await online();
    const types = events.map(({ type }) => type).filter((type) => type !== 'output');
    expect(types).toEqual(['browser', 'qr', 'socket', 'authenticated', 'ready']);
    expect(await gone(pid)).toBe(false);
    expect(await gone(browser)).toBe(false);
  });

  it('answers probes', async () => {
    const { host } = await online();
    expect(await host.probe({ kind: 'watchdog', deadline: 10_000, presence: true })).toMatchObject({
      page: 'answers',
      socket: 'up',
    });
  });

  it('gets a pairing code, and unlinks', async () => {
    const { host, event } = await launched({ scan: null });
    await event('qr');
    await host.requestPairingCode('15551234567');
    expect(await event('code')).toMatchObject({ code: 'SCRIPTED' });
    await host.unlink();
  });

  it('is gone with its browser when a close returns, and that was expected', async () => {
    const { host, pid, browser, event } = await online();
    await host.close();
    expect([await gone(pid), await gone(browser)]).toEqual([true, true]);
    expect(await event('exit')).toMatchObject({ expected: true, detail: 'ended with code 0' });
  });

  it('is gone when a close returns although its engine does not close', async () => {
    const { host, pid, browser } = await online({ close: 'hang' });
    await host.close();
    expect(await gone(pid)).toBe(true);
    await allGone(browser);
  });

  it('is gone when a close returns that came before it was up', async () => {
    const { host, pid, events } = await launched();
    await host.close();
    expect(await gone(pid)).toBe(true);
    expect(events.filter(({ type }) => type === 'ready')).toEqual([]);
  });

  it('that is killed says so, and its browser ends with it', async () => {
    const { pid, browser, event } = await online();
    process.kill(pid, 'SIGKILL');
    expect(await event('exit')).toMatchObject({ expected: false, detail: 'killed by SIGKILL' });
    await allGone(browser);
  });

  it('that cannot be started says so', async () => {
    const root = await volume();
    const events: HostEvent[] = [];
    const hosts = new ChildHosts({
      clock: systemClock,
      processes,
      volume: `${root}/nowhere`,
      marks: () => [],
      heap: 96,
      env: {},
      engine: 'scripted',
      reportFault: () => {},
    });
    const host = hosts.launch(scriptedSpec(root), (event) => events.push(event));
    await expect.poll(() => events.map(({ type }) => type), patience).toContain('exit');
    expect(host.pid).toBeNull();
    await host.close();
  });

  it('ends by a rejection that nobody handled, with its reason, and no other host does', async () => {
    const [one, other] = await Promise.all([online({}, poisoned), online({}, poisoned)]);
    process.kill(one.pid, 'SIGUSR2');
    expect(await one.event('gone')).toMatchObject({
      cause: 'engine_error',
      detail: expect.stringContaining('nobody handled this'),
    });
    expect(await one.event('exit')).toMatchObject({ expected: false, detail: 'ended with code 1' });
    await allGone(one.pid, one.browser);
    expect(await other.host.probe({ kind: 'watchdog', deadline: 10_000, presence: true })).toMatchObject({
      page: 'answers',
    });
    expect([await gone(other.pid), await gone(other.browser)]).toEqual([false, false]);
  });

  it('that runs out of heap says so, and names the setting', async () => {
    const { pid, browser, event } = await online({}, poisoned);
    process.kill(pid, 'SIGWINCH');
    expect(await event('exit')).toMatchObject({
      expected: false,
      detail: 'killed by SIGABRT, since its heap of 96 MB was full; a larger one is set with VIGIL_HOST_HEAP',
    });
    await allGone(pid, browser);
  });

  it('that is aborted for another reason says no more than that', async () => {
    const { pid, event } = await online();
    process.kill(pid, 'SIGABRT');
    expect(await event('exit')).toMatchObject({ expected: false, detail: 'killed by SIGABRT' });
  });

  it('closes cleanly at a SIGTERM', async () => {
    const { pid, browser, event } = await online();
    process.kill(pid, 'SIGTERM');
    expect(await event('exit')).toMatchObject({ detail: 'ended with code 0' });
    await allGone(browser);
  });

  it('may write what it likes: little of it is kept, and it still answers', async () => {
    const { host, pid, events } = await online({}, poisoned);
    process.kill(pid, 'SIGHUP');
    const lines = () => events.flatMap((event) => (event.type === 'output' ? [event.line] : []));
    await expect.poll(() => lines().includes('the last word'), patience).toBe(true);
    await expect.poll(() => lines().some((line) => line.startsWith('noise ')), patience).toBe(true);
    expect(await host.probe({ kind: 'watchdog', deadline: 10_000, presence: true })).toMatchObject({
      page: 'answers',
    });
    await host.close();
    // Twelve million characters on one line, five thousand on another.
    expect(lines().map(({ length }) => length)).toHaveLength(3);
    expect(Math.max(...lines().map(({ length }) => length))).toBe(2_000);
  });

  it('has no secret of the daemon in its environment, nor has its browser', async () => {
    const secrets = {
      VIGIL_API_KEY: 'canary-1',
      SUPABASE_KEY: 'canary-2',
      AWS_SECRET_ACCESS_KEY: 'canary-3',
    };
    Object.assign(process.env, secrets);
    onTestFinished(() => {
      for (const name of Object.keys(secrets)) delete process.env[name];
    });
    const { pid, browser } = await online();
    for (const one of [pid, browser]) {
      const environ = await readFile(`/proc/${one}/environ`, 'utf8');
      expect(environ).toContain('PATH=');
      expect(environ).not.toMatch(/canary|VIGIL_|SUPABASE|AWS_/);
    }
  });

  it('leads its own process group, so that Ctrl-C at the terminal does not reach it', async () => {
    const { pid } = await online();
    expect((await processes.find(pid))?.group).toBe(pid);
  });
});

describe('a host whose daemon is gone', () => {
  it('ends with its browser when the channel closes', async () => {
    const root = await volume();
    const child = spawn(process.execPath, [file('../../src/host/main.ts'), '--engine=scripted'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      cwd: root,
      env: { PATH: process.env['PATH'] },
    });
    endWithTest(child);
    const ended = once(child, 'exit');
    const channel = new Channel(child.stdio[3] as unknown as Duplex, {
      clock: systemClock,
      peer: 'host',
      reportFault: () => {},
    });
    const browser = Promise.withResolvers<number>();
    channel.onEvent((_name, data) => {
      const event = data as HostEvent;
      if (event.type === 'browser') browser.resolve(event.pid);
    });
    channel.start();
    channel.request('start', scriptedSpec(root), { timeoutMs: 30_000 }).catch(() => {});
    const pid = await browser.promise;
    (child.stdio[3] as unknown as Duplex).destroy();
    expect(await ended).toEqual([0, null]);
    await allGone(pid);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s ends by itself, and its browser with it',
    async (signal) => {
      const root = await volume();
      const daemon = spawn(process.execPath, [file('../doubles/host-daemon.ts'), root], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      endWithTest(daemon);
      let said = '';
      daemon.stdout.on('data', (chunk: Buffer) => (said += chunk));
      const pidOf = (what: string) => Number(new RegExp(`^${what} (\\d+)$`, 'm').exec(said)?.[1]);
      await expect.poll(() => pidOf('browser'), patience).toBeGreaterThan(0);
      expect(await Promise.all([gone(pidOf('host')), gone(pidOf('browser'))])).toEqual([false, false]);
      daemon.kill(signal);
      await allGone(pidOf('host'), pidOf('browser'));
    },
  );
});

function endWithTest(child: ChildProcess): void {
  onTestFinished(() => void child.kill('SIGKILL'));
}
