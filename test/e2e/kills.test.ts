/** Kill anything, at any moment: the session is online again without a QR, and never in two browsers. */
import { expect, it } from 'vitest';
import { renderersOf, send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { Daemon } from './daemon.ts';
import { countBrowsers, expectOnline, expectUndisturbed } from './expectations.ts';
import { pairedOnline, pairedPhone } from './paired-volume.ts';
import type { Volume } from './volume.ts';

function browserOf(volume: Volume) {
  const [browser] = volume.browsers('main');
  if (!browser) throw new Error('no browser runs');
  return browser;
}

function hostOf(volume: Volume) {
  const [host] = volume.hosts('main');
  if (!host) throw new Error('no host runs');
  return host;
}

/** From the signal on, as the daemon tells it. */
async function recoveredAfter(daemon: Daemon, kill: () => unknown) {
  const before = await daemon.session();
  if (before?.status !== 'ready') throw new Error(`not ready before: ${JSON.stringify(before)}`);
  const browsers = countBrowsers(daemon.volume);
  await kill();
  const after = await daemon.recovered(before);
  expect(browsers()).toBe(1);
  return after;
}

it('recovers from a killed browser', async () => {
  const world = await pairedOnline();
  const { daemon, volume } = world;
  const { pid } = browserOf(volume);
  const after = await recoveredAfter(daemon, () => send(pid, 'SIGKILL'));
  expect(after).toMatchObject({ restarts: 1, phone: pairedPhone });
  expect(browserOf(volume).pid).not.toBe(pid);
  await expectOnline(world, { restarts: 1 });
});

it('recovers from killed renderers', async () => {
  const world = await pairedOnline();
  const { daemon, volume } = world;
  const renderers = renderersOf(browserOf(volume));
  expect(renderers).not.toEqual([]);
  await recoveredAfter(daemon, () => renderers.map(({ pid }) => send(pid, 'SIGKILL')));
  await expectOnline(world, { restarts: 1 });
});

it('recovers from a killed host', async () => {
  const world = await pairedOnline();
  const { daemon, volume } = world;
  const { pid } = hostOf(volume);
  await recoveredAfter(daemon, () => send(pid, 'SIGKILL'));
  expect(hostOf(volume).pid).not.toBe(pid);
  await expectOnline(world, { restarts: 1 });
});

it('recovers from host and browser killed together', async () => {
  const world = await pairedOnline();
  const { daemon, volume } = world;
  const doomed = [browserOf(volume), hostOf(volume)];
  await recoveredAfter(daemon, () => doomed.map(({ pid }) => send(pid, 'SIGKILL')));
  await expectOnline(world, { restarts: 1 });
});

it('takes over from a killed daemon while its browser is still ending', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  const { pid } = browserOf(volume);
  const browsers = countBrowsers(volume);
  await daemon.crash();
  const next = await rig.serve(volume);
  await next.ready();
  expect(browsers()).toBe(1);
  expect(browserOf(volume).pid).not.toBe(pid);
  await expectOnline(world);
});

it('takes over from a killed daemon whose host and browser are frozen', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  const frozen = [hostOf(volume), browserOf(volume)];
  for (const { pid } of frozen) send(pid, 'SIGSTOP');
  await daemon.crash();
  const browsers = countBrowsers(volume);
  const next = await rig.serve(volume);
  await next.ready();
  expect(browsers()).toBe(1);
  const running = volume.processes().map(({ pid }) => pid);
  for (const { pid } of frozen) expect(running).not.toContain(pid);
  await expectOnline(world);
});

it('comes back after everything was killed at once', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  await daemon.crashAll();
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world);
});

it('leaves nothing running when the daemon is killed and none follows', async () => {
  const { daemon, rig, volume } = await pairedOnline();
  await daemon.crash();
  await until(() => volume.processes().length === 0, 'the end of host and browser', 10_000);
  expectUndisturbed(rig.whatsapp);
});

it('recovers from a page that crashes', async () => {
  const world = await pairedOnline();
  await recoveredAfter(world.daemon, () =>
    world.rig.whatsapp.control.crash({ target: { device: world.device } }),
  );
  await expectOnline(world, { restarts: 1 });
});

it('recovers from a page in an endless loop', async () => {
  const world = await pairedOnline({ VIGIL_WATCHDOG: '2s', VIGIL_PROBE_DEADLINE: '2s' });
  await recoveredAfter(world.daemon, () =>
    world.rig.whatsapp.control.hang({ target: { device: world.device } }),
  );
  await expectOnline(world, { restarts: 1 });
});

it('goes on in the same browser when the page loads itself anew', async () => {
  const world = await pairedOnline({ VIGIL_WATCHDOG: '1s' });
  const { daemon, rig, volume, device } = world;
  const { pid } = browserOf(volume);
  await rig.whatsapp.control.reload({ target: { device } });
  await until(() => rig.whatsapp.count('connects') === 2, 'a second connect');
  const reconnected = Date.now();
  await daemon.until(
    ({ state, lastSeen }) => state === 'online' && Date.parse(lastSeen ?? '') > reconnected,
    { what: 'to be seen online after the reload' },
  );
  expect(browserOf(volume).pid).toBe(pid);
  await expectOnline(world, { restarts: 0 });
});

it.each(['loud', 'silent'] as const)('waits out a connection that is lost (%s)', async (how) => {
  const world = await pairedOnline({ VIGIL_WATCHDOG: '1s' }, { pingMs: 500, pingTimeoutMs: 500 });
  const { daemon, rig, volume, device } = world;
  const { pid } = browserOf(volume);
  await rig.whatsapp.control.drop({ target: { device }, how });
  await daemon.until(({ status, reason }) => status === 'recovering' && reason === 'offline', {
    what: 'the lost connection noticed',
  });
  await rig.whatsapp.control.heal({ target: { device } });
  await daemon.ready();
  expect(browserOf(volume).pid).toBe(pid);
  await expectOnline(world, { restarts: 0 });
});
