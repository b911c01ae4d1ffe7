/** A volume that was killed off one machine and turns up on another: locks of the dead do not count. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readlink, rm, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { expectOnline } from './expectations.ts';
import { pairedOnline } from './paired-volume.ts';
import type { Volume } from './volume.ts';

const lockNames = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];

/** As Chromium of another machine, or an older one, leaves them: links to nothing. */
async function forgeLocks(volume: Volume, owner: string): Promise<void> {
  for (const directory of [volume.profile(), join(volume.profile(), 'Default')]) {
    for (const name of lockNames) await rm(join(directory, name), { force: true });
    await symlink(owner, join(directory, 'SingletonLock'));
    await symlink('12345678901234567890', join(directory, 'SingletonCookie'));
    await symlink('/tmp/org.chromium.Chromium.gone42/SingletonSocket', join(directory, 'SingletonSocket'));
  }
}

/** Those of the browser that runs now, and no others. */
async function expectOwnLocks(volume: Volume): Promise<void> {
  const [browser] = volume.browsers('main');
  expect(await readlink(join(volume.profile(), 'SingletonLock'))).toBe(`${hostname()}-${browser?.pid}`);
  for (const name of lockNames)
    await expect(lstat(join(volume.profile(), 'Default', name)), name).rejects.toThrow('ENOENT');
}

it('starts on a profile that was locked on another host', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  await daemon.crashAll();
  await forgeLocks(volume, 'otherhost-4242');
  const next = await rig.serve(volume);
  await next.ready();
  await expectOwnLocks(volume);
  await expectOnline(world);
});

it('starts beside a process that has the pid of the lock, and leaves it alone', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  await daemon.crashAll();
  const decoy = spawn('sleep', ['300'], { stdio: 'ignore' });
  onTestFinished(() => void decoy.kill('SIGKILL'));
  await once(decoy, 'spawn');
  await forgeLocks(volume, `${hostname()}-${decoy.pid}`);
  const next = await rig.serve(volume);
  await next.ready();
  await expectOwnLocks(volume);
  await expectOnline(world);
  expect([decoy.exitCode, decoy.signalCode]).toEqual([null, null]);
});

it('runs as a copy at another path, locks of the killed original included', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume, device } = world;
  await daemon.crashAll();
  await forgeLocks(volume, 'otherhost-4242');
  const copy = rig.adopt(await volume.copy('moved here'));
  const next = await rig.serve(copy);
  await next.ready();
  await expectOwnLocks(copy);
  await expectOnline({ rig, volume: copy, device });
  expect(await next.stop()).toMatchObject({ code: 0 });
  expect(volume.processes()).toEqual([]);
});
