/** Zips that nobody here has made. Whatever is in one, it ends in words, and nothing leads out of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesOf, plainLayout } from '../../test/doubles/backup-world.ts';
import { type ZippedEntry, zipOf } from '../../test/doubles/made-zip.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ZipProfile } from './zip-profile.ts';

const never = new AbortController().signal;
const whole: readonly ZippedEntry[] = Object.entries(filesOf('theirs')).map(([path, body]) => ({
  path,
  body,
}));
const below = (place: string): readonly ZippedEntry[] =>
  whole.map((entry) => ({ ...entry, path: `${place}${entry.path}` }));

async function zipFile(contents: Uint8Array): Promise<string> {
  const path = join(await scratchDirectory(), 'RemoteAuth-main.zip');
  await writeFile(path, contents);
  return path;
}

/** What is in it, read to its end. */
async function contents(bytes: Uint8Array): Promise<Readonly<Record<string, string>>> {
  await using zip = await ZipProfile.open(await zipFile(bytes), plainLayout, never);
  const read: Record<string, string> = {};
  for (const file of zip.files) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of zip.read(file)) chunks.push(chunk);
    read[file.path] = Buffer.concat(chunks).toString();
  }
  return read;
}

describe('a profile in a zip', () => {
  it.each([
    ['as RemoteAuth packs it', ''],
    ['with its directory', 'session-main/'],
    ['with what that lies in', 'backup/.wwebjs_auth/session-main/'],
  ])('is read %s', async (_what, place) => {
    const caches = [
      { path: `${place}Default/Cache/data_0`, body: 'cached' },
      { path: `${place}Local State`, body: '{}' },
    ];
    expect(await contents(zipOf(...caches, ...below(place)))).toEqual(filesOf('theirs'));
  });

  it('leaves locks where they are, and takes what is stored as it is', async () => {
    const locks = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'].map((path) => ({
      path,
      mode: 0o120777,
      body: '/tmp/x',
    }));
    const stored = whole.map((entry) => ({ ...entry, method: 0, mode: 0o100600 }));
    expect(await contents(zipOf(...locks, { path: 'Default/', mode: 0o040700 }, ...stored))).toEqual(
      filesOf('theirs'),
    );
  });

  const inside = 'Default/IndexedDB/x';
  it.each<[string, readonly ZippedEntry[], string]>([
    ['a path that leads elsewhere', [{ path: 'Default/IndexedDB/../../../x' }], 'relative path'],
    ['an absolute path', [{ path: '/etc/x' }], 'absolute path'],
    ['a path of another system', [{ path: 'Default\\IndexedDB\\x' }], 'invalid characters'],
    ['a drive', [{ path: 'C:/x' }], 'absolute path'],
    ['a path that breaks a line', [{ path: 'Default/IndexedDB/a\nb' }], 'holds the path'],
    ['a part that is none', [{ path: 'Default/IndexedDB//x' }], 'holds the path'],
    ['a symbolic link', [{ path: inside, mode: 0o120777, body: '/etc' }], 'only files and directories'],
    ['a link anywhere', [{ path: 'Default/Cache/x', mode: 0o120777, body: '/etc' }], 'only files and'],
    ['a link for its directory', [{ path: 'Default', mode: 0o120777, body: '/etc' }], 'only files and'],
    ['a device', [{ path: inside, mode: 0o020600 }], 'only files and directories'],
    ['a socket', [{ path: inside, mode: 0o140600 }], 'only files and directories'],
    ['a pipe', [{ path: inside, mode: 0o010600 }], 'only files and directories'],
    ['a file twice', [{ path: inside }, { path: inside }], 'twice'],
    ['a file in a file', [{ path: inside }, { path: `${inside}/y` }], 'twice'],
    ['a file that is a directory as well', [{ path: `${inside}/y` }, { path: inside }], 'twice'],
    ['a file for its directory', [{ path: 'Default/Session Storage' }], 'twice'],
    ['a second profile', below('session-other/'), 'more than one profile'],
    ['a password', [{ path: inside, flags: 1 }], 'is encrypted'],
    ['another method', [{ path: inside, method: 12 }], 'packed by a method'],
    ['another checksum', [{ path: inside, body: 'x', crc: 1 }], 'another checksum'],
    ['less than it says', [{ path: inside, body: 'x', bytes: 2_000 }], 'is damaged'],
    ['more than it says', [{ path: inside, body: 'x'.repeat(9_000), bytes: 2 }], 'is damaged'],
    [
      'more than any profile',
      [1, 2].map((number) => ({ path: `${inside}${number}`, bytes: 3 * 1_024 ** 3 })),
      'comes to more than 4 GB',
    ],
  ])('is refused with %s in it', async (_what, entries, why) => {
    await expect(contents(zipOf(...whole, ...entries))).rejects.toMatchObject({
      code: 'import_unusable',
      message: expect.stringContaining(why),
    });
  });

  it('is refused with more entries than any profile', async () => {
    const many = Array.from({ length: 101 }, (_, number) => ({ path: `x/${number}` }));
    const path = await zipFile(zipOf(...whole, ...many));
    const limits = { entries: 100, bytes: 1_000_000 };
    await expect(ZipProfile.open(path, plainLayout, never, limits)).rejects.toMatchObject({
      message: expect.stringContaining('holds more than 100 entries'),
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('not a zip at all'.repeat(10))],
    ['the beginning of one', zipOf(...whole).subarray(0, 600)],
    ['no profile', zipOf({ path: 'holiday.jpg', body: 'x' })],
  ])('is not found in %s', async (_what, bytes) => {
    await expect(contents(bytes)).rejects.toMatchObject({ code: 'import_unusable' });
  });

  it('ends in words whatever the bytes are', { timeout: 60_000 }, async () => {
    const good = zipOf(...whole);
    const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(good);
        for (const { at, byte } of changes) bytes[at] = byte;
        const outcome = await contents(bytes).then(
          (read) => read,
          (error: unknown) => error,
        );
        if (outcome instanceof Error)
          expect(outcome).toMatchObject({ name: 'VigilError', code: 'import_unusable' });
        // A name may have changed with nobody to notice; what is in a file may not.
        else
          for (const text of Object.values(outcome as object))
            expect(Object.values(filesOf('theirs'))).toContain(text);
      }),
      { numRuns: 150 },
    );
  });
});
