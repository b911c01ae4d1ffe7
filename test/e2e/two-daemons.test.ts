/** One daemon a volume, whoever else is started on it. */
import { expect, it } from 'vitest';
import { countBrowsers, expectOnline } from './expectations.ts';
import { pairedOnline } from './paired-volume.ts';

const waits = (line: Readonly<Record<string, unknown>>) =>
  String(line['msg']).startsWith('Waiting for the volume');

it('refuses to be the second, names the first, and touches nothing', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  const began = performance.now();
  const second = await rig.cli(volume, ['serve'], { VIGIL_LOCK_WAIT: '1s' });
  expect(second.code).toBe(75);
  expect(performance.now() - began).toBeGreaterThan(1_000);
  const name = `pid ${daemon.pid}`;
  expect(second.stderr).toContain(name);
  expect(second.stdout).toContain(`Waiting for the volume, which is held by \\"vigil serve\\" (${name}`);
  expect(daemon.end).toBeNull();

  const third = await rig.serve(volume, { VIGIL_LOCK_WAIT: '60s' });
  await third.line(waits, 'a word that it waits');
  expect(await third.stop()).toMatchObject({ code: 0 });
  expect(rig.whatsapp.count('connects')).toBe(1);
  await expectOnline(world, { restarts: 0 });
});

it('takes over from a first that is killed while it waits', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  const second = await rig.serve(volume, { VIGIL_LOCK_WAIT: '60s' });
  await second.line(waits, 'a word that it waits');
  const browsers = countBrowsers(volume);
  await daemon.crash();
  await second.ready();
  expect(browsers()).toBe(1);
  await expectOnline(world);
});

it('takes over from a first that ends in order', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  const second = await rig.serve(volume, { VIGIL_LOCK_WAIT: '60s' });
  await second.line(waits, 'a word that it waits');
  const browsers = countBrowsers(volume);
  expect(await daemon.stop()).toMatchObject({ code: 0 });
  await second.ready();
  expect(browsers()).toBe(1);
  await expectOnline(world, { restarts: 0 });
});
