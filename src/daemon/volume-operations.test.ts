import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedHosts } from '../../test/doubles/scripted-hosts.ts';
import { account, savedRecord } from '../../test/doubles/session-world.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { loadSettings } from '../config/load.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { systemClock as clock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { composeRuntime } from './compose.ts';
import { VolumeOperations } from './volume-operations.ts';

const main = sessionId('main');

/** A real volume that no daemon runs on; hosts and browser are the test's. */
async function volume(...sessions: readonly SessionRecord[]) {
  const root = await scratchDirectory();
  const layout = volumeLayout(root);
  for (const path of [layout.sessions, layout.records, layout.quarantine, layout.logs])
    await mkdir(path, { recursive: true });
  const records = new RecordStore(layout, new LinuxDisk(), clock);
  for (const record of sessions) {
    await records.write(record);
    if (record.login !== 'none') await storeLogin(profilePath(layout, record.id));
  }
  const hosts = new ScriptedHosts();
  const { settings } = loadSettings({
    env: { VIGIL_VOLUME: root, VIGIL_SPACE_FLOOR: '1m', VIGIL_SEAL_AFTER: 'off' },
    cwd: root,
  });
  const runtimes = { started: 0, refusal: null as Error | null };
  const operations = new VolumeOperations(sessions, {
    clock,
    records,
    bot: settings.bot,
    startRuntime: async () => {
      if (runtimes.refusal) throw runtimes.refusal;
      runtimes.started++;
      return composeRuntime({
        settings,
        layout,
        env: {},
        clock,
        log: createLogger({ level: 'silent', clock, write: () => {} }),
        uid: 0,
        browserCaches: [],
        hosts,
        browsers: { get: async () => ({ executable: '/chromium', version: '156.0.0.0', args: [] }) },
      });
    },
  });
  onTestFinished(() => operations.close(5_000));
  const launched = (count = 1) => expect.poll(() => hosts.launched.length, { timeout: 20_000 }).toBe(count);
  return { layout, operations, hosts, runtimes, launched, onDisk: () => records.read(main) };
}

describe('on a volume without a daemon', () => {
  it('a start, a stop and a restart change what is wanted on the disk, and run nothing', async () => {
    const { operations, runtimes, onDisk } = await volume(savedRecord('main', { wanted: 'stopped' }));
    expect(await operations.start(main)).toMatchObject({ wanted: 'online', status: 'stopped' });
    expect(await onDisk()).toMatchObject({ wanted: 'online' });
    expect(await operations.stop(main)).toMatchObject({ wanted: 'stopped', status: 'stopped' });
    expect(await onDisk()).toMatchObject({ wanted: 'stopped' });
    expect(await operations.restart(main)).toMatchObject({ wanted: 'online' });
    expect(await onDisk()).toMatchObject({ wanted: 'online' });
    expect(runtimes.started).toBe(0);
  });

  it.each(['start', 'restart'] as const)('a %s clears a failure: it is a person who asks', async (verb) => {
    const { operations, onDisk } = await volume(savedRecord('main', { failure: 'banned' }));
    expect(await operations[verb](main)).toMatchObject({ status: 'stopped', reason: null });
    expect(await onDisk()).toMatchObject({ wanted: 'online', failure: null });
  });

  it('a stop calls off the restore that an earlier daemon has kept, and the session is what it was before', async () => {
    const dueRestore = { why: 'person', backup: 'b1', failure: 'logged_out' } as const;
    const { operations, onDisk } = await volume(savedRecord('main', { dueRestore }));
    expect(await operations.stop(main)).toMatchObject({ status: 'failed', reason: 'logged_out' });
    expect(await onDisk()).toMatchObject({ wanted: 'stopped', failure: 'logged_out', dueRestore: null });
  });

  it('nothing else of a record changes', async () => {
    const record = savedRecord('main', { wanted: 'stopped', phone: '4915100000000', restarts: 7 });
    const { operations, onDisk } = await volume(record);
    await operations.start(main);
    const found = await onDisk();
    expect(found).toEqual({ ...record, wanted: 'online', updatedAt: found?.updatedAt });
  });

  it('settings are changed one by one, and null removes one', async () => {
    const { operations, onDisk } = await volume(
      savedRecord('main', { settings: { heartbeat: 1_000, watchdog: 2_000, presence: false } }),
    );
    await operations.configure(main, { watchdog: null, activity: 3_000 });
    expect((await onDisk())?.settings).toEqual({ heartbeat: 1_000, presence: false, activity: 3_000 });
    await operations.configure(main, { heartbeat: null, activity: null, presence: null });
    expect((await onDisk())?.settings).toEqual({});
  });

  it('a bot is refused that nobody could load, and shown by its file’s name', async () => {
    const { operations, layout, onDisk } = await volume(savedRecord('main'));
    const bot = join(layout.root, 'bot.mjs');
    await expect(operations.configure(main, { bot })).rejects.toMatchObject({ code: 'usage' });
    expect((await onDisk())?.settings).toEqual({});
    await writeFile(bot, '');
    expect(await operations.configure(main, { bot })).toMatchObject({ bot: 'bot.mjs', botErrors: 0 });
    expect((await onDisk())?.settings).toEqual({ bot });
    expect(await operations.configure(main, { bot: false })).toMatchObject({ bot: null });
  });

  it('sessions are shown as their records tell, sorted', async () => {
    const { operations } = await volume(
      savedRecord('b', { failure: 'logged_out' }),
      savedRecord('a', { wanted: 'stopped' }),
    );
    expect(await operations.sessions()).toMatchObject([
      { id: 'a', status: 'stopped' },
      { id: 'b', status: 'failed', reason: 'logged_out' },
    ]);
  });

  it('a session that does not exist is not found, and not made', async () => {
    const { operations, layout, runtimes } = await volume(savedRecord('other'));
    const { signal } = new AbortController();
    const calls = [
      () => operations.session(main),
      () => operations.start(main),
      () => operations.stop(main),
      () => operations.restart(main),
      () => operations.logout(main),
      () => operations.configure(main, { heartbeat: 1_000 }),
      () => operations.pairing(main),
      () => operations.follow(main, signal)[Symbol.asyncIterator]().next(),
    ];
    for (const call of calls)
      await expect((async () => call())()).rejects.toMatchObject({ code: 'session_not_found' });
    expect(await readdir(layout.records)).toEqual(['other.json']);
    expect(runtimes.started).toBe(0);
  });

  it('a logout of a session that is linked to no phone is refused, and runs nothing', async () => {
    const { operations, runtimes } = await volume(savedRecord('main', { login: 'none' }));
    await expect(operations.logout(main)).rejects.toMatchObject({ code: 'session_refused', subject: 'main' });
    expect(runtimes.started).toBe(0);
  });

  it('there is nothing to close where nothing was started', async () => {
    const { operations, runtimes } = await volume(savedRecord('main'));
    await operations.close(1_000);
    expect(runtimes.started).toBe(0);
  });
});

describe('what needs a browser', () => {
  it('is run by this very process: a pairing, of a session that is made on the disk first', async () => {
    const { operations, hosts, launched, onDisk } = await volume();
    hosts.onLaunch = () => expect(existsSync(hosts.last.spec.sessionsRoot)).toBe(true);
    await operations.pair(main, { phone: null });
    expect(await onDisk()).toMatchObject({ id: 'main', wanted: 'online', login: 'none' });
    await launched();
    hosts.last.say({ type: 'qr', qr: 'one' });
    await expect.poll(async () => (await operations.pairing(main))?.qr).toBe('one');
    expect(await operations.session(main)).toMatchObject({ status: 'qr_ready' });
  });

  it('starts no other session that is wanted', async () => {
    const { operations, hosts, launched } = await volume(savedRecord('main'), savedRecord('other'));
    await operations.pair(main, { phone: null });
    await launched();
    await operations.close(5_000);
    expect(hosts.launched.map(({ spec }) => spec.session)).toEqual(['main']);
  });

  it('is closed at the end, and the session stays wanted', async () => {
    const { operations, hosts, launched, onDisk, runtimes } = await volume();
    await operations.pair(main, { phone: null });
    await launched();
    await operations.close(5_000);
    expect({ closed: hosts.last.closed, running: hosts.running }).toEqual({ closed: true, running: 0 });
    expect(await onDisk()).toMatchObject({ wanted: 'online' });
    expect(runtimes.started).toBe(1);
  });

  it('is a logout: the session is brought online, unlinked, closed, and its profile moved away', async () => {
    const { operations, hosts, launched, onDisk, layout } = await volume(
      savedRecord('main', { wanted: 'stopped' }),
    );
    const loggedOut = operations.logout(main);
    await launched();
    hosts.last.say({ type: 'ready', account, webVersion: null });
    expect(await loggedOut).toMatchObject({ status: 'stopped', phone: null });
    expect(hosts.running).toBe(0);
    await expect.poll(async () => (await onDisk())?.forfeited).toBe(false);
    expect(await onDisk()).toMatchObject({ wanted: 'stopped', login: 'none' });
    expect(await readdir(layout.sessions)).toEqual([]);
    expect(await readdir(layout.quarantine)).toHaveLength(1);
  });
});

describe('once it runs sessions itself', () => {
  async function online(...others: readonly SessionRecord[]) {
    const on = await volume(savedRecord('main'), ...others);
    await on.operations.pair(main, { phone: null });
    await on.launched();
    on.hosts.last.say({ type: 'ready', account, webVersion: null });
    await expect.poll(async () => (await on.operations.session(main)).status).toBe('ready');
    return on;
  }

  it('a stop ends the browser that runs here, and takes nothing back of what was learnt meanwhile', async () => {
    const { operations, hosts, onDisk } = await online();
    expect(await operations.stop(main)).toMatchObject({ wanted: 'stopped', status: 'stopped' });
    expect(hosts.running).toBe(0);
    expect(await onDisk()).toMatchObject({ wanted: 'stopped', phone: account.phone });
    expect((await onDisk())?.epoch).toBeGreaterThan(0);
  });

  it('a start and a restart are those of the session that runs', async () => {
    const { operations, hosts, launched, onDisk } = await online();
    const { epoch } = (await onDisk()) ?? { epoch: 0 };
    expect(await operations.start(main)).toMatchObject({ status: 'ready' });
    await operations.restart(main);
    await launched(2);
    expect(hosts.mostAtOnce).toBe(1);
    await expect.poll(async () => (await onDisk())?.epoch).toBeGreaterThanOrEqual(epoch);
    expect(await onDisk()).toMatchObject({ wanted: 'online', phone: account.phone });
  });

  it('settings are changed in the record as it is now', async () => {
    const { operations, onDisk } = await online();
    await operations.configure(main, { heartbeat: 5_000 });
    expect(await onDisk()).toMatchObject({ settings: { heartbeat: 5_000 }, phone: account.phone });
    await operations.stop(main);
    expect(await onDisk()).toMatchObject({ wanted: 'stopped', settings: { heartbeat: 5_000 } });
  });

  it('what was asked of another session just before counts', async () => {
    const { operations, onDisk } = await volume(savedRecord('main', { wanted: 'stopped' }));
    const configured = operations.configure(main, { heartbeat: 5_000 });
    const paired = operations.pair(sessionId('other'), { phone: null });
    await Promise.all([configured, paired]);
    await operations.start(main);
    expect(await onDisk()).toMatchObject({ wanted: 'online', settings: { heartbeat: 5_000 } });
  });

  it('a session that was paired here can be asked for like the others', async () => {
    const { operations, hosts, launched } = await volume();
    await operations.pair(main, { phone: null });
    await launched();
    hosts.last.say({ type: 'qr', qr: 'one' });
    const { signal } = new AbortController();
    const { value } = await operations.follow(main, signal)[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ event: 'status', session: { id: 'main' } });
    await expect(operations.logout(main)).rejects.toMatchObject({ code: 'session_refused' });
    await expect(operations.pairing(sessionId('other'))).rejects.toMatchObject({ code: 'session_not_found' });
  });
});

it('what cannot be run is tried anew, and nothing is made of it', async () => {
  const { layout, operations, runtimes, launched } = await volume();
  runtimes.refusal = new VigilError('engine_unusable', 'none');
  await expect(operations.pair(main, { phone: null })).rejects.toMatchObject({ code: 'engine_unusable' });
  expect(await readdir(layout.records)).toEqual([]);
  expect(await operations.sessions()).toEqual([]);
  runtimes.refusal = null;
  await operations.pair(main, { phone: null });
  await launched();
});
