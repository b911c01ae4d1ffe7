import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { LinuxDisk, sweepTemporaries, temporaryPath } from './linux-disk.ts';

describe('replacing a file', () => {
  it('leaves the new contents and nothing else', async () => {
    const directory = await scratchDirectory();
    const disk = new FaultyDisk();
    await disk.writeFileAtomic(join(directory, 'a.json'), 'old', 'write-a');
    await disk.writeFileAtomic(join(directory, 'a.json'), 'new', 'write-a');
    expect(await readFile(join(directory, 'a.json'), 'utf8')).toBe('new');
    expect(await readdir(directory)).toEqual(['a.json']);
    expect(disk.steps.slice(-3)).toEqual(['write-a:create', 'write-a:rename', 'write-a:sync']);
  });

  it.each(['create', 'rename'])(
    'leaves the old contents when %s fails, and no rest of the new',
    async (step) => {
      const directory = await scratchDirectory();
      await writeFile(join(directory, 'a.json'), 'old');
      const disk = new FaultyDisk().fail(`write-a:${step}`, 'ENOSPC');
      await expect(disk.writeFileAtomic(join(directory, 'a.json'), 'new', 'write-a')).rejects.toMatchObject({
        code: 'disk_full',
        subject: expect.stringContaining(directory),
      });
      expect(await readFile(join(directory, 'a.json'), 'utf8')).toBe('old');
      expect(await readdir(directory)).toEqual(['a.json']);
    },
  );

  it('killed before the rename leaves the old contents and a temporary file, which is swept', async () => {
    const directory = await scratchDirectory();
    await writeFile(join(directory, 'a.json'), 'old');
    const disk = new FaultyDisk().dieAt('write-a:rename');
    await expect(disk.writeFileAtomic(join(directory, 'a.json'), 'new', 'write-a')).rejects.toThrow();
    expect(await readdir(directory)).toHaveLength(2);
    expect(await sweepTemporaries(disk.mend(), directory)).toBe(1);
    expect(await readdir(directory)).toEqual(['a.json']);
    expect(await readFile(join(directory, 'a.json'), 'utf8')).toBe('old');
  });
});

