import { execFileSync } from 'node:child_process';
import { lstat, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareLayout, bareParts, putFile, writeBareProfile } from '../../test/doubles/bare-profile.ts';
import { manifest, writeBareStore } from '../../test/doubles/bare-store.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { copyClosedProfile } from './closed-profile.ts';
import { type CopyOptions, ProfileCopy } from './profile-copy.ts';

const { indexed, blobs, local } = bareParts;

async function scene() {
  const root = await scratchDirectory();
  const profile = join(root, 'session-main');
  await writeBareProfile(profile);
  const disk = new FaultyDisk();
  const options: CopyOptions = {
    profile,
    target: join(root, 'copy'),
    layout: bareLayout,
    disk,
    signal: new AbortController().signal,
  };
  return { root, profile, target: options.target, disk, options };
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** Names, kinds, sizes, times and contents. */
async function fingerprint(directory: string): Promise<unknown> {
  const files = await filesIn(directory);
  return Promise.all(
    files.map(async (path) => {
      const { mode, size, mtimeMs } = await lstat(join(directory, path));
      return [path, mode, size, mtimeMs, await readFile(join(directory, path), 'utf8')];
    }),
  );
}

const inodeOf = async (...parts: string[]) => (await lstat(join(...parts))).ino;

const whole = [
  `${blobs}/1/00/1a`,
  `${indexed}/000005.ldb`,
  `${indexed}/000007.ldb`,
  `${indexed}/000008.log`,
  `${indexed}/000009.log`,
  `${indexed}/CURRENT`,
  `${indexed}/MANIFEST-000001`,
  `${local}/000004.log`,
  `${local}/CURRENT`,
  `${local}/MANIFEST-000001`,
].sort();

describe('a copy of a profile that nobody uses', () => {
  it('holds what the manifests name, and nothing else', async () => {
    const { options, target, profile } = await scene();
    expect(await copyClosedProfile(options)).toEqual({ files: whole.length, linked: 3 });
    expect(await filesIn(target)).toEqual(whole);
    for (const path of whole) {
      expect(await readFile(join(target, path), 'utf8')).toBe(await readFile(join(profile, path), 'utf8'));
    }
  });

  it('shares with the profile only what never changes again', async () => {
    const { options, target, profile } = await scene();
    await copyClosedProfile(options);
    const shared = [];
    for (const path of whole)
      if ((await inodeOf(target, path)) === (await inodeOf(profile, path))) shared.push(path);
    expect(shared).toEqual([`${blobs}/1/00/1a`, `${indexed}/000005.ldb`, `${indexed}/000007.ldb`]);
  });

  it('changes nothing of it', async () => {
    const { options, profile } = await scene();
    const before = await fingerprint(profile);
    await copyClosedProfile(options);
    expect(await fingerprint(profile)).toEqual(before);
  });

  it('copies a database of SQLite with its log, by itself, and not its shared memory', async () => {
    const { options, profile, target } = await scene();
    const database = 'Default/IndexedDB/https_web.example.com_0/4f2a';
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      await putFile(profile, `${database}${suffix}`, `db${suffix}`);
    await copyClosedProfile(options);
    const copied = (await filesIn(target)).filter((path) => path.startsWith(database));
    expect(copied).toEqual(['', '-journal', '-wal'].map((suffix) => `${database}${suffix}`));
    expect(await inodeOf(target, database)).not.toBe(await inodeOf(profile, database));
  });

  it('copies a store that has no CURRENT as it lies, for whoever verifies it to judge', async () => {
    const { options, profile, target } = await scene();
    await rm(join(profile, indexed, 'CURRENT'));
    await copyClosedProfile(options);
    const copied = (await readdir(join(target, indexed))).sort();
    expect(copied).toContain('000006.ldb');
    expect(copied).not.toContain('LOCK');
    expect(await inodeOf(target, indexed, '000005.ldb')).not.toBe(
      await inodeOf(profile, indexed, '000005.ldb'),
    );
  });

  it('neither follows nor copies a link, a pipe or a socket', async () => {
    const { options, profile, target, root } = await scene();
    await putFile(root, 'elsewhere/secret', 'not the profile’s');
    await symlink(join(root, 'elsewhere'), join(profile, 'Default/IndexedDB/linked'));
    await symlink(join(root, 'elsewhere/secret'), join(profile, blobs, '1/00/2b'));
    execFileSync('mkfifo', [join(profile, blobs, '1/00/3c')]);
    await rm(join(profile, 'Default/Session Storage'), { recursive: true, force: true });
    await symlink(join(root, 'elsewhere'), join(profile, 'Default/Session Storage'));
    await copyClosedProfile(options);
    expect(await filesIn(target)).toEqual(whole);
  });

  it('does not follow a link in the place of a directory above', async () => {
    const { options, profile, target, root } = await scene();
    const other = await scene();
    await rm(join(profile, 'Default'), { recursive: true });
    await symlink(join(other.profile, 'Default'), join(profile, 'Default'));
    expect(await copyClosedProfile(options)).toEqual({ files: 0, linked: 0 });
    expect(await filesIn(target)).toEqual([]);
    expect(await readdir(root)).toContain('session-main');
  });

  it.each([
    ['a table', '000005.ldb'],
    ['the log', '000008.log'],
    ['the manifest', 'MANIFEST-000001'],
  ])('is refused when %s that is named is missing', async (_what, name) => {
    const { options, profile } = await scene();
    await rm(join(profile, indexed, name));
    await expect(copyClosedProfile(options)).rejects.toMatchObject({
      code: 'profile_damaged',
      message: expect.stringContaining(name),
    });
  });

  it.each(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'])(
    'is made without links where they fail (%s)',
    async (code) => {
      const { options, disk, target, profile } = await scene();
      disk.fail('snapshot:link', code);
      expect(await copyClosedProfile(options)).toEqual({ files: whole.length, linked: 0 });
      expect(await filesIn(target)).toEqual(whole);
      expect(await inodeOf(target, whole[0] ?? '')).not.toBe(await inodeOf(profile, whole[0] ?? ''));
    },
  );

  it('is not made over another one', async () => {
    const { options } = await scene();
    await copyClosedProfile(options);
    await expect(copyClosedProfile(options)).rejects.toThrow();
  });

  it.each(['snapshot:mkdir', 'snapshot:link', 'snapshot:copy'])(
    'says that the disk is full at %s, and has touched nothing of the profile',
    async (label) => {
      const { options, disk, profile } = await scene();
      const before = await fingerprint(profile);
      disk.fail(label, 'ENOSPC');
      await expect(copyClosedProfile(options)).rejects.toMatchObject({ code: 'disk_full' });
      expect(await fingerprint(profile)).toEqual(before);
    },
  );

  it('ends at the next step when it is called off', async () => {
    const { options, disk } = await scene();
    const aborter = new AbortController();
    const copy = new ProfileCopy({ ...options, signal: aborter.signal });
    await copy.prepare();
    const before = disk.steps.length;
    aborter.abort(new Error('enough'));
    await expect(copy.take()).rejects.toThrow('enough');
    expect(disk.steps.length).toBe(before);
  });
});

describe('a copy that is prepared while the browser runs', () => {
  it('has nothing left to link when nothing has changed', async () => {
    const { options, disk, target } = await scene();
    const copy = new ProfileCopy(options);
    await copy.prepare();
    disk.fail('snapshot:link');
    await copy.take();
    expect(await copy.finish()).toEqual({ files: whole.length, linked: 3 });
    expect(await filesIn(target)).toEqual(whole);
  });

  it('has what a compaction made meanwhile, and not what it removed', async () => {
    const { options, profile, target } = await scene();
    const copy = new ProfileCopy(options);
    await copy.prepare();
    await rm(join(profile, indexed), { recursive: true });
    await writeBareStore(join(profile, indexed), { live: [7, 11], stray: [12], logs: [10], logNumber: 10 });
    await rm(join(profile, blobs, '1'), { recursive: true });
    await putFile(profile, `${blobs}/1/00/2b`, 'another blob');
    await copy.take();
    await copy.finish();
    expect((await readdir(join(target, indexed))).sort()).toEqual([
      '000007.ldb',
      '000010.log',
      '000011.ldb',
      'CURRENT',
      'MANIFEST-000001',
    ]);
    expect((await filesIn(target)).filter((path) => path.startsWith(blobs))).toEqual([`${blobs}/1/00/2b`]);
  });

  it('has the file that has a name now, not the one that had it', async () => {
    const { options, profile, target } = await scene();
    const copy = new ProfileCopy(options);
    await copy.prepare();
    // The old one is kept by the link, so that its number cannot be given to the new one.
    await rm(join(profile, blobs, '1/00/1a'));
    await putFile(profile, `${blobs}/1/00/1a`, 'the name again');
    await copy.take();
    await copy.finish();
    expect(await readFile(join(target, blobs, '1/00/1a'), 'utf8')).toBe('the name again');
  });

  it('is a copy of what a file held in the end, where it could not be linked', async () => {
    const { options, profile, target, disk } = await scene();
    disk.fail('snapshot:link', 'EXDEV');
    const copy = new ProfileCopy(options);
    await putFile(profile, `${blobs}/1/00/1a`, 'half a b');
    await copy.prepare();
    await putFile(profile, `${blobs}/1/00/1a`, 'a whole blob');
    await copy.take();
    await copy.finish();
    expect(await readFile(join(target, blobs, '1/00/1a'), 'utf8')).toBe('a whole blob');
  });

  it('takes a table that had no name in the manifest at first', async () => {
    const { options, profile, target } = await scene();
    const copy = new ProfileCopy(options);
    await copy.prepare();
    await writeFile(join(profile, indexed, 'MANIFEST-000001'), manifest([5, 6, 7], 9));
    await copy.take();
    await copy.finish();
    expect((await readdir(join(target, indexed))).sort()).toEqual([
      '000005.ldb',
      '000006.ldb',
      '000007.ldb',
      '000009.log',
      'CURRENT',
      'MANIFEST-000001',
    ]);
  });
});

describe('a copy whose process dies', () => {
  it('has changed nothing of the profile, whatever it was about to do', async () => {
    const { options, disk } = await scene();
    await copyClosedProfile(options);
    const labels = [...new Set(disk.steps)];
    expect(labels.sort()).toEqual(['snapshot:copy', 'snapshot:link', 'snapshot:mkdir']);
    for (const label of [...labels, 'snapshot:remove']) {
      const one = await scene();
      const before = await fingerprint(one.profile);
      const copy = new ProfileCopy(one.options);
      one.disk.dieAt(label);
      const made = async () => {
        await copy.prepare();
        await copy.take();
        await copy.finish();
      };
      await expect(made(), label).rejects.toThrow('dead at');
      expect(await fingerprint(one.profile), label).toEqual(before);
    }
  });
});
