import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { filesOf, main, never, plainLayout, writeProfile } from '../../test/doubles/backup-world.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { type ArchiveRequest, writeArchive } from './archive.ts';

const tar = async (...args: string[]) => (await promisify(execFile)('tar', args)).stdout;

async function world(word = 'hello') {
  const directory = await scratchDirectory();
  await writeProfile(directory, word);
  const target = await scratchDirectory();
  const path = join(target, 'archive');
  const disk = new FaultyDisk();
  const archive = (changes: Partial<ArchiveRequest> = {}) =>
    writeArchive(
      { session: main, directory, layout: plainLayout, path, encryption: null, signal: never, ...changes },
      { disk, floor: 1_000 },
    );
  return { directory, target, path, disk, archive, left: () => readdir(target) };
}

describe('an archive', () => {
  it('holds the essential directories and not a byte more', async () => {
    const { archive, path } = await world();
    await archive();
    const names = (await tar('tzf', path)).trimEnd().split('\n');
    expect(names.filter((name) => !name.endsWith('/'))).toEqual(
      Object.keys(filesOf(''))
        .map((name) => `session-main/${name}`)
        .sort(),
    );
    expect(names).toEqual([...names].sort());
    const directories = names.filter((name) => name.endsWith('/'));
    expect(directories.slice(0, 3)).toEqual([
      'session-main/',
      'session-main/Default/',
      'session-main/Default/IndexedDB/',
    ]);
    expect(
      directories.every((name) =>
        /^session-main\/(Default\/((IndexedDB|Local Storage|Session Storage)\/.*)?)?$/.test(name),
      ),
    ).toBe(true);
  });

  it('gives files and directories to their owner only, and names nobody', async () => {
    const { archive, path } = await world();
    await archive();
    for (const line of (await tar('tzvf', path)).trimEnd().split('\n'))
      expect(line).toMatch(/^(?:drwx------|-rw-------) 0\/0 /);
  });

  it('is unpacked by any tar', async () => {
    const { archive, path } = await world();
    const { files } = await archive();
    const elsewhere = await scratchDirectory();
    await tar('xzf', path, '-C', elsewhere);
    for (const [name, text] of Object.entries(filesOf('hello'))) {
      expect(await readFile(join(elsewhere, 'session-main', name), 'utf8')).toBe(text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      expect(files).toContainEqual({ path: name, bytes: Buffer.byteLength(text), sha256 });
    }
    expect(files).toHaveLength(Object.keys(filesOf('')).length);
  });

  it('is described by its own size and hash', async () => {
    const { archive, path } = await world();
    const { bytes, sha256 } = await archive();
    const written = await readFile(path);
    expect(bytes).toBe(written.length);
    expect(sha256).toBe(createHash('sha256').update(written).digest('hex'));
  });

  it('is hardly larger than what tar itself makes', async () => {
    const { archive, directory, target } = await world();
    const words = randomBytes(4_000).toString('hex');
    const store = join(directory, 'Default/IndexedDB/store');
    await mkdir(store);
    for (let file = 0; file < 60; file++)
      await writeFile(
        join(store, `${file}.ldb`),
        words.slice(file).repeat(30) + randomBytes(20_000).toString('latin1'),
      );
    const { bytes } = await archive();
    const theirs = join(target, 'theirs');
    const essential = plainLayout.essential.map(({ path: one }) => one);
    execFileSync('tar', ['czf', theirs, '-C', directory, ...essential]);
    expect(bytes).toBeLessThanOrEqual((await stat(theirs)).size * 1.05);
  });

  it('carries names of any length that a file system allows', async () => {
    const { archive, directory, path } = await world();
    const deep = join(directory, 'Default/IndexedDB', 'd'.repeat(150), 'e'.repeat(150));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, `größer ${'f'.repeat(200)}`), 'far away');
    await archive();
    const elsewhere = await scratchDirectory();
    await tar('xzf', path, '-C', elsewhere);
    const found = join(
      elsewhere,
      'session-main/Default/IndexedDB',
      'd'.repeat(150),
      'e'.repeat(150),
      `größer ${'f'.repeat(200)}`,
    );
    expect(await readFile(found, 'utf8')).toBe('far away');
  });

  it('leaves out directories that hold no file, and those that are not there', async () => {
    const { archive, directory, path } = await world();
    await mkdir(join(directory, 'Default/IndexedDB/empty/emptier'), { recursive: true });
    await rm(join(directory, 'Default/Session Storage'), { recursive: true });
    await archive();
    expect(await tar('tzf', path)).not.toMatch(/empty|Session/);
  });

  it('says how far it is', async () => {
    const { archive } = await world();
    const told: [number, number][] = [];
    const { files } = await archive({ progress: (...what) => told.push(what) });
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(told.at(-1)).toEqual([total, total]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
  });
});

