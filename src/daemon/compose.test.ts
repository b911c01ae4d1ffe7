import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { HangingVault, type VaultCall } from '../../test/doubles/hanging-vault.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedHosts } from '../../test/doubles/scripted-hosts.ts';
import { account, savedRecord } from '../../test/doubles/session-world.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { loadSettings } from '../config/load.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import type { Work } from '../supervisor/backup-operations.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { DirectoryVault } from '../vault/directory-vault.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { composeRuntime } from './compose.ts';

const main = sessionId('main');
const never = new AbortController().signal;
/** For an answer, and what a small archive is given besides. */
const patience = 61_000;

/** The daemon's own composition over a real volume; the clock, the hosts and what the vault answers are the test's. */
async function daemon() {
  const root = await scratchDirectory();
  const { settings } = loadSettings({ env: { VIGIL_VOLUME: root, VIGIL_SPACE_FLOOR: '1m' }, cwd: root });
  const layout = volumeLayout(root);
  for (const path of [layout.sessions, layout.ours, layout.records, layout.quarantine, layout.logs])
    mkdirSync(path, { recursive: true });
  const profile = profilePath(layout, main);
  await storeLogin(profile);
  const clock = new FakeClock();
  const hosts = new ScriptedHosts();
  hosts.onLaunch = (host) => {
    host.copy = (target) => storeLogin(target);
  };
  const disk = new LinuxDisk();
  const vault = new HangingVault(new DirectoryVault({ path: layout.vault, disk, clock, onVolume: true }));
  const runtime = await composeRuntime({
    settings,
    layout,
    env: {},
    clock,
    log: createLogger({ level: 'silent', clock, write: () => {} }),
    uid: 0,
    browserCaches: [],
    hosts,
    browsers: { get: async () => ({ executable: '/chromium', version: '156.0.8078.79', args: [] }) },
    vault,
  });
  const { supervisor } = runtime;
  onTestFinished(async () => {
    const drained = supervisor.drain(5_000);
    await clock.advance(5_000);
    await drained;
    await runtime.close();
  });
  supervisor.take([savedRecord('main')], [], []);
  const view = () => supervisor.session(main);
  const status = (expected: object) => expect.poll(view, { timeout: 20_000 }).toMatchObject(expected);
  const online = async () => {
    await supervisor.start(main);
    await expect.poll(() => hosts.running, { timeout: 20_000 }).toBe(1);
    hosts.last.say({ type: 'ready', account, webVersion: null });
    await status({ status: 'ready' });
  };
  /** The call hangs, and the bound on it has passed. */
  const givenUp = async () => {
    await expect.poll(() => vault.hung, { timeout: 20_000 }).toBeGreaterThan(0);
    await clock.advance(patience);
  };
  return { runtime, supervisor, hosts, vault, profile, clock, status, view, online, givenUp };
}

async function outcome<T>(work: Work<T>): Promise<T> {
  for await (const step of work) if ('result' in step) return step.result;
  throw new Error('the work came to nothing');
}

/** A backup is there, and the profile is gone. */
async function burnt() {
  const world = await daemon();
  await world.online();
  await expect.poll(async () => (await world.view()).lastBackup, { timeout: 20_000 }).not.toBeNull();
  await world.supervisor.stop(main);
  await rm(world.profile, { recursive: true });
  return world;
}

describe('a vault that hangs', () => {
  it.each<VaultCall>(['list', 'get', 'stream'])(
    '(%s) has a session whose profile is gone rest, and come back once it answers',
    async (call) => {
      const { supervisor, hosts, vault, status, givenUp, clock } = await burnt();
      vault.hang(call);
      await supervisor.start(main);
      await givenUp();
      await status({ status: 'disconnected', reason: 'vault_unreachable', wanted: 'online' });
      expect(hosts.running).toBe(0);
      vault.mend();
      const { nextTry } = await supervisor.session(main);
      await clock.advance(Date.parse(nextTry ?? '') - clock.now());
      await expect.poll(() => hosts.running, { timeout: 20_000 }).toBe(1);
    },
  );

  it.each<VaultCall>(['list', 'get', 'stream', 'put'])(
    '(%s) fails a backup in time and leaves the session online',
    async (call) => {
      const { runtime, vault, online, status, givenUp } = await daemon();
      vault.hang(call);
      await online();
      const taking = expect(outcome(runtime.backups.backup(main, never))).rejects.toMatchObject({
        code: 'vault_unavailable',
        message: expect.stringContaining('did not answer for'),
      });
      await givenUp();
      await taking;
      await status({ status: 'ready' });
    },
  );

  it.each<VaultCall>(['list', 'remove'])('(%s) ends a purge in time', async (call) => {
    const { runtime, vault, givenUp } = await burnt();
    vault.hang(call);
    const purging = expect(outcome(runtime.backups.purge(main, never))).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
    await givenUp();
    await purging;
  });

  it.each<VaultCall>(['list', 'get', 'stream'])('(%s) ends a look at what it holds in time', async (call) => {
    const { runtime, vault, givenUp } = await burnt();
    vault.hang(call);
    const listing = expect(runtime.backups.backups(null)).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
    await givenUp();
    await listing;
  });
});
