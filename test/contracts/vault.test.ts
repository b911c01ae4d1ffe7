import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TimedVault } from '../../src/backup/timed-vault.ts';
import type { Vault } from '../../src/backup/vault.ts';
import type { Clock } from '../../src/system/clock.ts';
import { DirectoryVault } from '../../src/vault/directory-vault.ts';
import { FakeClock } from '../doubles/fake-clock.ts';
import { FaultyDisk } from '../doubles/faulty-disk.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { contents, source, type VaultUnderTest, vaultContract } from './vault.ts';

const mkfifo = (path: string) => promisify(execFile)('mkfifo', [path]);
const never = new AbortController().signal;
const name = 'sessions/main/object';

async function directoryVault({ onVolume = true } = {}) {
  const path = join(await scratchDirectory(), 'vault');
  const disk = new FaultyDisk();
  const clock = new FakeClock();
  const open = () => new DirectoryVault({ path, disk, clock, onVolume });
  return { path, disk, clock, open, vault: open() };
}

async function underTest(dressed: (vault: Vault, clock: Clock) => Vault): Promise<VaultUnderTest> {
  const { path, disk, clock, open } = await directoryVault();
  const elsewhere = join(await scratchDirectory(), 'mnt', 'vault');
  const missing = new DirectoryVault({ path: elsewhere, disk, clock, onVolume: false });
  const codes = { full: 'ENOSPC', forbidden: 'EACCES', down: 'EIO' };
  const vault = dressed(open(), clock);
  return {
    vault,
    missing: dressed(missing, clock),
    reopen: async () => dressed(open(), clock),
    blind: async () => {
      await rename(join(path, 'sessions', 'main'), join(path, 'elsewhere'));
      await symlink(join(path, 'elsewhere'), join(path, 'sessions', 'main'));
    },
    refuseWrites: async (how) => void disk.fail('vault:write:end', codes[how]),
    mend: async () => void disk.mend(),
    dieInPut: async (object, what) => {
      disk.dieAt('vault:rename');
      await expect(vault.put(object, what, never)).rejects.toThrow('dead');
      disk.mend();
    },
  };
}

vaultContract('directory', () => underTest((vault) => vault));
vaultContract('directory, within bounds', () => underTest((vault, clock) => new TimedVault(vault, clock)));

describe('a vault in a directory', () => {
  it('is for its owner only', async () => {
    const { vault, path } = await directoryVault();
    await vault.put(name, await source('a'), never);
    for (const one of ['.', 'sessions', 'sessions/main'])
      expect((await stat(join(path, one))).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
  });

  it('is made with the first put, each new directory flushed into the one that holds it', async () => {
    const { vault, disk } = await directoryVault({ onVolume: false });
    await vault.put(name, await source('a'), never);
    expect(disk.steps).toEqual([
      ...Array(3).fill(['vault:directory', 'vault:directory-sync']).flat(),
      ...['vault:write', 'vault:write:end', 'vault:rename', 'vault:sync'],
    ]);
  });

  it('is never an empty one when it is not there, but on the volume itself', async () => {
    const elsewhere = await directoryVault({ onVolume: false });
    await expect(elsewhere.vault.list('', never)).rejects.toMatchObject({ code: 'vault_unavailable' });
    await expect(elsewhere.vault.get(name, never)).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await (await directoryVault()).vault.list('', never)).toEqual([]);
  });

  it('is not made where even the directory that would hold it is missing', async () => {
    const path = join(await scratchDirectory(), 'unmounted', 'vault');
    const vault = new DirectoryVault({
      path,
      disk: new FaultyDisk(),
      clock: new FakeClock(),
      onVolume: false,
    });
    await expect(vault.put(name, await source('a'), never)).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
  });

  it('may be named through a link by a person, but is no link on our volume', async () => {
    const { vault, path } = await directoryVault();
    await vault.put(name, await source('a'), never);
    const link = join(await scratchDirectory(), 'link');
    await symlink(path, link);
    const options = { path: link, disk: new FaultyDisk(), clock: new FakeClock() };
    expect(await new DirectoryVault({ ...options, onVolume: false }).list('', never)).toHaveLength(1);
    await expect(new DirectoryVault({ ...options, onVolume: true }).list('', never)).rejects.toMatchObject({
      code: 'vault_refused',
    });
  });

  it('is not missed on the volume, where it is made with the first put', async () => {
    await (await directoryVault({ onVolume: true })).vault.check(never);
  });

  it('that this user may not write is none that can be used', async () => {
    const { vault, path } = await directoryVault();
    await vault.put(name, await source('a'), never);
    await chmod(path, 0o500);
    // Root may write everywhere.
    if (process.geteuid?.() === 0) await vault.check(never);
    else await expect(vault.check(never)).rejects.toMatchObject({ code: 'vault_refused' });
    await chmod(path, 0o700);
  });

  it('that is a file is none', async () => {
    const { vault, path } = await directoryVault();
    await writeFile(path, '');
    await expect(vault.check(never)).rejects.toMatchObject({ code: 'vault_refused' });
    await expect(vault.create(never)).rejects.toMatchObject({ code: 'vault_refused' });
    await expect(vault.list('', never)).rejects.toMatchObject({ code: 'vault_refused' });
    await expect(vault.put(name, await source('a'), never)).rejects.toMatchObject({ code: 'vault_refused' });
  });

  it('lists none of what cannot be an object, such as what a file system keeps for itself', async () => {
    const { vault, path } = await directoryVault();
    await vault.put(name, await source('a'), never);
    await mkdir(join(path, 'lost+found'));
    await writeFile(join(path, 'my notes.txt'), '');
    await mkdir(join(path, 'sessions', 'empty'));
    expect((await vault.list('', never)).map((object) => object.name)).toEqual([name]);
  });
});

