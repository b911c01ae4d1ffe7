import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectControl } from '../../src/control/control-client.ts';
import { type ControlServer, startControlServer } from '../../src/control/control-server.ts';
import { VigilError } from '../../src/errors.ts';
import { sessionId } from '../../src/session/id.ts';
import type { SessionNotice } from '../../src/session/session-view.ts';
import type { Operations } from '../../src/supervisor/operations.ts';
import { systemClock } from '../../src/system/clock.ts';
import { volumeLayout } from '../../src/volume/layout.ts';
import { ScriptedBackups } from '../doubles/scripted-backups.ts';
import { ScriptedOperations, sessionView } from '../doubles/scripted-operations.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const sales = sessionId('sales');

let root: string;
let daemon: ScriptedOperations;
const open: ControlServer[] = [];

async function serve(volume = root, holdsVolumeLock = true): Promise<ControlServer> {
  const server = await startControlServer({
    operations: daemon,
    backups: new ScriptedBackups(),
    path: volumeLayout(volume).controlSocket,
    holdsVolumeLock,
    clock: systemClock,
    log: silent,
    health: () => ({ version: '0.0.0' }),
    ready: () => true,
  });
  open.push(server);
  return server;
}

async function connect(volume = root): Promise<Operations> {
  const operations = await connectControl(volumeLayout(volume), systemClock);
  if (!operations) throw new Error('Nobody answers.');
  return operations;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-control-'));
  daemon = new ScriptedOperations().add('sales');
});

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  await rm(root, { recursive: true, force: true });
});

