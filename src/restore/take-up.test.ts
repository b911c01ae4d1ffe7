import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { backupWorld, evidence, filesOf, main, never, wordOf } from '../../test/doubles/backup-world.ts';
import { type MadeEntry, tarOf } from '../../test/doubles/made-archive.ts';
import { listBackups } from '../backup/catalogue.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { UnmanagedArchives } from '../backup/unmanaged.ts';
import { climb } from './ladder.ts';
import { rehearseTakeUp, takeUp } from './take-up.ts';

/** A whole profile, as another tool archives it: with caches, and locks that are links. */
const whole = (word: string): readonly MadeEntry[] => [
  { path: 'session-main/', type: '5' },
  { path: 'session-main/SingletonLock', type: '2', linkpath: 'host-1' },
  { path: 'session-main/SingletonSocket', type: '2', linkpath: '/tmp/x/SingletonSocket' },
  { path: 'session-main/Default/', type: '5' },
  { path: 'session-main/Default/Cache/data_0', body: 'cached'.repeat(1_000) },
  { path: 'session-main/Default/Cache/hard', type: '1', linkpath: 'session-main/Default/Cache/data_0' },
  { path: 'session-main/Default/pipe', type: '6' },
  ...Object.entries(filesOf(word)).map(([path, body]) => ({ path: `session-main/${path}`, body })),
];

async function world(entries: readonly (MadeEntry | Buffer)[] = whole('theirs')) {
  const found = await backupWorld();
  const { layout, tools, clock } = found;
  const directory = join(layout.vault, 'sessions');
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'theirs.tar.gz');
  const contents = gzipSync(tarOf(...entries));
  await writeFile(path, contents);
  const archive = {
    ...(await new UnmanagedArchives(found.vault).find('theirs.tar.gz', main, never)),
    session: main,
  };
  await clock.advance(60_000);
  return {
    ...found,
    path,
    contents,
    archive,
    rehearsed: () => rehearseTakeUp(archive, { signal: never }, tools),
    takenUp: () => takeUp(archive, { signal: never, epoch: 4 }, tools),
    staged: () => found.names(layout.staging),
    listed: () => listBackups(found.vault, main, never),
  };
}

describe('an archive of another tool', () => {
  it('is rehearsed with a deep look, and nothing of it stays', async () => {
    const { rehearsed, staged, listed } = await world();
    expect(await rehearsed()).toEqual({ soundness: 'sound', evidence, warnings: [] });
    expect(await staged()).toEqual([]);
    expect(await listed()).toEqual([]);
  });

  it('becomes a backup of ours that holds the essential files and nothing else', async () => {
    const { takenUp, staged, listed, archive, path, contents } = await world();
    const manifest = await takenUp();
    expect(manifest).toMatchObject({
      session: main,
      epoch: 4,
      createdAt: new Date(archive.modifiedAt).toISOString(),
      login: null,
      copy: { method: 'unknown', pause: null },
      evidence,
    });
    expect(manifest.files.map((file) => file.path).sort()).toEqual(Object.keys(filesOf('theirs')).sort());
    expect(await listed()).toMatchObject([{ id: manifest.id, marks: ['demoted'] }]);
    expect(await staged()).toEqual([]);
    expect((await readFile(path)).equals(contents)).toBe(true);
  });

  it('comes after every other one on the ladder, and is the way back where there is no other', async () => {
    const { takenUp, tools, request, profile, write, layout } = await world();
    const ours = (await takeBackup(await request('ours'), tools)).manifest;
    await takenUp();
    await write('wiped');
    const climbing = () => climb({ session: main, refuse: () => null, signal: never }, tools);
    expect(await climbing()).toMatchObject({ outcome: 'restored' });
    expect(await wordOf(profile)).toBe('ours');
    await writeFile(join(layout.vault, ours.archive.name), 'torn');
    expect(await climbing()).toMatchObject({ outcome: 'restored' });
    expect(await wordOf(profile)).toBe('theirs');
  });

  it('is never climbed to by itself', async () => {
    const { tools } = await world();
    const outcome = await climb({ session: main, refuse: () => null, signal: never }, tools);
    expect(outcome).toEqual({ outcome: 'none', passedOver: [] });
  });

  it.each<[string, readonly MadeEntry[], string]>([
    ['a link', [{ path: 'session-main/Default/IndexedDB/x', type: '2', linkpath: '/etc' }], 'SymbolicLink'],
    ['a hard link', [{ path: 'session-main/Default/IndexedDB/x', type: '1', linkpath: 'y' }], 'Link'],
    ['a device', [{ path: 'session-main/Default/Local Storage/x', type: '3' }], 'CharacterDevice'],
    [
      'a link for its directory',
      [{ path: 'session-main/Default', type: '2', linkpath: '/etc' }],
      'SymbolicLink',
    ],
    ['a path that leads elsewhere', [{ path: 'session-main/../x', body: 'x' }], '..'],
    ['a path that leads elsewhere behind a dot', [{ path: './../x', body: 'x' }], '..'],
    ['an absolute path', [{ path: '/etc/x', body: 'x' }], '/etc/x'],
    ['another session', [{ path: 'session-other/Default/x', body: 'x' }], 'more than one session'],
  ])('is refused with %s in it, and nothing of it stays', async (_what, entries, why) => {
    const { rehearsed, takenUp, staged, listed } = await world([...whole('theirs'), ...entries]);
    for (const doing of [rehearsed, takenUp])
      await expect(doing()).rejects.toMatchObject({
        code: 'backup_damaged',
        message: expect.stringContaining(why),
      });
    expect(await staged()).toEqual([]);
    expect(await listed()).toEqual([]);
  });

  it('is not taken up without a login', async () => {
    const { rehearsed, takenUp, listed, staged } = await world(whole('wiped'));
    expect(await rehearsed()).toMatchObject({ soundness: 'no_login' });
    await expect(takenUp()).rejects.toMatchObject({ code: 'profile_damaged' });
    expect(await listed()).toEqual([]);
    expect(await staged()).toEqual([]);
  });

  it('that is another one by the time that it is fetched is refused', async () => {
    const { rehearsed, path, staged } = await world();
    await writeFile(path, 'shorter');
    await expect(rehearsed()).rejects.toMatchObject({ code: 'backup_damaged' });
    expect(await staged()).toEqual([]);
  });

  it('leaves the floor to the browsers, however much comes out of it', async () => {
    const { rehearsed, disk, staged } = await world();
    const create = disk.createFileFrom.bind(disk);
    disk.createFileFrom = (path, chunks, label, options) => {
      // Somebody else fills the disk meanwhile.
      if (label === 'unpack:file') disk.free(1_000);
      return create(path, chunks, label, options);
    };
    await expect(rehearsed()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await staged()).toEqual([]);
  });

  it.each(['take-up:download', 'take-up:profile', 'take-up:archive', 'take-up:scratch', 'unpack:file'])(
    'is as it was where the disk dies at %s',
    async (label) => {
      const { rehearsed, disk, path, contents, listed, layout } = await world();
      disk.dieAt(label);
      await expect(rehearsed()).rejects.toThrow();
      disk.mend();
      expect((await readFile(path)).equals(contents)).toBe(true);
      expect(await listed()).toEqual([]);
      expect(await readdir(join(layout.vault, 'sessions'))).toEqual(['theirs.tar.gz']);
      expect(await rehearsed()).toMatchObject({ soundness: 'sound' });
    },
  );
});
