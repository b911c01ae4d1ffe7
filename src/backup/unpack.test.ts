import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesOf, main, never, plainLayout, wordOf, writeProfile } from '../../test/doubles/backup-world.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { archiveFile, type MadeEntry, paxHeader, tarEntry, tarOf } from '../../test/doubles/made-archive.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { writeArchive } from './archive.ts';
import type { BackupFile } from './manifest.ts';
import { type UnpackRequest, unpack } from './unpack.ts';

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const listed = (path: string, text: string | Uint8Array): BackupFile => ({
  path,
  bytes: Buffer.byteLength(text),
  sha256: sha256(text),
});

const log = 'Default/IndexedDB/000003.log';
const good: MadeEntry = { path: `session-main/${log}`, body: 'log' };
const files = [listed(log, 'log')];

/** A directory of ours among others; whatever lies beside it was written by an archive that broke out. */
async function place() {
  const around = await scratchDirectory();
  const into = join(around, 'staging', 'place');
  await mkdir(into, { recursive: true });
  await writeFile(join(around, 'kept'), 'kept');
  const disk = new FaultyDisk();
  const open = (archive: string, changes: Partial<UnpackRequest> = {}) =>
    unpack(
      {
        archive,
        into,
        layout: plainLayout,
        files,
        encryption: null,
        others: 'reject',
        subject: 'Backup one',
        signal: never,
        ...changes,
      },
      disk,
    );
  const outside = async () =>
    (await readdir(around, { recursive: true })).filter((name) => !name.startsWith('staging/place/')).sort();
  const inside = async () =>
    (await readdir(into, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
  return { into, disk, open, outside, inside };
}

const untouched = ['kept', 'staging', 'staging/place'];

it('gives back what was archived, flushed to the disk', async () => {
  const profile = await scratchDirectory();
  await writeProfile(profile, 'hello');
  const archive = join(await scratchDirectory(), 'archive');
  const disk = new FaultyDisk();
  const written = await writeArchive(
    {
      session: main,
      directory: profile,
      layout: plainLayout,
      path: archive,
      encryption: null,
      signal: never,
    },
    { disk, floor: 0 },
  );
  const { into, open, disk: theirs, inside } = await place();
  const told: number[] = [];
  const taken = await open(archive, { files: written.files, progress: (done) => told.push(done) });
  expect(taken).toEqual({
    files: written.files.length,
    bytes: written.files.reduce((sum, one) => sum + one.bytes, 0),
  });
  expect(told.at(-1)).toBe(taken.bytes);
  expect(await wordOf(into)).toBe('hello');
  expect(await inside()).toHaveLength(Object.keys(filesOf('')).length);
  const flushed = theirs.steps.filter((step) => step === 'unpack:flush').length;
  expect(flushed).toBe(
    written.files.length + theirs.steps.filter((step) => step === 'unpack:directory').length + 1,
  );
  for (const entry of await readdir(into, { recursive: true, withFileTypes: true })) {
    const { mode } = await lstat(join(entry.parentPath, entry.name));
    expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600);
  }
});

it('tells of every piece of a file, and of every file that is flushed', async () => {
  const { disk, open } = await place();
  const body = randomBytes(3 * 1_024 ** 2);
  const archive = await archiveFile(tarOf({ path: `session-main/${log}`, body }));
  const told: { readonly done: number; readonly flushing: boolean }[] = [];
  const progress = (done: number) => told.push({ done, flushing: disk.steps.includes('unpack:flush') });
  await open(archive, { files: [listed(log, body)], progress });
  const written = told.filter(({ flushing }) => !flushing);
  expect(written.length).toBeGreaterThan(5);
  expect(written.map(({ done }) => done)).toEqual(written.map(({ done }) => done).toSorted((a, b) => a - b));
  expect(written.at(-1)?.done).toBe(body.length);
  expect(told.length - written.length).toBe(disk.steps.filter((step) => step === 'unpack:flush').length);
});

it('gives back any files, whatever is in them', async () => {
  const part = fc.stringMatching(/^[a-zA-Z0-9 _.ü-]{1,40}$/).filter((text) => !['.', '..'].includes(text));
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const contents = fc.uint8Array({ maxLength: 3_000 });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(path, contents, { maxKeys: 6 }), async (found) => {
      const profile = await scratchDirectory();
      const store = join(profile, 'Default/IndexedDB');
      await mkdir(store, { recursive: true });
      for (const [name, bytes] of Object.entries(found)) {
        // A name may be a file here and a directory there: what cannot be made is not in the archive either.
        await mkdir(dirname(join(store, name)), { recursive: true }).catch(() => {});
        await writeFile(join(store, name), bytes).catch(() => {});
      }
      const archive = join(await scratchDirectory(), 'archive');
      const request = {
        session: main,
        directory: profile,
        layout: plainLayout,
        path: archive,
        encryption: null,
        signal: never,
      };
      const written = await writeArchive(request, { disk: new FaultyDisk(), floor: 0 });
      const { into, open, inside } = await place();
      await open(archive, { files: written.files });
      expect(await inside()).toHaveLength(written.files.length);
      for (const file of written.files)
        expect(sha256(await readFile(join(into, file.path)))).toBe(file.sha256);
    }),
    { numRuns: 12 },
  );
});

