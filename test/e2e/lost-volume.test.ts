/** A volume that burns down, with a vault beyond it; and a second installation that was given the same settings. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { expectUndisturbed, rolledBack } from './expectations.ts';
import { pairedCopy } from './paired-volume.ts';

it('comes back whole on an empty volume, and a second installation opens nothing of it', async () => {
  const { rig, volume } = await pairedCopy();
  const vault = join(volume.scratch, 'vault');
  await rename(volume.ours('vault'), vault);
  const settings = { VIGIL_VAULT: `directory:${vault}`, VIGIL_SESSIONS: undefined };
  const daemon = await rig.serve(volume, settings);
  await daemon.ready();
  const set = await rig.cli(volume, ['config', 'main', '--set', 'presence=off']);
  expect(set.code).toBe(0);
  await until(
    async () =>
      (await readdir(join(vault, 'registry')).catch(() => [])).some((name) => name.endsWith('.json')),
    'a snapshot of the registry in the vault',
    60_000,
  );

  const staging = await rig.volume();
  const second = await rig.serve(staging, { ...settings, VIGIL_SESSIONS: 'main' });
  const refusal = await second.line(({ level }) => level === 'error', 'a refusal');
  expect(JSON.stringify(refusal)).toContain('belongs to another installation');
  expect(await second.sessions()).toEqual([]);
  expect((await second.request('/ready')).status).toBe(503);
  expect(staging.browsers('main')).toEqual([]);
  await second.stop();
  expect(rig.whatsapp.count('connects')).toBe(1);

  await daemon.stop();
  await rm(volume.root, { recursive: true });
  await mkdir(volume.root);
  const plan = await rig.cli(volume, ['recover', '--dry-run', '--json'], settings);
  expect(plan.json).toMatchObject({ done: false, sessions: [{ session: 'main', action: 'restore' }] });
  const after = await rig.serve(volume, { ...settings, VIGIL_TAKE_OVER: '1' });
  const view = await after.ready();
  expect(view.restored).not.toBeNull();
  expect((await volume.record()).settings).toEqual({ presence: false });
  // The backup is older than what WhatsApp has seen since.
  expectUndisturbed(rig.whatsapp, rolledBack);
  await after.stop();
});
