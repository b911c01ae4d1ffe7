/** A login that another program made, given to a daemon that runs: as RemoteAuth packs it, and as LocalAuth leaves it. */
import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { everythingOf } from '../doubles/source-bytes.ts';
import { packAsRemoteAuth } from './document-scenes.ts';
import { expectOnline, expectUndisturbed, rolledBack } from './expectations.ts';
import { rig } from './test-rig.ts';

const { root, device } = inject('pairedTemplate');

it('comes online with no QR from a zip and from a directory, and nothing of either is touched', async () => {
  const world = await rig({}, [device]);
  const volume = await world.volume();
  const old = join(volume.scratch, 'old');
  const directory = join(old, '.wwebjs_auth', 'session-main');
  await mkdir(dirname(directory), { recursive: true });
  await cp(join(root, 'whatsapp-sessions', 'session-main'), directory, {
    recursive: true,
    verbatimSymlinks: true,
  });
  const zip = join(old, 'RemoteAuth-main.zip');
  await rename(await packAsRemoteAuth(directory, 'main', join(volume.scratch, 'packing')), zip);
  // As a container leaves it that was stopped hard.
  await symlink('otherhost-4242', join(directory, 'SingletonLock'));
  const before = await everythingOf(old);

  const daemon = await world.serve(volume, { VIGIL_SESSIONS: undefined });
  await daemon.url();
  const first = await world.cli(volume, ['import', zip]);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toContain('main is online.\n');
  expectUndisturbed(world.whatsapp);
  // What WhatsApp has made of it, beside what was imported.
  await daemon.until(({ lastBackup }) => lastBackup !== null, { what: 'a backup of its own' });
  expect((await world.cli(volume, ['backups', 'main', '--json'])).json).toHaveLength(2);

  const twin = await world.cli(volume, ['import', directory, '--session', 'copy', '--stopped', '--json']);
  expect(twin).toMatchObject({ code: 4, json: { imports: [{ error: { code: 'session_refused' } }] } });
  expect(await daemon.session('copy')).toBeUndefined();

  const unasked = await world.cli(volume, ['import', directory, '--stopped']);
  expect(unasked).toMatchObject({ code: 2, stdout: '' });
  const locked = await world.cli(volume, ['import', directory, '--yes', '--json']);
  expect(locked).toMatchObject({ code: 75, json: { imports: [{ error: { code: 'profile_in_use' } }] } });
  const second = await world.cli(volume, ['import', directory, '--yes', '--stopped', '--json']);
  expect(second.code, second.stdout).toBe(0);
  expect(second.json).toMatchObject({
    imports: [{ error: null, result: { standing: 'login', quarantined: expect.stringContaining('main') } }],
  });
  await expectOnline({ rig: world, volume, device: `${device.phone}:${device.index}` }, {}, rolledBack);
  expect(await volume.quarantined()).toHaveLength(1);
  expect(await everythingOf(old)).toEqual(before);

  // What this very daemon runs on is nobody's to import.
  const running = await world.cli(volume, ['import', volume.profile(), '--session', 'copy', '--json']);
  expect(running).toMatchObject({ code: 4, json: { imports: [{ error: { code: 'import_unusable' } }] } });
  await daemon.stop();
});
