/** A volume that is lost, and a vault beyond it that two installations can reach: the daemon's own composition. */
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedHosts } from '../../test/doubles/scripted-hosts.ts';
import { account, savedRecord } from '../../test/doubles/session-world.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { loadSettings } from '../config/load.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import type { Work } from '../supervisor/backup-operations.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { boot } from './boot.ts';
import { composeRuntime } from './compose.ts';

const main = sessionId('main');
const sales = sessionId('sales');
const never = new AbortController().signal;
const patient = { timeout: 20_000 };
const hour = 3_600_000;

/** A daemon on a new volume; `vault` lies beyond it. */
async function daemon(vault: string, env: Record<string, string> = {}, serving = true) {
  const root = await scratchDirectory();
  const all = { VIGIL_VOLUME: root, VIGIL_VAULT: `directory:${vault}`, VIGIL_SPACE_FLOOR: '1m', ...env };
  const { settings } = loadSettings({ env: all, cwd: root });
  const layout = volumeLayout(root);
  for (const path of [layout.sessions, layout.ours, layout.records, layout.quarantine, layout.logs])
    mkdirSync(path, { recursive: true });
  const clock = new FakeClock();
  const hosts = new ScriptedHosts();
  hosts.onLaunch = (host) => {
    host.copy = (target) => storeLogin(target);
  };
  const lines: string[] = [];
  const log = createLogger({ level: 'info', clock, write: (line) => void lines.push(line) });
  const runtime = await composeRuntime({
    settings,
    layout,
    env: {},
    clock,
    log,
    uid: 0,
    serving,
    browserCaches: [],
    hosts,
    browsers: { get: async () => ({ executable: '/chromium', version: '156.0.8078.79', args: [] }) },
  });
  const { supervisor } = runtime;
  const ended = new AbortController();
  onTestFinished(async () => {
    ended.abort();
    const drained = supervisor.drain(5_000);
    await clock.advance(5_000);
    await drained;
    await runtime.close();
  });
  return {
    runtime,
    supervisor,
    hosts,
    clock,
    layout,
    lines,
    start: () =>
      boot(runtime, { settings, env: {}, clock, log, first: null, signal: ended.signal }).catch((error) => {
        if (!ended.signal.aborted) throw error;
      }),
    said: (what: RegExp) => expect.poll(() => lines.join(''), patient).toMatch(what),
    recover: (takeOver: boolean, dryRun = false) =>
      outcome(runtime.backups.recover({ sessions: null, takeOver, dryRun }, never)),
    statuses: async () =>
      Object.fromEntries(
        (await supervisor.sessions()).map(({ id, status, reason }) => [
          id,
          status === 'failed' ? reason : status,
        ]),
      ),
  };
}

async function outcome<T>(work: Work<T>): Promise<T> {
  for await (const step of work) if ('result' in step) return step.result;
  throw new Error('the work came to nothing');
}

async function emptyVault(): Promise<string> {
  const vault = join(await scratchDirectory(), 'vault');
  await mkdir(vault);
  return vault;
}

/** An installation with a session online and backed up, one that is stopped and one that was unlinked; then a snapshot. */
async function installation(vault: string) {
  const one = await daemon(vault);
  await storeLogin(profilePath(one.layout, main));
  for (const record of [
    savedRecord('main', { settings: { presence: false } }),
    savedRecord('sales', { wanted: 'stopped' }),
    savedRecord('old', { failure: 'logged_out', login: 'none' }),
  ]) {
    await one.runtime.records.write(record);
  }
  await one.start();
  await expect.poll(() => one.hosts.running, patient).toBe(1);
  one.hosts.last.say({ type: 'ready', account, webVersion: null });
  await expect.poll(async () => (await one.supervisor.session(main)).lastBackup, patient).not.toBeNull();
  one.runtime.snapshots?.start();
  await one.clock.advance(10_000);
  await expect.poll(() => manifests(vault), patient).toHaveLength(1);
  return one;
}

async function manifests(vault: string): Promise<readonly string[]> {
  const names = await readdir(join(vault, 'registry')).catch(() => []);
  return names.filter((name) => name.endsWith('.json'));
}