describe('an archive that was made to do harm', () => {
  const header = (path: string, type: string, linkpath?: string): MadeEntry => ({
    path,
    type,
    ...(linkpath && { linkpath }),
  });
  const inIt = 'session-main/Default/IndexedDB';
  const hostile: readonly (readonly [string, readonly (MadeEntry | Buffer)[]])[] = [
    ['a path that leads up', [{ path: '../../kept', body: 'theirs' }]],
    ['a path that leads up from within', [{ path: `${inIt}/../../../../../kept`, body: 'theirs' }]],
    ['an absolute path', [{ path: '/tmp/kept', body: 'theirs' }]],
    ['an absolute path with two slashes', [{ path: '//tmp/kept', body: 'theirs' }]],
    ['a path with an empty part', [{ path: `${inIt}//x`, body: 'x' }]],
    ['a path with a dot', [{ path: `${inIt}/./x`, body: 'x' }]],
    ['the session itself as a file', [{ path: 'session-main', body: 'x' }]],
    ['a parent of what is essential as a file', [{ path: 'session-main/Default', body: 'x' }]],
    ['an essential directory that is a file', [{ path: inIt, body: 'x' }]],
    ['no session', [{ path: 'Default/IndexedDB/x', body: 'x' }]],
    ['a session without an id', [{ path: 'session-/Default/IndexedDB/x', body: 'x' }]],
    ['a session with an id that is none', [{ path: 'session-a.b/Default/IndexedDB/x', body: 'x' }]],
    ['two sessions', [good, { path: 'session-other/Default/IndexedDB/x', body: 'x' }]],
    ['a symbolic link', [header(`${inIt}/link`, '2', '/etc/passwd')]],
    [
      'a symbolic link, and a file behind it',
      [header(`${inIt}/link`, '2', '../../..'), { path: `${inIt}/link/kept`, body: 'theirs' }],
    ],
    ['a hard link', [header(`${inIt}/link`, '1', '/etc/passwd')]],
    ['a hard link to a file of its own', [good, header(`${inIt}/link`, '1', good.path)]],
    ['a link in the place of an essential directory', [header(inIt, '2', '/tmp')]],
    ['a character device', [header(`${inIt}/device`, '3')]],
    ['a block device', [header(`${inIt}/device`, '4')]],
    ['a pipe', [header(`${inIt}/pipe`, '6')]],
    ['an entry of a kind that nobody knows', [header(`${inIt}/what`, 'Z')]],
    ['an old sparse file', [{ ...header(`${inIt}/holes`, 'S'), body: 'x' }]],
    [
      'a sparse file by an extended header',
      [paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '9999999' }), good],
    ],
    ['a file twice', [good, good]],
    ['a file twice, by case', [good, { ...good, path: `${inIt}/000003.LOG` }]],
    ['a directory where a file was', [good, header(`${good.path}/`, '5')]],
    ['a file within a file', [good, { path: `${good.path}/deeper`, body: 'x' }]],
    ['a file that its manifest does not list', [good, { path: `${inIt}/more`, body: 'more' }]],
    ['a cache', [good, { path: 'session-main/Default/Cache/data_0', body: 'x' }]],
    ['essential names in another case', [{ path: 'session-main/default/indexeddb/x', body: 'x' }]],
    ['a name that only begins like an essential one', [{ path: `${inIt} 2/x`, body: 'x' }]],
    ['a lock of the browser', [good, header('session-main/SingletonLock', '2', 'host-1')]],
    ['a name with a line break', [{ path: `${inIt}/a\nb`, body: 'x' }]],
    [
      'a name with a line break in an extended header',
      [paxHeader({ path: `${inIt}/a\nb` }), { path: 'x', body: 'x' }],
    ],
    [
      'a name with a NUL in an extended header',
      [paxHeader({ path: `${inIt}/a\0b` }), { path: 'x', body: 'x' }],
    ],
    ['an extended header that leads up', [paxHeader({ path: '../../../kept' }), good]],
    ['an extended header with another size', [paxHeader({ size: '5000' }), good]],
    ['an extended header with an endless size', [paxHeader({ size: '1e308' }), good]],
    [
      'an extended header that never ends',
      [tarEntry({ path: 'x', type: 'x', body: '9'.repeat(100_000) }), good],
    ],
    ['a long name that leads up', [tarEntry({ path: 'x', type: 'L', body: '../../../kept\0' }), good]],
    [
      'a long name without an end',
      [tarEntry({ path: 'x', type: 'L', body: `${inIt}/${'n'.repeat(70_000)}` }), good],
    ],
    [
      'a name of a part too long for a file system',
      [tarEntry({ path: 'x', type: 'L', body: `${inIt}/${'n'.repeat(300)}` }), good],
    ],
    [
      'directories without end',
      [tarEntry({ path: 'x', type: 'L', body: `${inIt}/${'d/'.repeat(400)}x` }), good],
    ],
    [
      'a size that is negative',
      [{ ...good, change: (block) => void block.write('-0000000001', 124, 12, 'latin1') }],
    ],
    [
      'a size beyond counting',
      [{ ...good, change: (block) => void block.fill(0xff, 125, 136).fill(0x80, 124, 125) }],
    ],
    ['a size that is none', [{ ...good, change: (block) => void block.fill(0, 124, 136) }]],
    ['a body that is shorter than it says', [{ ...good, size: 1_000_000 }]],
    ['nothing but extended headers', Array.from({ length: 20_000 }, () => paxHeader({ comment: 'x' }))],
    [
      'nothing but directories',
      Array.from({ length: 300 }, (_, number) => header(`${inIt}/${number}/`, '5')),
    ],
  ];

  it.each(hostile)('by %s is refused, and nothing of it leaves its place', async (_what, entries) => {
    const { open, outside } = await place();
    await expect(open(await archiveFile(tarOf(...entries)))).rejects.toMatchObject({
      code: 'backup_damaged',
      message: expect.stringMatching(/^Backup one is damaged: [^\n\0]+\.$/),
    });
    expect(await outside()).toEqual(untouched);
  });

  // What only the manifest tells from an honest one: a name of its own, and what is in a file.
  const onlyListed = new Set([
    'a file twice, by case',
    'a file that its manifest does not list',
    'an extended header with another size',
    'a name with a NUL in an extended header',
    'a name with a line break in an extended header',
    'nothing but directories',
    'nothing but extended headers',
  ]);

  it.each(hostile.filter(([what]) => !onlyListed.has(what)))(
    'by %s is refused without a manifest as well',
    async (_what, entries) => {
      const { open, outside } = await place();
      const opening = open(await archiveFile(tarOf(...entries)), { files: null });
      await expect(opening).rejects.toMatchObject({ code: 'backup_damaged' });
      expect(await outside()).toEqual(untouched);
    },
  );

  it.each(hostile)(
    'by %s leaves its place in no other way either where the rest is passed over',
    async (_what, entries) => {
      const { open, outside, inside } = await place();
      await open(await archiveFile(tarOf(...entries)), { files: null, others: 'skip' }).catch((error) => {
        expect(error).toMatchObject({ code: 'backup_damaged' });
      });
      expect(await outside()).toEqual(untouched);
      expect((await inside()).every((entry) => entry.isFile())).toBe(true);
    },
  );

  // One member of the compressed stream after the other, which is one stream to whoever reads it.
  const member = gzipSync(Buffer.alloc(10_000_000));
  const nothing = Buffer.concat(Array.from({ length: 30 }, () => member));
  const padding = gzipSync(Buffer.alloc(1_024));

  it('by 300 MB of nothing is refused before they are written', async () => {
    const head = tarEntry({ path: good.path, size: 300_000_000 });
    const bomb = Buffer.concat([gzipSync(head), nothing, padding]);
    const { open, inside } = await place();
    await expect(open(await archiveFile(bomb, false))).rejects.toMatchObject({ code: 'backup_damaged' });
    expect(await inside()).toEqual([]);
  });

  it('by 300 MB behind an honest file is refused as well', async () => {
    const bomb = Buffer.concat([gzipSync(tarOf(good)), nothing]);
    await expect((await place()).open(await archiveFile(bomb, false))).rejects.toMatchObject({
      code: 'backup_damaged',
      message: expect.stringContaining('more than'),
    });
  });

  it('by 5 GB without a manifest is refused at a limit of its own', async () => {
    const head = tarEntry({ path: good.path, size: 5_000_000_000 });
    const bomb = Buffer.concat([gzipSync(head), nothing, padding]);
    const opened = (await place()).open(await archiveFile(bomb, false), { files: null });
    await expect(opened).rejects.toMatchObject({ code: 'backup_damaged' });
  });
});

