import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf, plainLayout, wordOf, writeProfile } from '../../test/doubles/backup-world.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { pruneQuarantined } from './prune-quarantine.ts';

async function quarantined() {
  const profile = await scratchDirectory();
  await writeProfile(profile, 'mine');
  const disk = new FaultyDisk();
  const prune = () => pruneQuarantined(profile, plainLayout, disk);
  const files = async () =>
    (await readdir(profile, { recursive: true, withFileTypes: true }))
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(profile.length + 1))
      .sort();
  return { profile, disk, prune, files };
}

describe('a quarantined profile', () => {
  it('keeps its essential directories whole, and nothing else', async () => {
    const { profile, prune, files } = await quarantined();
    expect(await prune()).toBe(true);
    expect(await files()).toEqual(Object.keys(filesOf('')).sort());
    expect(await wordOf(profile)).toBe('mine');
    expect(await prune()).toBe(true);
  });

  it('keeps everything where its login may lie in a form that is not known', async () => {
    const { profile, disk, files } = await quarantined();
    await writeFile(join(profile, 'Default', 'LocalStorage'), 'SQLite format 3');
    const before = await files();
    const layout = { ...plainLayout, otherForms: ['Default/LocalStorage'] };
    expect(await pruneQuarantined(profile, layout, disk)).toBe(false);
    expect(await files()).toEqual(before);
  });

  it('loses links, and nothing that they lead to', async () => {
    const { profile, prune, files } = await quarantined();
    const elsewhere = await scratchDirectory();
    await writeFile(join(elsewhere, 'kept'), 'theirs');
    await symlink(elsewhere, join(profile, 'Default', 'Cache', 'link'));
    await symlink(elsewhere, join(profile, 'Default', 'GPUCache'));
    await symlink(elsewhere, join(profile, 'link'));
    await prune();
    expect(await files()).toEqual(Object.keys(filesOf('')).sort());
    expect(await readFile(join(elsewhere, 'kept'), 'utf8')).toBe('theirs');
  });

  it('keeps what lies in its essential directories, whatever it is', async () => {
    const { profile, prune } = await quarantined();
    await symlink('/nonexistent', join(profile, 'Default', 'IndexedDB', 'link'));
    await mkdir(join(profile, 'Default', 'IndexedDB', 'empty'));
    await prune();
    expect(await readdir(join(profile, 'Default', 'IndexedDB'))).toEqual(
      expect.arrayContaining(['link', 'empty']),
    );
  });

  it.each(['Default/IndexedDB', 'Default/Local Storage'])(
    'keeps everything when %s is missing: nobody knows where it is then',
    async (path) => {
      const { profile, prune, files } = await quarantined();
      await rm(join(profile, path), { recursive: true });
      const before = await files();
      expect(await prune()).toBe(false);
      expect(await files()).toEqual(before);
    },
  );

  it.each(['Default', 'Default/IndexedDB'])('keeps everything when %s is a link', async (path) => {
    const { profile, prune, files } = await quarantined();
    const elsewhere = await scratchDirectory();
    await writeProfile(elsewhere, 'theirs');
    await rm(join(profile, path), { recursive: true });
    await symlink(join(elsewhere, path), join(profile, path));
    const before = await files();
    expect(await prune()).toBe(false);
    expect(await files()).toEqual(before);
    expect(await wordOf(elsewhere)).toBe('theirs');
  });

  it('has more than it needs when that is broken off, and never less', async () => {
    const { profile, disk, prune, files } = await quarantined();
    disk.dieAt('quarantine:prune');
    await expect(prune()).rejects.toThrow('dead');
    expect(await files()).toEqual(expect.arrayContaining(Object.keys(filesOf(''))));
    disk.mend();
    await prune();
    expect(await wordOf(profile)).toBe('mine');
  });
});