/** As if whoever wrote there had said nothing since. */
async function silent(vault: string, ms: number): Promise<void> {
  const at = new Date(Date.now() - ms);
  for (const name of await readdir(join(vault, 'owners'))) await utimes(join(vault, 'owners', name), at, at);
}

const expected = { main: 'recovering', sales: 'stopped', old: 'logged_out' };

describe('a daemon on an empty volume', () => {
  it('goes on with a recovery that was broken off, and makes none of the missing ones anew', async () => {
    const vault = await emptyVault();
    await (await installation(vault)).runtime.close();
    await silent(vault, 25 * hour);
    const killed = await daemon(vault);
    const write = killed.runtime.records.write.bind(killed.runtime.records);
    let left = 1;
    killed.runtime.records.write = async (record) => {
      if (left-- <= 0) throw new Error('killed');
      await write(record);
    };
    await killed.start();
    await killed.said(/no session is made yet/);
    expect(await readdir(killed.layout.records)).toHaveLength(1);
    // The next start, of the same volume.
    killed.runtime.records.write = write;
    await killed.start();
    await expect.poll(killed.statuses, patient).toEqual(expected);
    await expect.poll(() => killed.runtime.recovery.isUnderWay(), patient).toBe(false);
    expect(await manifests(vault)).toHaveLength(1);
  });

  it('starts nothing while another installation owns the vault, and says whose it is', async () => {
    const vault = await emptyVault();
    await installation(vault);
    const staging = await daemon(vault, { VIGIL_SESSIONS: 'main' });
    await staging.start();
    await staging.said(/belongs to another installation: no session/);
    expect(await staging.statuses()).toEqual({});
    expect(staging.hosts.launched).toEqual([]);
    expect(staging.supervisor.ready).toBe(false);
    expect(staging.runtime.incidents.of(main)).toMatchObject([{ cause: 'vault_owned' }]);
    expect(await readdir(staging.layout.records)).toEqual([]);
    // Nobody has taken anything: the owner goes on.
    expect(await readdir(join(vault, 'owners'))).toHaveLength(1);
  });

  it('brings everything back by itself once the owner has been silent for a day, also without a restart', async () => {
    const vault = await emptyVault();
    await installation(vault);
    const after = await daemon(vault);
    await after.start();
    await after.said(/belongs to another installation: no session/);
    expect(await after.statuses()).toEqual({});
    await silent(vault, 25 * hour);
    await after.clock.advance(hour);
    await expect.poll(() => after.hosts.running, patient).toBe(1);
    expect(await after.statuses()).toEqual(expected);
    expect((await after.runtime.records.readAll()).records.find(({ id }) => id === main)).toMatchObject({
      settings: { presence: false },
    });
    after.hosts.last.say({ type: 'ready', account, webVersion: null });
    await expect.poll(() => after.supervisor.ready, patient).toBe(true);
    expect(after.hosts.launched).toHaveLength(1);
  });

  it('does so at once where a person says it', async () => {
    const vault = await emptyVault();
    const burnt = await installation(vault);
    const after = await daemon(vault, { VIGIL_TAKE_OVER: '1' });
    await after.start();
    await expect.poll(() => after.hosts.running, patient).toBe(1);
    expect(await after.statuses()).toEqual(expected);
    // The one that was not gone finds that it has lost the vault: it writes nothing more, and runs nothing of it.
    await burnt.clock.advance(2 * 60_000);
    await expect(outcome(burnt.runtime.backups.backup(main, never))).rejects.toMatchObject({
      code: 'vault_owned',
    });
    await expect.poll(() => burnt.hosts.running, patient).toBe(0);
    expect(await burnt.supervisor.session(main)).toMatchObject({ reason: 'vault_owned', wanted: 'online' });
  });

  it('makes what the settings ask for where the vault holds nothing', async () => {
    const first = await daemon(await emptyVault(), { VIGIL_SESSIONS: 'main' });
    await first.start();
    await expect.poll(() => first.hosts.running, patient).toBe(1);
  });

  it('shows no QR while nobody knows what the vault holds, and goes on once its disk is there', async () => {
    const vault = await emptyVault();
    const missing = join(vault, 'mount');
    const first = await daemon(missing, { VIGIL_SESSIONS: 'main' });
    await first.start();
    await first.said(/nobody knows what the vault holds/);
    expect(await first.statuses()).toEqual({});
    expect(await readdir(vault)).toEqual([]);
    await mkdir(missing);
    await first.clock.advance(60_000);
    await expect.poll(() => first.hosts.running, patient).toBe(1);
  });
});

