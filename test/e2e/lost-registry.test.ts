/** The registry is a mirror: whatever becomes of it, the records on the volume say what is wanted. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sessionId } from '../../src/session/id.ts';
import { until } from '../support/until.ts';
import type { Daemon } from './daemon.ts';
import { expectOnline, expectUndisturbed } from './expectations.ts';
import { type PairedWorld, pairedCopy } from './paired-volume.ts';
import type { Volume } from './volume.ts';

const names = { VIGIL_SESSIONS: 'main,halted,gone' };

/** Beside the session that is wanted, one that a person stopped and one whose phone unlinked it. */
async function threeSessions(): Promise<PairedWorld> {
  const world = await pairedCopy();
  const { volume } = world;
  const record = await volume.record();
  await volume.writeRecord({ ...record, id: sessionId('halted'), wanted: 'stopped', phone: null });
  await volume.writeRecord({ ...record, id: sessionId('gone'), failure: 'logged_out', phone: null });
  return world;
}

async function forgetRegistry(volume: Volume): Promise<void> {
  const paths = await volume.registryPaths();
  expect(paths).not.toEqual([]);
  for (const path of paths) await rm(path);
}

async function garbleRegistry(volume: Volume): Promise<void> {
  await forgetRegistry(volume);
  await writeFile(volume.ours('registry.db'), 'no database at all\n'.repeat(2_000));
}

const booted = (daemon: Daemon) =>
  until(async () => (await daemon.request('/ready')).status === 200, 'the end of the boot pass', 60_000);

it.each([
  ['deleted', forgetRegistry],
  ['garbage', garbleRegistry],
])('starts what is wanted and nothing else when the registry is %s', async (_how, lose) => {
  const world = await threeSessions();
  const { rig, volume } = world;
  await lose(volume);
  const daemon = await rig.serve(volume, names);
  await daemon.ready();
  await booted(daemon);
  expect(await daemon.session('halted')).toMatchObject({ status: 'stopped', wanted: 'stopped' });
  expect(await daemon.session('gone')).toMatchObject({
    status: 'failed',
    reason: 'logged_out',
    remedy: expect.stringContaining('vigil pair gone'),
  });
  expect(volume.browsers('halted')).toEqual([]);
  expect(volume.browsers('gone')).toEqual([]);
  await expectOnline(world, { restarts: 0 });
  expect(await volume.registryPaths()).toContain(volume.ours('registry.db'));
});

it('does not start a session on a guess whose record is damaged and that nobody remembers', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  await forgetRegistry(volume);
  const damaged = '{"version":1,"id":"main","wanted":"onl';
  await writeFile(volume.recordPath(), damaged);
  const daemon = await rig.serve(volume);
  await booted(daemon);
  const listed = await rig.listed(volume);
  expect(listed).toMatchObject({ status: 'stopped', wanted: 'stopped' });
  expect(volume.processes().map(({ pid }) => pid)).toEqual([daemon.pid]);
  expect(rig.whatsapp.count('pageLoads')).toBe(0);
  const told = await daemon.line(
    (line) => line['level'] === 'error' && line['session'] === 'main',
    'a word about the record',
  );
  expect(await readFile(String(told['keptAs']), 'utf8')).toBe(damaged);
  expect
    .soft(listed.remedy, 'what a person can do')
    .toEqual(expect.stringMatching(/vigil (start|pair) main/));

  // The person decides; the profile is the old one.
  const { code, json, stderr } = await rig.cli(volume, ['start', 'main', '--json']);
  expect(code, stderr).toBe(0);
  expect(json).toMatchObject({ status: 'ready' });
  expect(await volume.quarantined()).toEqual([]);
  await expectOnline(world);
});

it('shows a session whose record is damaged without a daemon too', async () => {
  const { rig, volume } = await pairedCopy();
  await writeFile(volume.recordPath(), '\0\0\0\0');
  for (const _look of [1, 2]) {
    const listed = await rig.listed(volume);
    expect(listed).toMatchObject({ status: 'stopped' });
    expect(listed.remedy).not.toBeNull();
  }
  expectUndisturbed(rig.whatsapp);
});