describe('a link that was planted in a vault', () => {
  async function planted(at: string, to?: string) {
    const world = await directoryVault();
    const elsewhere = await scratchDirectory();
    await mkdir(join(elsewhere, 'main'));
    await writeFile(join(elsewhere, 'main', 'object'), 'theirs');
    await mkdir(join(world.path, at, '..'), { recursive: true });
    await symlink(to ?? elsewhere, join(world.path, at));
    const theirs = async () => ({
      names: (await readdir(elsewhere, { recursive: true })).sort(),
      text: String(
        await contents(new DirectoryVault({ ...world, path: elsewhere, onVolume: true }), 'main/object'),
      ),
    });
    return { ...world, elsewhere, theirs };
  }

  it.each([
    ['for a directory', 'sessions'],
    ['for the directory of a session', 'sessions/main'],
    ['for the object', 'sessions/main/object'],
  ])('%s is named, and never followed', async (_what, at) => {
    const { vault, theirs, path, elsewhere } = await planted(at);
    const before = await theirs();
    const refused = { code: 'vault_refused', message: expect.stringContaining(join(path, at)) };
    await expect(vault.put(name, await source('mine'), never)).rejects.toMatchObject(refused);
    await expect(vault.get(name, never)).rejects.toMatchObject(refused);
    await expect(vault.stat(name, never)).rejects.toMatchObject(refused);
    await expect(vault.remove(name, never)).rejects.toMatchObject(refused);
    if (at.endsWith('object'))
      expect(await vault.list('sessions/main/', never)).toMatchObject([
        { name, bytes: 0, problem: 'is a symbolic link, and none is followed' },
      ]);
    else await expect(vault.list('sessions/main/', never)).rejects.toMatchObject(refused);
    expect(await theirs()).toEqual(before);
    expect(await readdir(elsewhere)).toEqual(['main']);
  });

  it('and leads nowhere is named as well', async () => {
    const { vault } = await planted('sessions/main', '/nonexistent');
    expect(await vault.list('', never)).toMatchObject([
      { name: 'sessions/main', problem: 'is a symbolic link, and none is followed' },
    ]);
    await expect(vault.list('sessions/main/', never)).rejects.toMatchObject({ code: 'vault_refused' });
    await expect(vault.put(name, await source('mine'), never)).rejects.toMatchObject({
      code: 'vault_refused',
    });
  });
});

