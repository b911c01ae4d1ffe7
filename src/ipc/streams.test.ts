import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type IncomingStream, windowBytes } from './incoming-stream.ts';
import { settled, startedPair } from './testing/pair.ts';

const patient = { timeoutMs: 60_000 };
const mebibyte = 1024 * 1024;

/** A host that streams to the daemon, and the daemon's end of the first stream. */
function streaming() {
  const made = startedPair();
  const opened = Promise.withResolvers<IncomingStream>();
  made.daemon.onStream((_, incoming) => opened.resolve(incoming));
  return { ...made, opened: opened.promise };
}

async function collect(incoming: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** How many writes of 64 KiB go through before the producer has to wait. */
async function writesUntilHeldBack(write: (bytes: Uint8Array) => Promise<void>): Promise<number> {
  let written = 0;
  const producing = (async () => {
    for (;;) {
      await write(new Uint8Array(64 * 1024));
      written += 1;
    }
  })();
  producing.catch(() => {});
  await settled();
  return written;
}

describe('a stream', () => {
  it('carries 64 MiB unharmed, and keeps almost nothing of it in memory', async () => {
    const { daemon, host } = startedPair();
    const received = createHash('sha256');
    let largest = 0;
    daemon.onStream(async (meta, incoming) => {
      expect(meta).toEqual({ of: 'a backup' });
      for await (const chunk of incoming) {
        received.update(chunk);
        largest = Math.max(largest, host.queuedBytes, incoming.bufferedBytes);
      }
    });
    const sent = createHash('sha256');
    const stream = host.openStream({ of: 'a backup' });
    const piece = Buffer.alloc(mebibyte);
    for (let index = 0; index < 64; index += 1) {
      piece.fill(index + 1).writeUInt32BE(index, index * 1000);
      sent.update(piece);
      // The same memory every time: a write that has resolved has let go of it.
      await stream.write(piece);
    }
    await stream.end();
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    expect(largest).toBeLessThanOrEqual(windowBytes);
  });

  it('may be empty, hold empty writes, and be written without waiting', async () => {
    const { daemon, host } = startedPair();
    const seen: Promise<Buffer>[] = [];
    daemon.onStream((_, incoming) => seen.push(collect(incoming)));
    await host.openStream('empty').end();
    const stream = host.openStream('three writes');
    void stream.write(Buffer.from('one '));
    void stream.write(new Uint8Array(0));
    void stream.write(Buffer.from('two'));
    void stream.write(Buffer.alloc(mebibyte, '!'));
    await stream.end();
    expect((await Promise.all(seen)).map(String)).toEqual(['', `one two${'!'.repeat(mebibyte)}`]);
  });

  it('goes both ways at once', async () => {
    const { daemon, host } = startedPair();
    const totals: Promise<Buffer>[] = [];
    daemon.onStream((_, incoming) => totals.push(collect(incoming)));
    host.onStream((_, incoming) => totals.push(collect(incoming)));
    const streams = [daemon.openStream('down'), host.openStream('up'), host.openStream('up too')];
    await Promise.all(
      streams.map(async (stream) => {
        await stream.write(new Uint8Array(3 * mebibyte));
        await stream.end();
      }),
    );
    expect((await Promise.all(totals)).map(({ byteLength }) => byteLength)).toEqual(
      Array(3).fill(3 * mebibyte),
    );
  });

  it('has ended for the producer only when the consumer has taken all of it', async () => {
    const { host, opened } = streaming();
    const stream = host.openStream({});
    await stream.write(new Uint8Array(10));
    let ended = false;
    void stream.end().then(() => {
      ended = true;
    });
    await settled();
    expect(ended).toBe(false);
    await collect(await opened);
    await settled();
    expect(ended).toBe(true);
    await expect(stream.write(new Uint8Array(1))).rejects.toThrow('was ended');
  });
});

describe('a consumer that is slow', () => {
  it('holds back the producer at one window, while requests stay prompt', async () => {
    const { daemon, host, opened } = streaming();
    daemon.handle('ping', () => 'pong');
    const stream = host.openStream({});
    expect(await writesUntilHeldBack((bytes) => stream.write(bytes))).toBe(4);
    const incoming = await opened;
    expect(incoming.bufferedBytes).toBe(windowBytes);
    expect(host.queuedBytes).toBe(0);
    expect(await host.request('ping', {}, patient)).toBe('pong');

    for (let taken = 0; taken < 6; taken += 1) await incoming.next();
    await settled();
    expect(incoming.bufferedBytes).toBe(windowBytes);
  });

  it('does not hold back another stream', async () => {
    const { daemon, host } = startedPair();
    const fast: Promise<Buffer>[] = [];
    daemon.onStream((meta, incoming) => {
      if (meta === 'fast') fast.push(collect(incoming));
    });
    void host.openStream('stuck').write(new Uint8Array(mebibyte));
    const stream = host.openStream('fast');
    await stream.write(new Uint8Array(mebibyte));
    await stream.end();
    expect((await fast[0])?.byteLength).toBe(mebibyte);
  });
});

describe('many messages and big streams', () => {
  it('take turns: a message waits for a chunk or two, not for the streams', async () => {
    const { daemon, host } = startedPair();
    const order: string[] = [];
    daemon.onEvent((name) => order.push(name));
    daemon.onStream(async (meta, incoming) => {
      for await (const _ of incoming) {
        order.push(String(meta));
        if (order.length === 40) host.emit('urgent');
      }
    });
    await Promise.all(['a', 'b'].map((name) => host.openStream(name).write(new Uint8Array(8 * mebibyte))));
    await settled();
    expect(order).toHaveLength(257);
    expect(order.indexOf('urgent') - 40).toBeLessThanOrEqual(3);
    const turns = order.slice(0, 40).filter((name) => name === 'a').length;
    expect(turns).toBeGreaterThan(15);
    expect(turns).toBeLessThan(25);
  });

  it('take turns: messages that never stop do not starve a stream', async () => {
    const { daemon, host } = startedPair();
    daemon.onStream(async (_, incoming) => void (await collect(incoming)));
    let done = false;
    const stream = host.openStream({});
    const finished = stream.write(new Uint8Array(mebibyte)).then(() => {
      done = true;
    });
    const flood = async () => {
      while (!done) {
        if (!host.emit('log', 'x'.repeat(1000), { droppable: true }))
          await new Promise((next) => setImmediate(next));
      }
    };
    await Promise.all([flood(), finished]);
    expect(done).toBe(true);
  });
});
