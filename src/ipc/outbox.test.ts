import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Outbox } from './outbox.ts';
import { settled } from './testing/pair.ts';

const kibibyte = 1024;

/** A socket that takes one frame at a time, when it is told to. */
class SlowSocket extends Duplex {
  readonly written: string[] = [];
  #taken: (() => void) | undefined;

  constructor() {
    super({ writableHighWaterMark: 1 });
  }

  override _read(): void {}

  override _write(frame: Buffer, _: BufferEncoding, taken: () => void): void {
    this.written.push(frame.toString('latin1', 0, 1));
    this.#taken = taken;
  }

  async accept(frames: number): Promise<void> {
    for (let frame = 0; frame < frames; frame += 1) {
      this.#taken?.();
      await settled();
    }
  }
}

function endless(name: string) {
  return { pull: () => Buffer.alloc(64 * kibibyte, name) };
}

function started() {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, 16 * 1024 * kibibyte);
  outbox.start();
  return { socket, outbox };
}

describe('the outbox', () => {
  it('lets streams take turns', async () => {
    const { socket, outbox } = started();
    for (const name of ['a', 'b', 'c']) outbox.offer(endless(name));
    await socket.accept(6);
    expect(socket.written.join('')).toBe('aabcabc');
  });

  it('lets a message wait for no more than the chunk being written', async () => {
    const { socket, outbox } = started();
    outbox.offer(endless('a'));
    await socket.accept(2);
    outbox.push(Buffer.from('m'), 'close');
    await socket.accept(2);
    expect(socket.written.join('')).toBe('aaama');
  });

  it('lets a chunk wait for no more than 64 KiB of messages', async () => {
    const { socket, outbox } = started();
    for (let index = 0; index < 10; index += 1) outbox.push(Buffer.alloc(16 * kibibyte, 'm'), 'close');
    outbox.offer(endless('a'));
    await socket.accept(9);
    expect(socket.written.join('')).toBe('mmmmammmma');
  });

  it('pulls nothing of a stream before the socket can take it', async () => {
    const { socket, outbox } = started();
    let pulled = 0;
    outbox.offer({
      pull: () => {
        pulled += 1;
        return Buffer.alloc(kibibyte);
      },
    });
    await settled();
    expect(pulled).toBe(1);
    await socket.accept(1);
    expect(pulled).toBe(2);
  });
});
