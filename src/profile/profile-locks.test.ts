import { lstat, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { clearLocks, parseLockTarget, readLock } from './profile-locks.ts';

const processes = new LinuxProcesses();
const here = processes.hostname();

async function deadPid(): Promise<number> {
  const { pid, kill } = await decoy([]);
  await kill();
  return pid;
}

/** A profile as a killed browser leaves it, with its socket's directory in the system's temporary one. */
async function killedProfile(lock: string) {
  const profile = join(await scratchDirectory(), 'session-main');
  await mkdir(join(profile, 'Default'), { recursive: true });
  const sockets = await mkdtemp('/tmp/org.chromium.Chromium.');
  onTestFinished(() => rm(sockets, { recursive: true, force: true }));
  await writeFile(join(sockets, 'SingletonSocket'), '');
  await symlink('123456', join(sockets, 'SingletonCookie'));
  await symlink(lock, join(profile, 'SingletonLock'));
  await symlink('123456', join(profile, 'SingletonCookie'));
  await symlink(join(sockets, 'SingletonSocket'), join(profile, 'SingletonSocket'));
  return { profile, sockets };
}

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );
const clear = (profile: string) => clearLocks({ profile, processes, disk: new FaultyDisk() });

it.each([
  ['host-42', { host: 'host', pid: 42 }],
  ['my-host-name-42', { host: 'my-host-name', pid: 42 }],
  ['a--7', { host: 'a-', pid: 7 }],
  ['host', null],
  ['host-', null],
  ['-42', null],
  ['host-4x', null],
  ['', null],
])('reads the lock %j', (target, expected) => {
  expect(parseLockTarget(target)).toEqual(expected);
});

it('finds a lock although it points to nothing', async () => {
  const { profile } = await killedProfile('other-host-42');
  expect(await readLock(profile)).toEqual({ present: true, host: 'other-host', pid: 42 });
  expect(await readLock(join(profile, 'nothing'))).toBeNull();
});

describe('locks that are cleared', () => {
  it('go from the top and from Default, and nothing else goes', async () => {
    const { profile } = await killedProfile('other-host-42');
    await symlink('other-host-42', join(profile, 'Default', 'SingletonLock'));
    await writeFile(join(profile, 'Default', 'SingletonCookie'), 'a file, for once');
    await writeFile(join(profile, 'Default', 'Preferences'), '{}');
    await mkdir(join(profile, 'Default', 'IndexedDB'));
    await symlink('other-host-42', join(profile, 'Default', 'IndexedDB', 'SingletonLock'));
    await clear(profile);
    expect(await readdir(profile)).toEqual(['Default']);
    expect((await readdir(join(profile, 'Default'))).sort()).toEqual(['IndexedDB', 'Preferences']);
    expect(await readdir(join(profile, 'Default', 'IndexedDB'))).toEqual(['SingletonLock']);
  });

  it('may be cleared again, and where there is nothing', async () => {
    const { profile } = await killedProfile('other-host-42');
    await clear(profile);
    await clear(profile);
    await clear(join(profile, 'nothing'));
  });

  it('are not followed, and a directory in their place is not entered', async () => {
    const elsewhere = await scratchDirectory();
    await writeFile(join(elsewhere, 'SingletonLock'), 'precious');
    const profile = await scratchDirectory();
    await symlink(elsewhere, join(profile, 'Default'));
    await mkdir(join(profile, 'SingletonLock'));
    await writeFile(join(profile, 'SingletonLock', 'file'), 'precious');
    await symlink(join(elsewhere, 'SingletonLock'), join(profile, 'SingletonCookie'));
    await clear(profile);
    expect(await readdir(elsewhere)).toEqual(['SingletonLock']);
    expect(await readdir(join(profile, 'SingletonLock'))).toEqual(['file']);
    expect(await isThere(join(profile, 'SingletonCookie'))).toBe(false);
  });
});

describe('the directory of the socket', () => {
  it('goes when the browser that made it is dead', async () => {
    const { profile, sockets } = await killedProfile(`${here}-${await deadPid()}`);
    await clear(profile);
    expect(await isThere(sockets)).toBe(false);
  });

  it('goes when the pid was reused by something that is no browser', async () => {
    const { pid } = await decoy([]);
    const { profile, sockets } = await killedProfile(`${here}-${pid}`);
    await clear(profile);
    expect(await isThere(sockets)).toBe(false);
  });

  it('stays when the profile was copied from one whose browser lives', async () => {
    const { pid } = await decoy(['--user-data-dir=/somewhere/else']);
    const { profile, sockets } = await killedProfile(`${here}-${pid}`);
    await clear(profile);
    expect(await isThere(join(sockets, 'SingletonSocket'))).toBe(true);
    expect(await readdir(profile)).toEqual(['Default']);
  });

  it('stays when it is another host’s', async () => {
    const { profile, sockets } = await killedProfile('other-host-1');
    await clear(profile);
    expect(await isThere(sockets)).toBe(true);
  });

  it('stays when it holds anything else', async () => {
    const { profile, sockets } = await killedProfile(`${here}-${await deadPid()}`);
    await writeFile(join(sockets, 'precious'), '');
    await clear(profile);
    expect(await readdir(sockets)).toEqual(['precious']);
  });

  it.each([
    'SingletonSocket',
    'org.chromium.Chromium.abcdef/SingletonSocket',
    'org.chromium.Chromium.abc/SingletonSocket',
    'org.chromium.Chromium.abcdef/x/SingletonSocket',
  ])('is not taken for one that does not have Chromium’s form: %s', async (form) => {
    const outside = await scratchDirectory();
    const { profile } = await killedProfile(`${here}-${await deadPid()}`);
    await rm(join(profile, 'SingletonSocket'));
    await mkdir(join(outside, form, '..'), { recursive: true });
    await writeFile(join(outside, form), '');
    await symlink(join(outside, form), join(profile, 'SingletonSocket'));
    await clear(profile);
    expect(await isThere(join(outside, form))).toBe(true);
  });

  it('is not taken for one whose name is longer than Chromium’s', async () => {
    const { profile, sockets } = await killedProfile(`${here}-${await deadPid()}`);
    const other = `${sockets}x`;
    onTestFinished(() => rm(other, { recursive: true, force: true }));
    await rename(sockets, other);
    await rm(join(profile, 'SingletonSocket'));
    await symlink(join(other, 'SingletonSocket'), join(profile, 'SingletonSocket'));
    await clear(profile);
    expect(await isThere(join(other, 'SingletonSocket'))).toBe(true);
  });
});