describe('what else is in the way in a vault', () => {
  /** Deeper than a path can be long: nobody can look into it, whatever the permissions. */
  async function bottomless(directory: string): Promise<() => Promise<void>> {
    const chain = Array.from({ length: 12 }, () => 'd'.repeat(200)).join('/');
    await mkdir(join(directory, 'upper', chain), { recursive: true });
    await mkdir(join(directory, 'lower', chain), { recursive: true });
    const below = join(directory, 'upper', chain, 'lower');
    await rename(join(directory, 'lower'), below);
    return () => rename(below, join(directory, 'lower'));
  }

  it('is listed with its problem, beside the objects', async () => {
    const { vault, path } = await directoryVault();
    await vault.put(name, await source('a'), never);
    const session = join(path, 'sessions', 'main');
    await symlink('/etc', join(session, 'link'));
    await mkfifo(join(session, 'pipe'));
    await mkdir(join(session, 'empty.json'));
    const undo = await bottomless(session);
    onTestFinished(undo);
    const found = await vault.list('sessions/main/', never);
    expect(found.map(({ name, problem }) => [name, problem])).toEqual([
      ['sessions/main/link', 'is a symbolic link, and none is followed'],
      ['sessions/main/object', null],
      ['sessions/main/pipe', 'is neither a file nor a directory'],
      [
        expect.stringMatching(/^sessions\/main\/upper\/d/),
        'is a directory that cannot be looked into (ENAMETOOLONG)',
      ],
    ]);
    for (const stray of ['link', 'pipe', 'empty.json'])
      await expect(vault.get(`sessions/main/${stray}`, never)).rejects.toMatchObject({
        code: 'vault_refused',
      });
  });

  it('is a file that this user may not read, which can be removed all the same', async () => {
    const { vault, path } = await directoryVault();
    await vault.put(name, await source('a'), never);
    await chmod(join(path, name), 0);
    expect(await vault.list('', never)).toMatchObject([{ name, problem: null }]);
    if (process.getuid?.() !== 0)
      await expect(vault.get(name, never)).rejects.toMatchObject({ code: 'vault_refused' });
    expect(await vault.remove(name, never)).toBe(true);
    expect(await vault.list('', never)).toEqual([]);
  });
});

describe('a put into a directory that dies', () => {
  it.each([
    'vault:directory',
    'vault:directory-sync',
    'vault:write',
    'vault:write:end',
    'vault:rename',
    'vault:sync',
  ])('at %s leaves the object or nothing, and the next one succeeds', async (step) => {
    const { vault, disk } = await directoryVault();
    disk.dieAt(step);
    await expect(vault.put(name, await source('whole'), never)).rejects.toThrow('dead');
    disk.mend();
    const found = await vault.list('', never);
    expect(found.map(({ bytes }) => bytes)).toEqual(step === 'vault:sync' ? [5] : []);
    await vault.put(name, await source('whole'), never);
    expect(String(await contents(vault, name))).toBe('whole');
  });

  it('leaves a file that is swept once nobody can be writing it any more', async () => {
    const { vault, disk, path, clock } = await directoryVault();
    disk.dieAt('vault:rename');
    await expect(vault.put(name, await source('half'), never)).rejects.toThrow('dead');
    disk.mend();
    const directory = join(path, 'sessions', 'main');
    const [left = ''] = await readdir(directory);
    const beginning = clock.now() / 1_000;
    await utimes(join(directory, left), beginning, beginning);
    await vault.put('sessions/main/first', await source('a'), never);
    expect(await readdir(directory)).toHaveLength(2);
    await clock.advance(3_600_001);
    await vault.put('sessions/main/second', await source('a'), never);
    expect((await readdir(directory)).sort()).toEqual(['first', 'second']);
  });

  it.each(['vault:directory', 'vault:write', 'vault:write:end', 'vault:rename', 'vault:sync'])(
    'for want of space at %s leaves no rest behind',
    async (step) => {
      const { vault, disk, path } = await directoryVault();
      disk.fail(step, 'ENOSPC');
      await expect(vault.put(name, await source('whole'), never)).rejects.toMatchObject({
        code: 'disk_full',
      });
      const files = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
      expect(files.filter((entry) => entry.isFile() && entry.name !== 'object')).toEqual([]);
    },
  );
});
