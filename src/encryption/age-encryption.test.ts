import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { generateIdentity } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ArchiveFault } from '../backup/archive-fault.ts';
import { AgeEncryption } from './age-encryption.ts';
import { type Keys, recipientOf } from './keys.ts';

const never = new AbortController().signal;
const none: Keys = { recipients: [], identities: [], passphrases: [] };
const seals = { seals: true, place: 'directory:/backups' };

async function* piecesOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  // One buffer for all pieces, as whoever reads files does it.
  const memory = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
  }
}

async function keyPair() {
  const identity = await generateIdentity();
  return { identity, recipient: await recipientOf(identity) };
}

const sealed = (encryption: AgeEncryption, bytes: Uint8Array) =>
  buffer(encryption.seal(piecesOf(bytes), never));
const opened = (encryption: AgeEncryption, bytes: Uint8Array, size?: number) =>
  buffer(encryption.open(piecesOf(bytes, size), never));

describe('what is sealed', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 3_000_000])('is opened again, %d bytes of it', async (length) => {
    const { identity, recipient } = await keyPair();
    const encryption = await AgeEncryption.with(
      { ...none, recipients: [recipient], identities: [identity] },
      seals,
    );
    const bytes = randomBytes(length);
    const there = await sealed(encryption, bytes);
    expect(there.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect((await opened(encryption, there)).equals(bytes)).toBe(true);
    expect((await opened(encryption, there, 7_001)).equals(bytes)).toBe(true);
  });

  it('is opened by any of its keys, and by no other', async () => {
    const [one, two, other] = [await keyPair(), await keyPair(), await keyPair()];
    const writer = await AgeEncryption.with({ ...none, recipients: [one.recipient, two.recipient] }, seals);
    const there = await sealed(writer, Buffer.from('hello'));
    const reader = (identity: string) => AgeEncryption.with({ ...none, identities: [identity] }, seals);
    for (const { identity } of [one, two])
      expect(String(await opened(await reader(identity), there))).toBe('hello');
    await expect(opened(await reader(other.identity), there)).rejects.toMatchObject({
      code: 'backup_key_missing',
    });
    await expect(opened(writer, there)).rejects.toMatchObject({ code: 'backup_key_missing' });
    expect(writer.sealsFor).toEqual([
      ...(await reader(one.identity)).opens,
      ...(await reader(two.identity)).opens,
    ]);
  });

  it('is opened by its passphrase, the older one too, and by no other', async () => {
    const old = await AgeEncryption.with({ ...none, passphrases: ['the old passphrase'] }, seals);
    const there = await sealed(old, Buffer.from('hello'));
    const now = await AgeEncryption.with(
      { ...none, passphrases: ['the new passphrase', 'the old passphrase'] },
      seals,
    );
    expect(String(await opened(now, there))).toBe('hello');
    expect(now.opens).toContain(old.sealsFor?.[0]);
    expect(now.sealsFor).not.toEqual(old.sealsFor);
    const elsewhere = await AgeEncryption.with(
      { ...none, passphrases: ['the old passphrase'] },
      { seals: true, place: 'supabase:other' },
    );
    expect(elsewhere.sealsFor).not.toEqual(old.sealsFor);
    expect(String(await opened(elsewhere, there))).toBe('hello');
    const wrong = await AgeEncryption.with({ ...none, passphrases: ['another passphrase'] }, seals);
    await expect(opened(wrong, there)).rejects.toMatchObject({
      code: 'backup_key_missing',
      message: expect.not.stringContaining('another passphrase'),
    });
  });

  it('gives nothing that was altered, and ends where it was torn', async () => {
    const { identity, recipient } = await keyPair();
    const encryption = await AgeEncryption.with(
      { ...none, recipients: [recipient], identities: [identity] },
      seals,
    );
    const bytes = randomBytes(200_000);
    const there = await sealed(encryption, bytes);
    const altered = Buffer.from(there);
    altered.writeUInt8(altered.readUInt8(there.length - 70_000) ^ 1, there.length - 70_000);
    for (const bad of [
      altered,
      there.subarray(0, -1),
      there.subarray(0, 150_000),
      there.subarray(0, 30),
      Buffer.from('no age file'),
      Buffer.alloc(0),
    ]) {
      const got: Uint8Array[] = [];
      const reading = (async () => {
        for await (const piece of encryption.open(piecesOf(bad), never)) got.push(piece);
      })();
      await expect(reading).rejects.toThrow(ArchiveFault);
      const seen = Buffer.concat(got);
      expect(seen.equals(bytes.subarray(0, seen.length))).toBe(true);
    }
  });

  it('is opened by the age that everybody has', async () => {
    const { identity, recipient } = await keyPair();
    const encryption = await AgeEncryption.with({ ...none, recipients: [recipient] }, seals);
    const directory = await scratchDirectory();
    await writeFile(join(directory, 'key.txt'), `# a key\n${identity}\n`);
    await writeFile(join(directory, 'x.age'), await sealed(encryption, Buffer.from('hello')));
    const age = promisify(execFile)('age', [
      '-d',
      '-i',
      join(directory, 'key.txt'),
      join(directory, 'x.age'),
    ]);
    expect((await age).stdout).toBe('hello');
  });
});