describe('the control socket', () => {
  it('carries every operation and its answer', async () => {
    await serve();
    const client = await connect();
    expect(await client.sessions()).toEqual([sessionView('sales')]);
    expect(await client.session(sales)).toEqual(sessionView('sales'));
    expect(await client.stop(sales)).toMatchObject({ status: 'stopped', wanted: 'stopped' });
    expect(await client.start(sales)).toMatchObject({ status: 'initializing' });
    expect(await client.restart(sales)).toMatchObject({ status: 'initializing' });
    expect(await client.logout(sales)).toMatchObject({ status: 'stopped', phone: null });
    expect(await client.pair(sessionId('new'), { phone: '4915112345678' })).toMatchObject({ id: 'new' });
    expect(await client.configure(sales, { heartbeat: 90_000, presence: null })).toMatchObject({
      id: 'sales',
    });
    expect(daemon.calls).toContain('pair new 4915112345678');
    expect(daemon.calls).toContain('configure sales {"heartbeat":90000,"presence":null}');
    for (const bot of ['/bot.mjs', false, null] as const) await client.configure(sales, { bot });
    expect(daemon.calls.slice(-3)).toEqual([
      'configure sales {"bot":"/bot.mjs"}',
      'configure sales {"bot":false}',
      'configure sales {"bot":null}',
    ]);
  });

  it('tells what is there to scan, and that nothing is', async () => {
    await serve();
    const client = await connect();
    expect(await client.pairing(sales)).toBeNull();
    daemon.showQr('sales', '2@abc');
    expect(await client.pairing(sales)).toMatchObject({ qr: '2@abc', code: null });
  });

  it('hands on the error that the daemon raised', async () => {
    daemon.refuse(
      'logout',
      new VigilError('session_refused', 'Session "sales" is not online.', { remedy: 'Start it.' }),
    );
    await serve();
    const client = await connect();
    await expect(client.logout(sales)).rejects.toMatchObject({
      name: 'VigilError',
      code: 'session_refused',
      message: 'Session "sales" is not online.',
      remedy: 'Start it.',
    });
    await expect(client.session(sessionId('other'))).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('is for its owner alone', async () => {
    const { controlSocket, ours } = volumeLayout(root);
    await mkdir(ours, { mode: 0o755 });
    await serve();
    expect((await stat(controlSocket)).mode & 0o777).toBe(0o600);
    expect((await stat(ours)).mode & 0o777).toBe(0o700);
  });

  it('works where the path is longer than a socket address can be', async () => {
    const deep = join(root, 'd'.repeat(60), 'e'.repeat(60));
    await serve(deep);
    expect(await (await connect(deep)).sessions()).toHaveLength(1);
    expect((await stat(volumeLayout(deep).controlSocket)).isSocket()).toBe(true);
  });

  it('is gone after the server has closed', async () => {
    const server = await serve();
    await server.close();
    await expect(stat(volumeLayout(root).controlSocket)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await connectControl(volumeLayout(root), systemClock)).toBeNull();
  });
});

describe('a socket that is already there', () => {
  it('is a dead daemon’s to whoever holds the lock', async () => {
    await leaveStaleSocket();
    expect(await connectControl(volumeLayout(root), systemClock)).toBeNull();
    await serve();
    expect(await (await connect()).sessions()).toHaveLength(1);
  });

  it('is left alone without the lock', async () => {
    await leaveStaleSocket();
    await expect(serve(root, false)).rejects.toMatchObject({ code: 'volume_busy' });
    expect((await stat(volumeLayout(root).controlSocket)).isSocket()).toBe(true);
  });

  it('is never removed when it is a file', async () => {
    const { controlSocket, ours } = volumeLayout(root);
    await mkdir(ours);
    await writeFile(controlSocket, 'mine');
    await expect(serve()).rejects.toMatchObject({ code: 'volume_permission' });
    expect((await stat(controlSocket)).isFile()).toBe(true);
  });
});

describe('a daemon that does not answer', () => {
  it('is unavailable, not absent', async () => {
    const { controlSocket, ours } = volumeLayout(root);
    await mkdir(ours);
    const mute = createServer((socket) => void socket.resume().end('nonsense\n'));
    await new Promise<void>((resolve) => mute.listen(controlSocket, resolve));
    await expect(connectControl(volumeLayout(root), systemClock)).rejects.toMatchObject({
      code: 'daemon_unavailable',
    });
    await new Promise((resolve) => mute.close(resolve));
  });
});

describe('following a session', () => {
  it('tells where it stands, then what happens', async () => {
    daemon.showQr('sales', '2@first');
    await serve();
    const notices = (await connect()).follow(sales, new AbortController().signal)[Symbol.asyncIterator]();
    expect(await take(notices, 2)).toMatchObject([{ event: 'status' }, { event: 'qr', qr: '2@first' }]);
    daemon.showQr('sales', '2@second');
    daemon.authenticate('sales');
    daemon.becomeReady('sales');
    expect((await take(notices, 6)).map((notice) => notice.event)).toEqual([
      'status',
      'qr',
      'authenticated',
      'status',
      'status',
      'ready',
    ]);
  });

  it('ends when the signal aborts, and the daemon stops following too', async () => {
    const stop = new AbortController();
    await serve();
    const notices = (await connect()).follow(sales, stop.signal)[Symbol.asyncIterator]();
    await take(notices, 1);
    const end = notices.next();
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
    await expect.poll(() => daemon.following).toBe(0);
  });

  it('ends in order when the daemon shuts down', async () => {
    await serve();
    const notices = (await connect()).follow(sales, new AbortController().signal)[Symbol.asyncIterator]();
    await take(notices, 1);
    const end = notices.next();
    daemon.shutDown();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  it('does not keep the server from closing', async () => {
    const server = await serve();
    const notices = (await connect()).follow(sales, new AbortController().signal)[Symbol.asyncIterator]();
    await take(notices, 1);
    const end = notices.next();
    await server.close();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  it('fails when the daemon dies', async () => {
    const { controlSocket, ours } = volumeLayout(root);
    await mkdir(ours);
    const line = `${JSON.stringify({ event: 'status', session: sessionView('sales') })}\n`;
    const dying = createServer((socket) => {
      socket.once('data', (asked) => {
        if (asked.includes('/health')) {
          const body = '{"success":true,"data":{}}';
          socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
          return;
        }
        const chunk = `${Buffer.byteLength(line).toString(16)}\r\n${line}\r\n`;
        socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`, () => socket.destroy());
      });
    });
    await new Promise<void>((resolve) => dying.listen(controlSocket, resolve));
    const notices = (await connect()).follow(sales, new AbortController().signal)[Symbol.asyncIterator]();
    expect(await take(notices, 1)).toMatchObject([{ event: 'status' }]);
    await expect(notices.next()).rejects.toMatchObject({ code: 'daemon_unavailable' });
    await new Promise((resolve) => dying.close(resolve));
  });

  it('refuses a session that does not exist', async () => {
    await serve();
    const notices = (await connect())
      .follow(sessionId('other'), new AbortController().signal)
      [Symbol.asyncIterator]();
    await expect(notices.next()).rejects.toMatchObject({ code: 'session_not_found' });
  });
});

async function take(notices: AsyncIterator<SessionNotice>, count: number): Promise<SessionNotice[]> {
  const taken: SessionNotice[] = [];
  for (let index = 0; index < count; index++) {
    const next = await notices.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/** What `kill -9` leaves: the file, with nobody behind it. Renamed, since a server that closes removes its own. */
async function leaveStaleSocket(): Promise<void> {
  const { controlSocket, ours } = volumeLayout(root);
  await mkdir(ours);

  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(join(ours, 'dead.sock'), resolve));
  await rename(join(ours, 'dead.sock'), controlSocket);
  await new Promise((resolve) => dead.close(resolve));
}
