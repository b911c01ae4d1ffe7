/** Browsers that are not ours, on the profile itself or on a copy of it: never two, never ping-pong. */
import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findChromium } from '../simulator/test-browser.ts';
import { TestClient } from '../simulator/test-client.ts';
import { allProcesses, send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { expectOnline } from './expectations.ts';
import { pairedCopy, pairedOnline } from './paired-volume.ts';
import type { Volume } from './volume.ts';

/** A browser that somebody else has started on the profile. */
async function strangerOn(volume: Volume): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const { executablePath, env } = await findChromium();
  const args = ['--headless=new', '--no-first-run', '--disable-gpu', '--disable-dev-shm-usage'];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const child = spawn(
    executablePath,
    [
      ...args,
      `--user-data-dir=${volume.profile()}`,
      '--remote-debugging-port=0',
      '--token=hunter2',
      'about:blank',
    ],
    { env: { ...env, TMPDIR: volume.temporary }, stdio: 'ignore', detached: true },
  );
  const pid = child.pid ?? 0;
  const end = async () => {
    send(pid, 'SIGTERM');
    await until(() => !allProcesses().some(({ group }) => group === pid), 'the end of the stranger');
  };
  onTestFinished(async () => void (await end().catch(() => send(-pid, 'SIGKILL'))));
  await until(() => volume.browsers('main').length === 1, 'the browser of a stranger');
  return { pid, end };
}

it('waits for a stranger’s browser on the profile to end, and harms it not', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  const stranger = await strangerOn(volume);
  const daemon = await rig.serve(volume);
  await daemon.until(({ reason }) => reason === 'profile_in_use', { what: 'the stranger noticed' });
  const listed = await rig.listed(volume);
  expect(listed).toMatchObject({ status: 'disconnected', reason: 'profile_in_use', wanted: 'online' });
  expect(listed.remedy).toMatch(/other program/);
  expect(listed.nextTry).not.toBeNull();
  expect(daemon.stdout).toContain(`pid ${stranger.pid}`);
  // Its other arguments are nobody's business.
  expect(daemon.stdout).not.toContain('hunter2');
  expect(volume.browsers('main').map(({ pid }) => pid)).toEqual([stranger.pid]);
  expect(volume.hosts()).toEqual([]);
  expect(rig.whatsapp.count('pageLoads')).toBe(0);
  await until(async () => (await daemon.request('/ready')).status === 200, '/ready');

  await stranger.end();
  await daemon.ready();
  await expectOnline(world, { restarts: 0 });
});

it('gives way to a copy of its profile, takes the device back once, and then asks a person', async () => {
  // Long enough for the library of the copy to listen by then: one that has missed the sync never does.
  const { daemon, device, rig, volume } = await pairedOnline(
    { VIGIL_WATCHDOG: '1s' },
    { syncDelayMs: 3_000 },
  );
  const { whatsapp } = rig;
  const elsewhere = rig.adopt(await volume.copy('elsewhere'));
  const dataPath = join(elsewhere.scratch, 'clients');
  await cp(elsewhere.profile(), join(dataPath, 'session-test'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.includes('Singleton'),
  });
  await using copy = await TestClient.start([...whatsapp.chromiumArgs], dataPath, {
    takeoverOnConflict: true,
    takeoverTimeoutMs: 500,
  });
  await daemon.until(({ status, reason }) => status === 'disconnected' && reason === 'conflict', {
    what: 'to give way',
  });
  expect(await rig.listed(volume)).toMatchObject({ status: 'disconnected', reason: 'conflict' });
  await until(() => volume.browsers('main').length === 0, 'no browser of ours');
  expect(whatsapp.count('conflicts')).toBe(1);
  expect((await whatsapp.control.state()).devices).toMatchObject([{ id: device, linked: true }]);

  // Before it is ready, nothing of it fights back.
  await copy.event('ready');
  // Sooner than it would by itself. The copy, which fights back, gets it again.
  await daemon.post('/api/sessions/main/start');
  await daemon.until(({ status }) => status === 'failed', { what: 'a failure' });
  const listed = await rig.listed(volume);
  expect(listed).toMatchObject({ status: 'failed', reason: 'conflict' });
  expect(listed.remedy).toMatch(/copy of this profile/);
  await until(() => volume.browsers('main').length === 0, 'no browser of ours');
  expect(whatsapp.count('conflicts')).toBeLessThanOrEqual(3);
  expect(whatsapp.count('qrPages')).toBe(0);
  expect(whatsapp.count('logouts')).toBe(0);
});