describe('an archive that is not what its manifest says is refused:', () => {
  const cases: readonly (readonly [string, readonly MadeEntry[], readonly BackupFile[]])[] = [
    ['another file', [{ ...good, body: 'lag' }], files],
    ['a longer file', [{ ...good, body: 'logs' }], files],
    ['a missing file', [good], [...files, listed('Default/IndexedDB/more', 'more')]],
    ['no file at all', [], files],
  ];

  it.each(cases)('%s', async (_what, entries, manifest) => {
    const { open } = await place();
    await expect(open(await archiveFile(tarOf(...entries)), { files: manifest })).rejects.toMatchObject({
      code: 'backup_damaged',
      message: expect.stringContaining('manifest'),
    });
  });
});

describe('an archive that is torn', () => {
  it('anywhere is refused', async () => {
    const body = randomBytes(3_000);
    const whole = gzipSync(tarOf({ path: good.path, body }));
    const manifest = [listed(log, body)];
    for (let bytes = 0; bytes < whole.length; bytes += 211) {
      const { open } = await place();
      const archive = await archiveFile(whole.subarray(0, bytes), false);
      await expect(open(archive, { files: manifest })).rejects.toMatchObject({ code: 'backup_damaged' });
    }
    expect(await (await place()).open(await archiveFile(whole, false), { files: manifest })).toMatchObject({
      files: 1,
    });
  });

  it('before the compression is refused', async () => {
    const whole = tarOf(good);
    for (const bytes of [0, 1, 511, 512, 513, 1_023, 1_024]) {
      const { open } = await place();
      await expect(open(await archiveFile(whole.subarray(0, bytes)))).rejects.toMatchObject({
        code: 'backup_damaged',
      });
    }
  });

  it.each([
    ['no gzip', Buffer.from('PK\u0003\u0004 this is a zip'), false],
    ['no tar', Buffer.from('hello '.repeat(1_000)), true],
    ['followed by something else', Buffer.concat([gzipSync(tarOf(good)), Buffer.from('garbage')]), false],
    [
      'followed by something else within',
      Buffer.concat([tarOf(good), Buffer.from('garbage'.repeat(100))]),
      true,
    ],
    ['followed by another archive', Buffer.concat([tarOf(good), tarOf({ path: '../x', body: 'x' })]), true],
  ])('or %s is refused', async (_what, bytes, zipped) => {
    const { open } = await place();
    await expect(open(await archiveFile(bytes, zipped))).rejects.toMatchObject({ code: 'backup_damaged' });
  });

  it('by any flipped byte ends in an error, or in nothing that differs', async () => {
    const whole = gzipSync(tarOf(good, { path: 'session-main/Default/Local Storage/x', body: 'more' }));
    const manifest = [...files, listed('Default/Local Storage/x', 'more')];
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ by;
        const { open, into, outside } = await place();
        const archive = await archiveFile(flipped, false);
        const taken = await open(archive, { files: manifest }).catch((error) => {
          expect(error).toMatchObject({ code: 'backup_damaged' });
          return null;
        });
        if (taken) expect(await readFile(join(into, log), 'utf8')).toBe('log');
        expect(await outside()).toEqual(untouched);
      }),
      { numRuns: 60 },
    );
  });

  it('into anything at all ends in an error', async () => {
    const tar = gunzipSync(gzipSync(tarOf(good)));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc
        .uint8Array({ minLength: 1, maxLength: 512 })
        .map((part) => Buffer.concat([tar.subarray(0, 512), part, tar.subarray(512)])),
      fc.tuple(fc.nat(511), fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([at, part]) => {
        const changed = Buffer.from(tar);
        changed.set(part.subarray(0, 512 - at), at);
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (found) => {
        const { open, outside } = await place();
        await open(await archiveFile(found), {
          files: [...files, listed('Default/IndexedDB/never', '')],
        }).then(
          () => expect.unreachable(),
          (error) => expect(error).toMatchObject({ code: 'backup_damaged' }),
        );
        expect(await outside()).toEqual(untouched);
      }),
      { numRuns: 80 },
    );
  });
});