describe('a file from a stream', () => {
  const chunks = async function* (...parts: string[]) {
    for (const part of parts) yield Buffer.from(part);
  };

  it('is made as a whole, for its owner only, and never in the place of another', async () => {
    const directory = await scratchDirectory();
    const disk = new FaultyDisk();
    expect(await disk.createFileFrom(join(directory, 'a'), chunks('one ', 'two'), 'step')).toBe(7);
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('one two');
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o600);
    expect(disk.steps).toEqual(['step', 'step:end']);
    await expect(disk.createFileFrom(join(directory, 'a'), chunks('three'), 'step')).rejects.toThrow();
    await symlink(join(directory, 'b'), join(directory, 'link'));
    await expect(disk.createFileFrom(join(directory, 'link'), chunks('three'), 'step')).rejects.toThrow();
    expect((await readdir(directory)).sort()).toEqual(['a', 'link']);
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('one two');
  });

  it('that breaks off is gone, with the error as it came', async () => {
    const directory = await scratchDirectory();
    const broken = async function* () {
      yield Buffer.from('some');
      throw new Error('broken off');
    };
    await expect(new LinuxDisk().createFileFrom(join(directory, 'a'), broken(), 'step')).rejects.toThrow(
      'broken off',
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it.each(['step', 'step:end'])('for which there is no space at %s is gone as well', async (step) => {
    const directory = await scratchDirectory();
    const disk = new FaultyDisk().fail(step, 'ENOSPC');
    await expect(disk.createFileFrom(join(directory, 'a'), chunks('some'), 'step')).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('lies there, whole or not, when its writer is killed', async () => {
    const directory = await scratchDirectory();
    const disk = new FaultyDisk().dieAt('step:end');
    await expect(disk.createFileFrom(join(directory, 'a'), chunks('some'), 'step')).rejects.toThrow('dead');
    expect(await readdir(directory)).toEqual(['a']);
  });

  it('is flushed later where that is asked for, and not through a link', async () => {
    const directory = await scratchDirectory();
    const disk = new FaultyDisk();
    await disk.createFileFrom(join(directory, 'a'), chunks('some'), 'step', { flush: false });
    await disk.syncFile(join(directory, 'a'), 'flush');
    expect(disk.steps.at(-1)).toBe('flush');
    await symlink('a', join(directory, 'link'));
    await expect(disk.syncFile(join(directory, 'link'), 'flush')).rejects.toThrow();
    await expect(disk.syncFile(join(directory, 'b'), 'flush')).rejects.toMatchObject({
      code: 'volume_missing',
    });
  });
});

it('sweeps nothing but its own temporary files', async () => {
  const directory = await scratchDirectory();
  const names = ['.vigil-notes', '.vigil-0123456789ab.tmp.json', 'main.json', 'session-main'];
  for (const name of names) await writeFile(join(directory, name), '');
  await mkdir(join(directory, '.vigil-000000000000.tmp'));
  await symlink('main.json', join(directory, '.vigil-111111111111.tmp'));
  expect(await sweepTemporaries(new LinuxDisk(), directory)).toBe(0);
  expect(await readdir(directory)).toHaveLength(6);
});

it('names temporary files so that nothing takes them for a record or a profile', async () => {
  const name = temporaryPath('/x').slice(3);
  expect(name).not.toMatch(/\.json$|^session-/);
  expect(name).toMatch(/^\.vigil-/);
});

describe('what the disk refuses', () => {
  it('is told by the catalogue: a directory that is not there', async () => {
    const directory = await scratchDirectory();
    await expect(new LinuxDisk().createFile(join(directory, 'no', 'a'), '', 'step')).rejects.toMatchObject({
      code: 'volume_missing',
      message: expect.stringContaining(join(directory, 'no', 'a')),
    });
  });

  it.each([
    ['ENOSPC', 'disk_full'],
    ['EDQUOT', 'disk_full'],
    ['EROFS', 'volume_permission'],
    ['EACCES', 'volume_permission'],
    ['EIO', 'internal'],
  ])('%s is %s', async (code, expected) => {
    const directory = await scratchDirectory();
    const disk = new FaultyDisk().fail('step', code);
    await expect(disk.createFile(join(directory, 'a'), '', 'step')).rejects.toMatchObject({ code: expected });
  });

  it('never overwrites: a file that is created is a new one', async () => {
    const directory = await scratchDirectory();
    await writeFile(join(directory, 'a'), 'mine');
    await expect(new LinuxDisk().createFile(join(directory, 'a'), 'other', 'step')).rejects.toThrow();
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('mine');
  });

  it('never removes a directory as if it were a file, nor one that holds something', async () => {
    const directory = await scratchDirectory();
    await mkdir(join(directory, 'd'));
    await writeFile(join(directory, 'd', 'x'), '');
    const disk = new LinuxDisk();
    await expect(disk.remove(join(directory, 'd'), 'step')).rejects.toThrow();
    await expect(disk.removeDirectory(join(directory, 'd'), 'step')).rejects.toThrow();
    expect(await readdir(join(directory, 'd'))).toEqual(['x']);
  });
});

describe('a file under a second name', () => {
  it('is the same file, and no link is followed', async () => {
    const directory = await scratchDirectory();
    const [a, b, link] = ['a', 'b', 'link'].map((name) => join(directory, name)) as [string, string, string];
    await writeFile(a, 'mine');
    await new LinuxDisk().link(a, b, 'step');
    expect((await stat(b)).ino).toBe((await stat(a)).ino);
    await symlink(a, link);
    await new LinuxDisk().link(link, join(directory, 'second'), 'step');
    expect((await lstat(join(directory, 'second'))).isSymbolicLink()).toBe(true);
  });

  it('takes nobody’s name', async () => {
    const directory = await scratchDirectory();
    await writeFile(join(directory, 'a'), 'mine');
    await writeFile(join(directory, 'b'), 'other');
    await expect(new LinuxDisk().link(join(directory, 'a'), join(directory, 'b'), 'step')).rejects.toThrow(
      'EEXIST',
    );
    expect(await readFile(join(directory, 'b'), 'utf8')).toBe('other');
  });
});

describe('a copied file', () => {
  it('is one of its own', async () => {
    const directory = await scratchDirectory();
    await writeFile(join(directory, 'a'), 'mine');
    await new LinuxDisk().copyFile(join(directory, 'a'), join(directory, 'b'), 'step');
    await writeFile(join(directory, 'a'), 'changed');
    expect(await readFile(join(directory, 'b'), 'utf8')).toBe('mine');
  });

  it.each(['a link', 'a pipe', 'a directory'])('is never %s', async (what) => {
    const directory = await scratchDirectory();
    const from = join(directory, 'from');
    await writeFile(join(directory, 'secret'), 'not ours');
    if (what === 'a link') await symlink(join(directory, 'secret'), from);
    if (what === 'a pipe') execFileSync('mkfifo', [from]);
    if (what === 'a directory') await mkdir(from);
    await expect(new LinuxDisk().copyFile(from, join(directory, 'to'), 'step')).rejects.toThrow();
    expect(await readdir(directory)).not.toContain('to');
  });

  it('takes nobody’s name', async () => {
    const directory = await scratchDirectory();
    await writeFile(join(directory, 'a'), 'mine');
    await writeFile(join(directory, 'b'), 'other');
    const copied = new LinuxDisk().copyFile(join(directory, 'a'), join(directory, 'b'), 'step');
    await expect(copied).rejects.toThrow();
    expect(await readFile(join(directory, 'b'), 'utf8')).toBe('other');
  });
});

it('says whether there was something to make or to remove', async () => {
  const directory = await scratchDirectory();
  const disk = new LinuxDisk();
  expect(await disk.mkdir(join(directory, 'd'), 'step')).toBe(true);
  expect(await disk.mkdir(join(directory, 'd'), 'step')).toBe(false);
  expect(await disk.removeDirectory(join(directory, 'd'), 'step')).toBe(true);
  expect(await disk.removeDirectory(join(directory, 'd'), 'step')).toBe(false);
  expect(await disk.remove(join(directory, 'f'), 'step')).toBe(false);
  expect(await disk.freeBytes(directory)).toBeGreaterThan(0);
});