describe('a daemon on a volume that has only some of the sessions that are asked for', () => {
  it('asks the vault for the others, and makes anew what it has nothing of', async () => {
    const vault = await emptyVault();
    await (await installation(vault)).runtime.close();
    await silent(vault, 25 * hour);
    const after = await daemon(vault, { VIGIL_SESSIONS: 'other,main,fresh' });
    await after.runtime.records.write(savedRecord('other', { wanted: 'stopped' }));
    await after.start();
    await expect
      .poll(after.statuses, patient)
      .toEqual({ other: 'stopped', main: 'recovering', fresh: expect.any(String) });
    await expect.poll(async () => (await after.supervisor.session(main)).restored, patient).not.toBeNull();
    expect(await after.runtime.recovery.isUnderWay()).toBe(false);
  });

  it('starts what is there and none of the others while another installation owns the vault', async () => {
    const vault = await emptyVault();
    await installation(vault);
    const after = await daemon(vault, { VIGIL_SESSIONS: 'other,main' });
    await after.runtime.records.write(savedRecord('other'));
    await storeLogin(profilePath(after.layout, sessionId('other')));
    await after.start();
    await after.said(/has nothing of main, and the vault belongs to another installation/);
    await expect.poll(() => after.hosts.launched.length, patient).toBe(1);
    expect(Object.keys(await after.statuses())).toEqual(['other']);
  });
});

describe('vigil recover', () => {
  it('shows what would come back, and whose the vault is, and changes nothing', async () => {
    const vault = await emptyVault();
    await installation(vault);
    const after = await daemon(vault, {}, false);
    const plan = await after.recover(false, true);
    expect(plan).toMatchObject({
      done: false,
      owner: { installation: expect.any(String), host: expect.any(String) },
      snapshot: { id: expect.any(String) },
      sessions: [
        { session: 'main', action: 'restore', phone: `…${account.phone?.slice(-3)}` },
        { session: 'old', action: 'failed', failure: 'logged_out' },
        { session: 'sales', action: 'stopped' },
      ],
    });
    expect(await readdir(after.layout.records)).toEqual([]);
    await expect(after.recover(false)).rejects.toMatchObject({ code: 'vault_owned' });
    expect(await readdir(after.layout.records)).toEqual([]);
  });

  it('without a daemon leaves the start to the next one, and what is there alone', async () => {
    const vault = await emptyVault();
    await installation(vault);
    const after = await daemon(vault, {}, false);
    const kept = savedRecord('sales', { wanted: 'online' });
    await after.runtime.records.write(kept);
    after.supervisor.take([kept]);
    expect(await after.recover(true)).toMatchObject({
      done: true,
      sessions: [{ action: 'restore' }, { action: 'failed' }, { session: sales, action: 'there' }],
    });
    expect(after.hosts.launched).toEqual([]);
    const { records } = await after.runtime.records.readAll();
    expect(records.map(({ id, wanted, failure }) => [id, failure ?? wanted])).toEqual([
      ['main', 'online'],
      ['old', 'logged_out'],
      ['sales', 'online'],
    ]);
  });

  it('in a daemon that waits for a word starts what came back', async () => {
    const vault = await emptyVault();
    await installation(vault);
    const after = await daemon(vault);
    await after.start();
    await after.said(/belongs to another installation: no session/);
    await after.recover(true);
    await expect.poll(() => after.hosts.running, patient).toBe(1);
    expect(await after.statuses()).toEqual(expected);
  });
});