describe('a header that was made to do harm', () => {
  const opener = async () =>
    AgeEncryption.with(
      { ...none, identities: [(await keyPair()).identity], passphrases: ['a passphrase of ours'] },
      seals,
    );
  const salt = Buffer.alloc(16).toString('base64').replace(/=+$/, '');
  const body = Buffer.alloc(32).toString('base64').replace(/=+$/, '');

  it.each(['19', '20', '30', '99999999999999999999'])('takes no work factor of 2^%s', async (cost) => {
    const header = `age-encryption.org/v1\n-> scrypt ${salt} ${cost}\n${body}\n--- ${body}\n`;
    await expect(opened(await opener(), Buffer.from(header))).rejects.toThrow(ArchiveFault);
  });

  it('ends soon, or is none', async () => {
    let asked = 0;
    async function* endless() {
      yield Buffer.from('age-encryption.org/v1\n-> X25519 ');
      for (; asked < 1_000; asked++) yield Buffer.alloc(65_536, 'x');
    }
    await expect(buffer((await opener()).open(endless(), never))).rejects.toThrow(ArchiveFault);
    expect(asked).toBeLessThan(50);
  });
});

describe('the thread', () => {
  const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;

  it('has ended by the time that its stream has, whichever way', async () => {
    const { identity, recipient } = await keyPair();
    const encryption = await AgeEncryption.with(
      { ...none, recipients: [recipient], identities: [identity] },
      seals,
    );
    const before = threads();
    const there = await sealed(encryption, Buffer.alloc(300_000));
    expect(threads()).toBe(before);
    await expect(opened(encryption, there.subarray(0, 1_000))).rejects.toThrow(ArchiveFault);
    expect(threads()).toBe(before);
    const left = encryption.open(piecesOf(there), never)[Symbol.asyncIterator]();
    await left.next();
    expect(threads()).toBeGreaterThan(before);
    await left.return?.(undefined);
    expect(threads()).toBe(before);
    const stop = new AbortController();
    const aborted = encryption.seal(piecesOf(there), stop.signal)[Symbol.asyncIterator]();
    await aborted.next();
    stop.abort(new Error('enough'));
    await expect(
      (async () => {
        while (!(await aborted.next()).done);
      })(),
    ).rejects.toThrow('enough');
    expect(threads()).toBe(before);
  });
});

describe('a stream that is sealed', () => {
  const keys = async () => ({ ...none, recipients: [(await keyPair()).recipient] });

  it('ends with the reason of its signal', async () => {
    const encryption = await AgeEncryption.with(await keys(), seals);
    const stop = new AbortController();
    async function* endless() {
      for (;;) yield Buffer.alloc(65_536);
    }
    const sealing = (async () => {
      let pieces = 0;
      for await (const _ of encryption.seal(endless(), stop.signal))
        if (++pieces === 3) stop.abort(new Error('enough'));
    })();
    await expect(sealing).rejects.toThrow('enough');
  });

  it('ends with what its source ends with', async () => {
    const encryption = await AgeEncryption.with(await keys(), seals);
    async function* broken() {
      yield Buffer.alloc(100_000);
      throw new Error('the disk is gone');
    }
    await expect(buffer(encryption.seal(broken(), never))).rejects.toThrow('the disk is gone');
  });

  it('takes no more of its source than its reader takes of it', async () => {
    const encryption = await AgeEncryption.with(await keys(), seals);
    let asked = 0;
    async function* source() {
      for (; asked < 1_000; asked++) yield Buffer.alloc(65_536);
    }
    const pieces = encryption.seal(source(), never)[Symbol.asyncIterator]();
    await pieces.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThan(50);
    await pieces.return?.(undefined);
  });

  it('leaves the main thread free meanwhile', async () => {
    const encryption = await AgeEncryption.with(await keys(), seals);
    const began = performance.eventLoopUtilization();
    await sealed(encryption, Buffer.alloc(20_000_000));
    // Computing it here would be nearly all of the time.
    expect(performance.eventLoopUtilization(began).utilization).toBeLessThan(0.7);
  });
});

it('what is to be plain seals nothing, and opens what was sealed before', async () => {
  const { identity, recipient } = await keyPair();
  const before = await AgeEncryption.with({ ...none, recipients: [recipient] }, seals);
  const there = await sealed(before, Buffer.from('hello'));
  const now = await AgeEncryption.with(
    { ...none, recipients: [recipient], identities: [identity] },
    { seals: false, place: 'directory:/backups' },
  );
  expect(now.sealsFor).toBeNull();
  expect(String(await opened(now, there))).toBe('hello');
});
