/** The way of a real profile into a vault and back: paired in a browser, damaged on the disk, and online again. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBackups } from '../../src/backup/catalogue.ts';
import type { BackupManifest } from '../../src/backup/manifest.ts';
import { takeBackup } from '../../src/backup/take-backup.ts';
import { verifyBackup } from '../../src/backup/verify-backup.ts';
import { whatsappWebProfile } from '../../src/engine/whatsapp-web/profile-layout.ts';
import { lastVersion } from '../../src/profile/verification/last-version.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { climb } from '../../src/restore/ladder.ts';
import type { RestoreTools } from '../../src/restore/tools.ts';
import { sessionId } from '../../src/session/id.ts';
import { copyClosedProfile } from '../../src/snapshot/closed-profile.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { DirectoryVault } from '../../src/vault/directory-vault.ts';
import { profilePath, type VolumeLayout, volumeLayout } from '../../src/volume/layout.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { scratchDirectory } from '../simulator/test-browser.ts';
import { TestClient } from '../simulator/test-client.ts';
import { PairedProfile } from '../simulator/test-profile.ts';

const session = sessionId('test');
const never = new AbortController().signal;
const leveldb = 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb';

let simulator: Simulator;
let scratch: AsyncDisposable & { path: string };
let template: PairedProfile;

beforeAll(async () => {
  [simulator, scratch] = await Promise.all([startSimulator(), scratchDirectory()]);
  template = await PairedProfile.make(simulator, scratch.path);
});

afterAll(async () => {
  await simulator.close();
  await scratch[Symbol.asyncDispose]();
});

/** A volume with the paired session, closed. */
async function volume() {
  const layout = volumeLayout(await mkdtemp(join(scratch.path, 'volume-')));
  for (const path of [layout.ours, layout.quarantine]) await mkdir(path, { recursive: true });
  await cp(await template.copy(), layout.sessions, { recursive: true, verbatimSymlinks: true });
  const disk = new LinuxDisk();
  const profile = profilePath(layout, session);
  const browser = await lastVersion(profile, never);
  const tools: RestoreTools = {
    layout,
    disk,
    clock: systemClock,
    processes: new LinuxProcesses(),
    vault: new DirectoryVault({ path: layout.vault, disk, clock: systemClock, onVolume: true }),
    engine: { name: 'whatsapp-web', layout: whatsappWebProfile },
    verify: verifyProfile,
    encryption: null,
    floor: 0,
    browserVersion: async () => browser,
  };
  return { layout, tools, profile, browser };
}

async function backUp(
  { tools, profile, layout, browser }: Awaited<ReturnType<typeof volume>>,
  copiedAt = systemClock.now(),
): Promise<BackupManifest> {
  await mkdir(layout.staging, { recursive: true });
  const directory = join(layout.staging, 'copy');
  await copyClosedProfile({
    profile,
    target: directory,
    layout: whatsappWebProfile,
    disk: tools.disk,
    signal: never,
  });
  const { manifest, warnings } = await takeBackup(
    {
      session,
      epoch: 1,
      login: null,
      phone: null,
      versions: { library: '1.34.7', browser, web: null },
      copy: { method: 'closed', pause: null },
      copiedAt,
      directory,
      expected: null,
      signal: never,
    },
    tools,
  );
  expect(warnings).toEqual([]);
  await rm(directory, { recursive: true });
  return manifest;
}

const climbing = (tools: RestoreTools) => climb({ session, refuse: () => null, signal: never }, tools);

/** Online without a QR, with all that the page had stored. */
async function isOnline({ sessions }: VolumeLayout): Promise<void> {
  await using client = await TestClient.start(simulator.chromiumArgs, sessions);
  await client.event('ready');
  expect(client.count('qr')).toBe(0);
  expect(await simulator.control.readAll({ target: 'all' })).not.toHaveProperty('error');
}

describe('a session whose profile', () => {
  const ways: readonly (readonly [string, (profile: string) => Promise<unknown>])[] = [
    ['is gone', (profile) => rm(profile, { recursive: true })],
    ['lost its IndexedDB', (profile) => rm(join(profile, 'Default/IndexedDB'), { recursive: true })],
    ['lost a CURRENT', (profile) => rm(join(profile, leveldb, 'CURRENT'))],
    [
      'was torn',
      async (profile) => {
        const manifest = (await readFile(join(profile, leveldb, 'CURRENT'), 'utf8')).trim();
        await truncate(join(profile, leveldb, manifest), 20);
      },
    ],
  ];

  it.each(ways)('%s is online again from its backup', async (_how, damage) => {
    const world = await volume();
    const { tools, profile, layout } = world;
    const manifest = await backUp(world);
    await damage(profile);
    const look = await verifyProfile(profile, {
      layout: whatsappWebProfile,
      depth: 'structural',
      expected: manifest.evidence,
      scratch: layout.staging,
      signal: never,
    });
    expect(look.soundness).toMatch(/absent|damaged/);
    const outcome = await climbing(tools);
    expect(outcome).toMatchObject({
      outcome: 'restored',
      restored: { backup: { id: manifest.id } },
      passedOver: [],
    });
    expect(await readdir(layout.staging)).toEqual([]);
    await isOnline(layout);
  });
});

it('the newest backup that is sound is taken, and each one before it is said to be damaged', async () => {
  const world = await volume();
  const { tools, layout } = world;
  const first = await backUp(world);
  const second = await backUp(world, systemClock.now() + 60_000);
  const path = join(layout.vault, second.archive.name);
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x20;
  await writeFile(path, bytes);
  expect(await verifyBackup(second, { signal: never }, tools)).toMatchObject({ soundness: 'damaged' });
  expect(await verifyBackup(first, { signal: never }, tools)).toMatchObject({
    soundness: 'sound',
    warnings: [],
  });
  const outcome = await climbing(tools);
  expect(outcome).toMatchObject({
    outcome: 'restored',
    restored: { backup: { id: first.id } },
    passedOver: [{ id: second.id, damaged: true }],
  });
  expect((await listBackups(tools.vault, session, never)).map(({ id }) => id)).toEqual([second.id, first.id]);
  await isOnline(layout);
});

it('what went to quarantine is a login still', async () => {
  const world = await volume();
  const { tools, layout } = world;
  await backUp(world);
  const outcome = await climbing(tools);
  if (outcome.outcome !== 'restored' || !outcome.restored.quarantined)
    throw new Error('nothing was replaced');
  const { quarantined } = outcome.restored;
  expect(await readdir(quarantined)).toEqual(['Default']);
  await rm(profilePath(layout, session), { recursive: true });
  await cp(quarantined, profilePath(layout, session), { recursive: true });
  await isOnline(layout);
});
