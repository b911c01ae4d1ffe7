/** Backups as people use them: taken from a living session, listed, put back, looked at, erased. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BackupView } from '../../src/supervisor/backup-operations.ts';
import { allBlocks } from '../support/document-commands.ts';
import { browsersOn, send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { type } from './document-scenes.ts';
import { expectOnline, expectUndisturbed, rolledBack } from './expectations.ts';
import { pairedCopy, pairedOnline } from './paired-volume.ts';

it('is taken from a session that goes on meanwhile', async () => {
  const world = await pairedOnline();
  const { rig, volume, daemon } = world;
  const taken = await rig.cli(volume, ['backup', 'main', '--json']);
  expect(taken).toMatchObject({ code: 0, json: { session: 'main', state: 'verified', method: 'frozen' } });
  const listed = await rig.cli(volume, ['backups', 'main', '--json']);
  expect((listed.json as readonly BackupView[]).map(({ state }) => state)).toEqual(['verified', 'verified']);
  expect((listed.json as readonly BackupView[])[0]).toEqual(taken.json);
  expect((await daemon.session())?.lastBackup).toBe((taken.json as BackupView).takenAt);
  await expectOnline(world);
  expect(rig.whatsapp.count('connects')).toBe(1);
});

it('is put back by hand, and what was there is kept', async () => {
  const world = await pairedOnline();
  const { rig, volume } = world;
  const { json } = await rig.cli(volume, ['backups', '--json']);
  const [backup] = json as readonly BackupView[];
  const rehearsed = await rig.cli(volume, ['restore', 'main', '--dry-run', '--json']);
  expect(rehearsed).toMatchObject({ code: 0, json: { dryRun: true, quarantined: null } });
  expect(rig.whatsapp.count('connects')).toBe(1);
  const restored = await rig.cli(volume, [
    'restore',
    'main',
    '--backup',
    backup?.id ?? '',
    '--yes',
    '--json',
  ]);
  expect(restored).toMatchObject({ code: 0 });
  expect(await readdir(volume.ours('quarantine', 'main'))).toHaveLength(1);
  await expectOnline(world, {}, rolledBack);
});

it('gives way again to the profile that it replaced, by the commands of the manual', async () => {
  const world = await pairedOnline();
  const { rig, volume, daemon } = world;
  const before = await stat(volume.profile());
  await rig.cli(volume, ['restore', 'main', '--yes']);
  await expectOnline(world, {}, rolledBack);
  const [replaced = ''] = await volume.quarantined();
  const recipe = allBlocks().find(({ scene }) => scene === 'quarantined');
  const script = (recipe?.commands ?? []).join('\n').replace('20261122T164207Z-replaced', replaced);
  const { code, output } = await type(script.replaceAll('data/', `${volume.root}/`), volume, rig);
  expect(code, output).toBe(0);
  await daemon.ready();
  expect((await stat(volume.profile())).ino).toBe(before.ino);
  expect(await volume.quarantined()).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z-byhand$/)]);
  expect(rig.whatsapp.count('qrPages')).toBe(0);
});

it('is put back, looked at and taken without a daemon', async () => {
  const { rig, volume } = await pairedCopy();
  expect(await rig.cli(volume, ['stop', 'main'])).toMatchObject({ code: 0 });
  expect(await rig.cli(volume, ['backup', 'main', '--json'])).toMatchObject({
    code: 0,
    json: { method: 'closed' },
  });
  const good = await rig.cli(volume, ['verify', '--json']);
  expect(good).toMatchObject({
    code: 0,
    json: [{ session: 'main', profile: { soundness: 'sound' }, backup: { soundness: 'sound' } }],
  });
  await rm(join(volume.profile(), 'Default', 'Local Storage'), { recursive: true });
  const bad = await rig.cli(volume, ['verify', 'main', '--json']);
  expect(bad.code).toBe(4);
  expect(await rig.cli(volume, ['restore', 'main', '--yes', '--json'])).toMatchObject({ code: 0 });
  expect(await rig.listed(volume)).toMatchObject({ status: 'stopped', wanted: 'stopped' });
  expect((await rig.cli(volume, ['verify', 'main', '--json'])).code).toBe(0);
  expect(rig.whatsapp.count('connects')).toBe(0);
});

it('is refused where there is no login to back up', async () => {
  const { rig, volume } = await pairedCopy();
  await rig.cli(volume, ['stop', 'main']);
  await rm(join(volume.profile(), 'Default', 'IndexedDB'), { recursive: true });
  const { code, stderr } = await rig.cli(volume, ['backup', 'main']);
  expect(code).toBe(4);
  expect(stderr).toMatch(/IndexedDB/);
  const { json } = await rig.cli(volume, ['backups', 'main', '--json']);
  expect(json).toHaveLength(1);
});

it('goes with everything else of a session that is purged', async () => {
  const { rig, volume } = await pairedOnline();
  const refused = await rig.cli(volume, ['purge', 'main']);
  expect(refused.code).toBe(2);
  expectUndisturbed(rig.whatsapp);
  expect(await rig.cli(volume, ['purge', 'main', '--yes', '--json'])).toMatchObject({ code: 0 });
  expect(await rig.cli(volume, ['sessions', '--json'])).toMatchObject({ json: [] });
  expect(await rig.cli(volume, ['backups', '--json'])).toMatchObject({ json: [] });
  expect(await readdir(join(volume.root, 'whatsapp-sessions'))).toEqual([]);
  expect(await readdir(volume.ours('audit'))).toHaveLength(1);
});

it.each([0, 150, 400, 900])('leaves old or new when all is killed %i ms into a restore', async (delay) => {
  const world = await pairedOnline();
  const { rig, volume, daemon } = world;
  const restoring = await rig.run(volume, ['restore', 'main', '--yes', '--json']);
  await daemon.transition('preparing → launching', { nth: 1 });
  await daemon.transition('online → stopping');
  await new Promise((resolve) => setTimeout(resolve, delay));
  await daemon.crashAll();
  await restoring.exit();
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world, {}, rolledBack);
  expect(await readdir(volume.ours('restores'))).toEqual([]);
  expect(await readdir(volume.ours('staging'))).toEqual([]);
});

it('is drilled beside its session, which WhatsApp never hears of, and leaves nothing when the daemon is killed', async () => {
  const world = await pairedOnline();
  const { rig, volume, daemon } = world;
  const staging = volume.ours('staging');
  const pageLoads = rig.whatsapp.count('pageLoads');
  const drilled = await rig.cli(volume, ['drill', 'main', '--json']);
  expect(drilled).toMatchObject({ code: 0, json: { passed: true, problem: null, warnings: [] } });
  const { json } = await rig.cli(volume, ['backups', 'main', '--json']);
  expect((json as readonly BackupView[])[0]).toMatchObject({
    state: 'verified',
    drilledAt: expect.any(String),
  });
  expect(rig.whatsapp.count('pageLoads')).toBe(pageLoads);
  expect(await readdir(staging)).toEqual([]);
  const again = await rig.run(volume, ['drill', 'main', '--json']);
  const browser = await until(() => browsersOn(staging)[0], 'the browser of the drill');
  // What stands still does not notice that its daemon is gone.
  send(browser.pid, 'SIGSTOP');
  await daemon.crash();
  expect(await again.exit()).toMatchObject({ code: 69 });
  expect(browsersOn(staging)).toHaveLength(1);
  const next = await rig.serve(volume);
  await next.ready();
  expect(browsersOn(staging)).toEqual([]);
  expect(await readdir(staging)).toEqual([]);
  await expectOnline(world);
});

it('is kept by a daemon that ends before it is in place, which says so, and carried out by the next one', async () => {
  const world = await pairedOnline();
  const { rig, volume, daemon } = world;
  const restoring = await rig.run(volume, ['restore', 'main', '--yes', '--json']);
  await daemon.transition('preparing → launching', { nth: 1 });
  await daemon.transition('online → stopping');
  expect(await daemon.stop()).toMatchObject({ code: 0 });
  expect(await restoring.exit()).toMatchObject({ code: 69 });
  expect(JSON.parse(restoring.stdout).error).toMatchObject({
    code: 'daemon_unavailable',
    message: expect.stringContaining("is kept, and carried out at the daemon's next start"),
  });
  const next = await rig.serve(volume);
  expect((await next.ready()).restored).not.toBeNull();
  await expectOnline(world, {}, rolledBack);
});

it.each([0, 60, 200])('leaves no half backup when all is killed %i ms into one', async (delay) => {
  const world = await pairedOnline();
  const { rig, volume, daemon } = world;
  const taking = await rig.run(volume, ['backup', 'main', '--json']);
  await new Promise((resolve) => setTimeout(resolve, 350 + delay));
  await daemon.crashAll();
  await taking.exit();
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world);
  const { json } = await rig.cli(volume, ['backups', 'main', '--json']);
  for (const { state } of json as readonly BackupView[]) expect(state).toBe('verified');
  expect((await readdir(volume.ours('staging'))).filter((name) => name.startsWith('backup-'))).toEqual([]);
});
