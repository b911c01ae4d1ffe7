import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { settle } from '../../test/doubles/fake-clock.ts';
import { HangingVault } from '../../test/doubles/hanging-vault.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { createLogger } from '../log.ts';
import type { SessionRecord } from '../session/record.ts';
import { VolumeUpgrades } from './upgrades.ts';

const later = '2026-02-01T00:00:00.000Z';

/** A profile that Chromium 156 wrote, with a backup that was taken while whatsapp-web.js 1.34.7 ran it. */
async function scene(library: string | null = '1.34.7', lastVersion = '156.0.8078.79') {
  const world = await backupWorld();
  await world.write('login');
  await writeFile(join(world.profile, 'Last Version'), lastVersion);
  const { manifest } = await takeBackup(await world.request('login'), world.tools);
  const log = createLogger({ level: 'silent', clock: world.clock, write: () => {} });
  const upgrades = (tools = world.tools) => new VolumeUpgrades(tools, async () => library, log);
  const record = (changes: Partial<SessionRecord> = {}) =>
    savedRecord(main, {
      backup: { id: manifest.id, at: manifest.createdAt },
      // It ran on after its backup.
      lastSeen: later,
      ...changes,
    });
  return { ...world, upgrades, record };
}

it('another Chromium is told by what the profile says who wrote it', async () => {
  const { upgrades, record } = await scene('1.34.7', '155.0.1.1');
  expect(await upgrades().before(record(), never)).toBe('Chromium 156 after 155');
});

it('another library is told by the newest backup', async () => {
  const { upgrades, record } = await scene('1.35.0');
  expect(await upgrades().before(record(), never)).toBe('whatsapp-web.js 1.35.0 after 1.34.7');
});

it.each([
  ['both are the same', '1.34.7', '156.0.1.1'],
  ['nobody knows of either', null, 'none'],
])('nothing is told where %s', async (_, library, lastVersion) => {
  const { upgrades, record } = await scene(library, lastVersion);
  expect(await upgrades().before(record(), never)).toBeNull();
});

it('nothing is told where the newest backup is of the profile as it lies there', async () => {
  const { upgrades, record } = await scene('1.35.0', '155.0.1.1');
  expect(await upgrades().before(record({ lastSeen: null }), never)).toBeNull();
});

it('it is told once: neither changes while the daemon runs', async () => {
  const { upgrades, record } = await scene('1.35.0');
  const one = upgrades();
  expect(await one.before(record(), never)).not.toBeNull();
  expect(await one.before(record(), never)).toBeNull();
});

it('a vault that hangs is waited for a moment, and by one session alone', async () => {
  const { upgrades, record, tools, clock } = await scene('1.35.0', '155.0.1.1');
  const vault = new HangingVault(tools.vault);
  vault.hang('list', 'get');
  const one = upgrades({ ...tools, vault });
  const same = savedRecord('same', { backup: record().backup, lastSeen: later });
  const told = one.before(same, never);
  // It looks at the disk first.
  while (vault.hung === 0) await settle();
  await clock.advance(5_000);
  expect(await told).toBeNull();
  // Another Chromium is known without it, and no backup could be kept.
  expect(await one.before(record(), never)).toBeNull();
});

it.each(['late', 'vault_unavailable', 'vault_refused'] as const)(
  'no session waits for a vault once a backup before an upgrade has found it away (%s)',
  async (how) => {
    const { upgrades, record } = await scene('1.35.0', '155.0.1.1');
    const one = upgrades();
    one.failed(how);
    expect(await one.before(record(), never)).toBeNull();
  },
);
