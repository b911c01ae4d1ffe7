import { buffer } from 'node:stream/consumers';
import { generateIdentity } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NoKeyFits, opened, sealed } from './age-streams.ts';
import { recipientOf } from './keys.ts';

const identity = await generateIdentity();
const keys = { recipients: [await recipientOf(identity)], identities: [identity], passphrases: [] };
const other = { ...keys, identities: [await generateIdentity()] };

const streamOf = (bytes: Uint8Array, size = 50) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
      controller.close();
    },
  });
const sealedOf = async (bytes: Uint8Array) => buffer(await sealed(streamOf(bytes), keys));
const openedOf = async (bytes: Uint8Array, size?: number) =>
  buffer(await opened(streamOf(bytes, size), keys));

describe('whatever is to be opened', () => {
  it('gives what was sealed, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 500 }),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, size) => {
          expect((await openedOf(await sealedOf(bytes), size)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives nothing else: a bit that was changed anywhere, or an end that is missing, is an error', async () => {
    const there = await sealedOf(Buffer.from('hello'));
    const bad = fc.oneof(
      fc.tuple(fc.nat(there.length - 1), fc.nat(7)).map(([at, bit]) => {
        const altered = Buffer.from(there);
        altered.writeUInt8(altered.readUInt8(at) ^ (1 << bit), at);
        return altered;
      }),
      fc.nat(there.length - 1).map((length) => there.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((more) => Buffer.concat([there, more])),
    );
    await fc.assert(
      fc.asyncProperty(bad, async (bytes) => {
        await expect(openedOf(bytes)).rejects.toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it('ends in an error, whatever bytes it is', async () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ maxLength: 200 }).map((text) => Buffer.from(`age-encryption.org/v1\n-> ${text}`)),
      fc
        .array(fc.constantFrom('-> X25519 a', '-> scrypt a 5', '-> x', '--- ', '', 'AAAA'), { maxLength: 12 })
        .map((lines) => Buffer.from(['age-encryption.org/v1', ...lines, ''].join('\n'))),
    );
    await fc.assert(
      fc.asyncProperty(any, async (bytes) => {
        await expect(openedOf(bytes)).rejects.toThrow(Error);
      }),
      { numRuns: 200 },
    );
  });

  it('says where it is only the key that is missing', async () => {
    const there = await sealedOf(Buffer.from('hello'));
    await expect(opened(streamOf(there), other)).rejects.toThrow(NoKeyFits);
    await expect(opened(streamOf(there.subarray(0, 60)), other)).rejects.not.toThrow(NoKeyFits);
  });
});
