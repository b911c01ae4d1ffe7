import { describe, expect, it } from 'vitest';
import { ChannelClosedError, RemoteError, StreamCancelledError } from './errors.ts';
import { encodeFrame } from './framing.ts';
import { type IncomingStream, windowBytes } from './incoming-stream.ts';
import { encodeMessage } from './messages.ts';
import { pair, settled, startedPair } from './testing/pair.ts';

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

describe('a consumer that stops', () => {
  it('stops the producer by leaving its loop', async () => {
    const { host, opened } = streaming();
    const stream = host.openStream({});
    const written = stream.write(new Uint8Array(mebibyte));
    for await (const _ of await opened) break;
    await expect(written).rejects.toBeInstanceOf(StreamCancelledError);
    await expect(stream.end()).rejects.toBeInstanceOf(StreamCancelledError);
    expect(stream.signal.reason).toBeInstanceOf(StreamCancelledError);
  });

  it('stops the producer by throwing in its loop', async () => {
    const faults: unknown[] = [];
    const { daemon, host } = startedPair({ reportFault: (fault) => faults.push(fault) });
    daemon.onStream(async (_, incoming) => {
      for await (const _chunk of incoming) throw new Error('disk full');
    });
    await expect(host.openStream({}).write(new Uint8Array(mebibyte))).rejects.toBeInstanceOf(
      StreamCancelledError,
    );
    expect(faults).toEqual([new Error('disk full')]);
  });

  it('can say why', async () => {
    const { host, opened } = streaming();
    const stream = host.openStream({});
    const incoming = await opened;
    const waiting = incoming.next();
    incoming.cancel(Object.assign(new Error('disk full'), { code: 'ENOSPC' }));
    await expect(waiting).rejects.toThrow('disk full');
    await expect(stream.end()).rejects.toMatchObject({
      message: 'The consumer cancelled the stream: disk full',
      cause: { code: 'ENOSPC' },
    });
  });

  it('stops a producer that had ended, for it had not been heard to the end', async () => {
    const { host, opened } = streaming();
    const stream = host.openStream({});
    await stream.write(new Uint8Array(10));
    const ended = stream.end();
    await settled();
    await (await opened).return();
    await expect(ended).rejects.toBeInstanceOf(StreamCancelledError);
  });

  it('ends a read of its own that was waiting', async () => {
    const { host, opened } = streaming();
    host.openStream({});
    const incoming = await opened;
    const waiting = incoming.next();
    await incoming.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('does not hurt the channel with what was under way', async () => {
    const { daemon, host, opened } = streaming();
    daemon.handle('ping', () => 'pong');
    const stream = host.openStream({});
    void stream.write(new Uint8Array(mebibyte));
    (await opened).cancel();
    await settled();
    expect(await host.request('ping', {}, patient)).toBe('pong');
  });
});

describe('a producer that gives up', () => {
  it('makes the consumer fail, now and on every later read', async () => {
    const { host, opened } = streaming();
    const stream = host.openStream({});
    void stream.write(new Uint8Array(100));
    const incoming = await opened;
    await settled();
    stream.abort(new Error('page crashed'));
    await settled();
    for (let read = 0; read < 2; read += 1) {
      const error = await incoming.next().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RemoteError);
      expect(error).toMatchObject({ message: 'page crashed' });
    }
    await expect(stream.end()).rejects.toThrow('page crashed');
  });

  it('can do so through its signal, however stuck the consumer is', async () => {
    const { host, opened } = streaming();
    const controller = new AbortController();
    const stream = host.openStream({}, { signal: controller.signal });
    const written = stream.write(new Uint8Array(mebibyte));
    const incoming = await opened;
    controller.abort(new Error('deadline'));
    await expect(written).rejects.toThrow('deadline');
    await settled();
    await expect(incoming.next()).rejects.toThrow('deadline');
    await expect(host.openStream({}, { signal: controller.signal }).end()).rejects.toThrow('deadline');
  });
});

describe('a channel that closes', () => {
  it('fails both ends of a stream', async () => {
    const { daemon, host, opened } = streaming();
    const stream = host.openStream({});
    const written = stream.write(new Uint8Array(mebibyte));
    const incoming = await opened;
    await settled();
    daemon.close();
    // Nobody looks at this one, and nothing comes of it.
    void incoming.next();
    await expect(incoming.next()).rejects.toBeInstanceOf(ChannelClosedError);
    await expect(written).rejects.toBeInstanceOf(ChannelClosedError);
    await expect(stream.end()).rejects.toBeInstanceOf(ChannelClosedError);
    expect(stream.signal.aborted).toBe(true);
  });

  it('lets a stream be read that had arrived completely', async () => {
    const { host, opened } = streaming();
    const stream = host.openStream({});
    await stream.write(Buffer.from('complete'));
    void stream.end();
    await settled();
    host.close();
    await settled();
    expect(String(await collect(await opened))).toBe('complete');
  });
});

describe('a stream is refused', () => {
  it('when nobody takes streams', async () => {
    const { host } = startedPair();
    await expect(host.openStream({}).end()).rejects.toMatchObject({
      cause: { code: 'IPC_NO_STREAM_LISTENER' },
    });
  });

  it('when 64 are open', async () => {
    const { daemon, host } = startedPair();
    daemon.onStream(() => {});
    for (let index = 0; index < 64; index += 1) host.openStream(index);
    await expect(host.openStream(64).end()).rejects.toMatchObject({ cause: { code: 'IPC_BUSY' } });
  });

  it('when its meta is no JSON', async () => {
    const { host } = startedPair();
    await expect(host.openStream(1n).write(new Uint8Array(1))).rejects.toThrow(TypeError);
  });

  it('when the listener throws', async () => {
    const { daemon, host } = startedPair();
    daemon.onStream(() => {
      throw new Error('not now');
    });
    await expect(host.openStream({}).end()).rejects.toMatchObject({ cause: { message: 'not now' } });
  });
});

describe('a producer that ignores the window', () => {
  it('is cut off', async () => {
    const { daemon, wires } = pair();
    daemon.onStream(() => {});
    daemon.start();
    wires.host.write(encodeMessage({ kind: 'stream-open', id: 1 }));
    const header = Buffer.from([0, 0, 0, 1]);
    wires.host.write(encodeFrame(7, [header, new Uint8Array(windowBytes)]));
    wires.host.write(encodeFrame(7, [header, new Uint8Array(1)]));
    expect(await daemon.closed).toMatchObject({ kind: 'protocol', error: { message: /without credit/ } });
  });
});
