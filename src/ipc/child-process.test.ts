import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { Channel } from './channel.ts';
import { ManualClock } from './testing/manual-clock.ts';

const patient = { timeoutMs: 60_000 };

/** What a host does: its channel is the socket it inherits at fd 3. */
const hostProgram = `
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Channel } from ${JSON.stringify(new URL('./channel.ts', import.meta.url).href)};

const clock = {
  monotonic: () => performance.now(),
  setTimer: (ms, fn) => { const timer = setTimeout(fn, ms); return { cancel: () => clearTimeout(timer) }; },
};
const channel = new Channel(new Socket({ fd: 3 }), { clock, peer: 'the daemon' });
const hash = createHash('sha256');
channel.handle('pid', () => process.pid);
channel.handle('hang', () => { channel.emit('hanging'); return new Promise(() => {}); });
channel.handle('spawn', () => spawn('sleep', ['60'], { stdio: 'ignore', detached: true }).pid);
channel.handle('digest', () => hash.digest('hex'));
channel.handle('burst', ({ count, done }) => {
  for (let i = 0; i < count; i += 1) channel.emit('tick', i);
  writeFileSync(done, '');
});
channel.handle('stop', () => { channel.emit('stopping'); setImmediate(() => channel.end({ timeoutMs: 1000 })); });
channel.onStream(async (meta, incoming) => {
  const back = channel.openStream(meta);
  for await (const chunk of incoming) { hash.update(chunk); await back.write(chunk); }
  await back.end();
});
channel.closed.then((reason) => { process.exitCode = reason.kind === 'closed' ? 7 : 8; });
channel.start();
`;

const children: ReturnType<typeof spawn>[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function spawnHost() {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', hostProgram], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  children.push(child);
  const clock = new ManualClock();
  const channel = new Channel(child.stdio[3] as Duplex, { clock, peer: 'host sales' });
  channel.start();
  return { child, channel, clock };
}

it('talks to a child over the socket at its fd 3', async () => {
  const { child, channel } = spawnHost();
  expect(await channel.request('pid', {}, patient)).toBe(child.pid);
});

it('rejects what was asked when the child is killed', async () => {
  const { child, channel } = spawnHost();
  const hanging = new Promise((resolve) => channel.onEvent(resolve));
  const asked = channel.request('hang', {}, patient);
  const outcome = asked.catch((error: unknown) => error);
  await hanging;
  child.kill('SIGKILL');
  // No clock advances: it is the end of the socket that tells.
  expect(await outcome).toMatchObject({ code: 'IPC_CLOSED' });
  expect(['ended', 'failed']).toContain((await channel.closed).kind);
});

it('rejects streams, too, when the child is killed', async () => {
  const { child, channel } = spawnHost();
  await channel.request('pid', {}, patient);
  const failed = Promise.withResolvers<unknown>();
  channel.onStream(async (_, incoming) => {
    const { value } = await incoming.next();
    child.kill('SIGKILL');
    expect(value).toBeDefined();
    failed.resolve(
      await incoming
        .next()
        .then(drainInto(incoming))
        .catch((error: unknown) => error),
    );
  });
  const stream = channel.openStream({});
  const writing = (async () => {
    for (;;) await stream.write(new Uint8Array(100_000));
  })();
  await expect(writing).rejects.toMatchObject({ code: 'IPC_CLOSED' });
  expect(await failed.promise).toMatchObject({ code: 'IPC_CLOSED' });
});

it('ends with the child, even if the child leaves a process of its own behind', async () => {
  const { child, channel } = spawnHost();
  const orphan = await channel.request<number>('spawn', undefined, patient);
  onTestFinished(() => void process.kill(orphan, 'SIGKILL'));
  child.kill('SIGKILL');
  expect(['ended', 'failed']).toContain((await channel.closed).kind);
});

it('carries a big stream there and back', async () => {
  const { channel } = spawnHost();
  const sent = createHash('sha256');
  const returned = createHash('sha256');
  const all = Promise.withResolvers<void>();
  channel.onStream(async (_, incoming) => {
    for await (const chunk of incoming) returned.update(chunk);
    all.resolve();
  });
  const stream = channel.openStream({});
  for (let index = 0; index < 100; index += 1) {
    const piece = Buffer.alloc(100_000 + index, index);
    sent.update(piece);
    await stream.write(piece);
    expect(channel.queuedBytes).toBeLessThan(256 * 1024);
  }
  await stream.end();
  await all.promise;
  const digest = sent.digest('hex');
  expect(await channel.request('digest', {}, patient)).toBe(digest);
  expect(returned.digest('hex')).toBe(digest);
});

it('finds in the socket, before it looks at a deadline, what came while it was blocked', async () => {
  const { child, channel } = spawnHost();
  let ticks = 0;
  channel.onEvent(() => {
    ticks += 1;
  });
  await channel.request('pid', {}, patient);
  const directory = mkdtempSync(join(tmpdir(), 'vigil-ipc-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const done = join(directory, 'done');
  // A hundred small events fit the kernel's buffer: the child is done while nobody reads.
  void channel.request('burst', { count: 100, done }, patient);
  blockUntil(() => existsSync(done));
  expect(ticks).toBe(0);
  await channel.drained();
  expect(ticks).toBe(100);
  expect(child.exitCode).toBeNull();
});

it('hears the last words of a child that ends its channel, and the child exits', async () => {
  const { child, channel } = spawnHost();
  const words: string[] = [];
  channel.onEvent((name) => words.push(name));
  const exited = once(child, 'exit');
  await channel.request('stop', {}, patient);
  expect(await channel.closed).toEqual({ kind: 'ended' });
  expect(words).toEqual(['stopping']);
  expect((await exited)[0]).toBe(7);
});

it('ends the child by closing the channel', async () => {
  const { child, channel } = spawnHost();
  await channel.request('pid', {}, patient);
  const exited = once(child, 'exit');
  channel.close();
  expect((await exited)[0]).toBe(8);
});

/** Reads on until the iteration fails. */
function drainInto(incoming: AsyncIterable<Uint8Array>): () => Promise<void> {
  return async () => {
    for await (const _ of incoming);
  };
}

/** Blocks this process without the event loop turning, as a suspension does. */
function blockUntil(isOver: () => boolean): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!isOver()) Atomics.wait(never, 0, 0, 5);
}