it('passes over what is not essential where it is told to, and takes the rest', async () => {
  const archive = await archiveFile(
    tarOf(
      { path: 'session-main/', type: '5' },
      { path: 'session-main/SingletonLock', type: '2', linkpath: 'host-1' },
      { path: 'session-main/Default/Cache/data_0', body: Buffer.alloc(100_000) },
      good,
      { path: 'session-main/Local State', body: '{}' },
    ),
  );
  const { open, inside } = await place();
  expect(await open(archive, { files: null, others: 'skip' })).toEqual({ files: 1, bytes: 3 });
  expect((await inside()).map(({ name }) => name)).toEqual(['000003.log']);
});

it.each([{ type: 'SymbolicLink', linkpath: '/etc' }, { type: 'nothing' }, { 'SCHILY.xattr.user.x': 'y' }])(
  'takes a file for a file whatever an extended header says of its kind: %j',
  async (records) => {
    const { open, inside } = await place();
    await open(await archiveFile(tarOf(paxHeader(records), good)));
    expect((await inside()).map((entry) => entry.isFile())).toEqual([true]);
  },
);

it('does not write a file that is longer than its manifest says', async () => {
  const { open, inside } = await place();
  const opening = open(await archiveFile(tarOf({ ...good, body: Buffer.alloc(500) })));
  await expect(opening).rejects.toMatchObject({
    message: expect.stringContaining('has 500 bytes in its archive, and 3 by its manifest'),
  });
  expect(await inside()).toEqual([]);
});

describe('unpacking', () => {
  it.each(['unpack:directory', 'unpack:file', 'unpack:file:end', 'unpack:flush'])(
    'says at %s that the disk is full',
    async (step) => {
      const { open, disk } = await place();
      disk.fail(step, 'ENOSPC');
      await expect(open(await archiveFile(tarOf(good)))).rejects.toMatchObject({ code: 'disk_full' });
    },
  );

  it('ends when it is told to', async () => {
    const { open } = await place();
    const stop = new AbortController();
    const body = randomBytes(20_000_000);
    const archive = await archiveFile(tarOf(good, { path: 'session-main/Default/IndexedDB/big', body }));
    const unpacking = open(archive, {
      files: [...files, listed('Default/IndexedDB/big', body)],
      signal: stop.signal,
      progress: () => stop.abort(new Error('enough')),
    });
    await expect(unpacking).rejects.toThrow('enough');
  });

  it('says that there is no archive', async () => {
    const { open } = await place();
    await expect(open('/nonexistent/archive')).rejects.toMatchObject({ code: 'volume_missing' });
  });
});