describe('nothing is archived, and nothing left, of a profile', () => {
  const odd: readonly (readonly [string, (directory: string) => Promise<unknown>])[] = [
    ['a link', (directory) => symlink('/etc/passwd', join(directory, 'Default/IndexedDB/link'))],
    ['a link for a directory', (directory) => symlink('/etc', join(directory, 'Default/IndexedDB/dir'))],
    ['a pipe', (directory) => promisify(execFile)('mkfifo', [join(directory, 'Default/IndexedDB/pipe')])],
    ['a name with a line break', (directory) => writeFile(join(directory, 'Default/IndexedDB/a\nb'), '')],
    [
      'a name that is not text',
      (directory) =>
        writeFile(
          Buffer.concat([Buffer.from(join(directory, 'Default/IndexedDB/')), Buffer.from([0xff, 0xfe])]),
          '',
        ),
    ],
  ];

  it.each(odd)('that holds %s', async (_what, plant) => {
    const { archive, directory, left } = await world();
    await plant(directory);
    await expect(archive()).rejects.toMatchObject({
      code: 'profile_damaged',
      message: expect.stringContaining('IndexedDB/'),
    });
    expect(await left()).toEqual([]);
  });

  it.each(['Default', 'Default/IndexedDB'])('whose %s is a link', async (part) => {
    const { archive, directory } = await world();
    const elsewhere = await scratchDirectory();
    await writeProfile(elsewhere, 'theirs');
    await rm(join(directory, part), { recursive: true });
    await symlink(join(elsewhere, part), join(directory, part));
    await expect(archive()).rejects.toMatchObject({ code: 'profile_damaged' });
  });

  it.each([
    ['grows', (path: string) => appendFileSync(path, 'more')],
    ['shrinks', (path: string) => writeFileSync(path, '')],
    ['goes', (path: string) => rmSync(path)],
    [
      'becomes a link',
      (path: string) => {
        // Of as many bytes, so that its size tells nothing.
        renameSync(path, `${path}-moved`);
        symlinkSync(`${path}-moved`, path);
      },
    ],
  ])('of which a file %s meanwhile', async (_what, change) => {
    const { archive, directory, left } = await world();
    // Told at the first bytes of the first file, when the last one has been listed and not been opened yet.
    const once = (() => {
      let done = false;
      return () => {
        if (!done) change(join(directory, 'Default/Session Storage/000004.log'));
        done = true;
      };
    })();
    await expect(archive({ progress: once })).rejects.toMatchObject({ code: 'snapshot_failed' });
    expect(await left()).toEqual([]);
  });

  it('when that would not leave the floor free', async () => {
    const { archive, disk, left } = await world();
    disk.free(1_000);
    await expect(archive()).rejects.toMatchObject({ code: 'disk_full' });
    disk.free(1_000_000);
    await archive();
    expect(await left()).toEqual(['archive']);
  });

  it('when others take the space meanwhile', async () => {
    const { archive, disk, directory, left } = await world();
    await writeFile(join(directory, 'Default/IndexedDB/random'), randomBytes(40_000_000));
    disk.free(10 ** 9);
    await expect(archive({ progress: () => void disk.free(500) })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(await left()).toEqual([]);
  });

  it.each(['backup:archive', 'backup:archive:end'])('when the disk is full at %s', async (step) => {
    const { archive, disk, left } = await world();
    disk.fail(step, 'ENOSPC');
    await expect(archive()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await left()).toEqual([]);
  });

  it('when it is called off, and never in the place of another file', async () => {
    const { archive, directory, left, path } = await world();
    await writeFile(join(directory, 'Default/IndexedDB/big'), randomBytes(8_000_000));
    const stop = new AbortController();
    const archiving = archive({ signal: stop.signal, progress: () => stop.abort(new Error('enough')) });
    await expect(archiving).rejects.toThrow('enough');
    expect(await left()).toEqual([]);
    await writeFile(path, 'mine');
    await expect(archive()).rejects.toThrow();
    expect(await readFile(path, 'utf8')).toBe('mine');
  });
});
