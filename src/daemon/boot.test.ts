import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { caseless } from '../../test/doubles/caseless.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedHosts } from '../../test/doubles/scripted-hosts.ts';
import { loadSettings } from '../config/load.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import { systemClock } from '../system/clock.ts';
import type { Look } from '../volume/distinct-id.ts';
import { recordPath, volumeLayout } from '../volume/layout.ts';
import { boot } from './boot.ts';
import { composeRuntime } from './compose.ts';
import type { Browsers } from './runtime.ts';

const main = sessionId('main');
const found: Browsers = { get: async () => ({ executable: '/chromium', version: '150.0.0.0', args: [] }) };

/** The daemon's own composition over a real volume; hosts and browser are the caller's. */
async function daemon(env: Record<string, string> = {}, browsers: Browsers = found, look?: Look) {
  const root = await scratchDirectory();
  const { settings } = loadSettings({ env: { VIGIL_VOLUME: root, ...env }, cwd: root });
  const layout = volumeLayout(root);
  for (const path of [layout.sessions, layout.ours, layout.records, layout.quarantine, layout.logs])
    mkdirSync(path, { recursive: true });
  const hosts = new ScriptedHosts();
  const lines: string[] = [];
  const log = createLogger({ level: 'info', clock: systemClock, write: (line) => void lines.push(line) });
  const runtime = await composeRuntime({
    settings,
    layout,
    env: {},
    clock: systemClock,
    log,
    uid: 0,
    browserCaches: [],
    hosts,
    browsers,
    ...(look ? { look } : {}),
  });
  onTestFinished(async () => {
    await runtime.supervisor.drain(5_000);
    await runtime.close();
  });
  const start = (first: typeof main | null = null, signal = new AbortController().signal) =>
    boot(runtime, { settings, env: {}, clock: systemClock, log, first, signal });
  return { layout, hosts, lines, runtime, start };
}

test('what the settings ask for is on the disk before it is started', async () => {
  const { layout, hosts, start } = await daemon({ VIGIL_SESSIONS: 'main,sales' });
  await start();
  expect(existsSync(recordPath(layout, main))).toBe(true);
  await expect.poll(() => hosts.launched.map(({ spec }) => spec.session).sort()).toEqual(['main', 'sales']);
});

test('a first session is made where there is none, and only there', async () => {
  const empty = await daemon();
  await empty.start(main);
  expect((await empty.runtime.supervisor.sessions()).map(({ id }) => id)).toEqual(['main']);
  const other = await daemon({ VIGIL_SESSIONS: 'sales' });
  await other.start(main);
  expect((await other.runtime.supervisor.sessions()).map(({ id }) => id)).toEqual(['sales']);
});

test('nothing is started without a browser', async () => {
  const none: Browsers = { get: () => Promise.reject(new VigilError('chromium_too_old', 'none')) };
  const { hosts, start, runtime } = await daemon({ VIGIL_SESSIONS: 'main' }, none);
  await expect(start()).rejects.toThrow('none');
  expect(hosts.launched).toEqual([]);
  // It is there all the same for whoever asks.
  expect(await runtime.supervisor.sessions()).toMatchObject([{ id: 'main', status: 'stopped' }]);
});

test('nothing is started with a library that cannot be used', async () => {
  const { hosts, start } = await daemon({ VIGIL_SESSIONS: 'main', VIGIL_WWEBJS: '/nonexistent/library' });
  await expect(start()).rejects.toMatchObject({ code: 'engine_unusable', exit: 69 });
  expect(hosts.launched).toEqual([]);
});

test('a record that cannot be used is left as it is, and its session stopped', async () => {
  const { layout, hosts, lines, start, runtime } = await daemon();
  const newer = JSON.stringify({ ...newRecord(main, 0), version: 2, wanted: 'online' });
  writeFileSync(recordPath(layout, main), newer);
  await start();
  expect(await runtime.supervisor.session(main)).toMatchObject({ status: 'stopped', wanted: 'stopped' });
  expect(readFileSync(recordPath(layout, main), 'utf8')).toBe(newer);
  expect(lines.join()).toContain('cannot be used');
  expect(hosts.launched).toEqual([]);
});

test('ids that differ by capitals alone are two sessions, where the volume can tell them apart', async () => {
  const { start, runtime } = await daemon({ VIGIL_SESSIONS: 'main,Main' });
  await start();
  expect((await runtime.supervisor.sessions()).map(({ id }) => id)).toEqual(['Main', 'main']);
  expect((await runtime.supervisor.pair(sessionId('MAIN'), { phone: null })).id).toBe('MAIN');
});

test('a session that the volume cannot tell from another is not made, and the others start', async () => {
  const { layout, hosts, lines, start, runtime } = await daemon(
    { VIGIL_SESSIONS: 'main,Main' },
    found,
    caseless,
  );
  await start();
  expect((await runtime.supervisor.sessions()).map(({ id }) => id)).toEqual(['main']);
  expect(lines.filter((line) => line.includes('session_refused'))).toHaveLength(1);
  await expect.poll(() => hosts.launched.map(({ spec }) => spec.session)).toEqual(['main']);
  const one = sessionId('other');
  const twin = sessionId('Other');
  const pair = (id: typeof main) => runtime.supervisor.pair(id, { phone: null });
  await expect(pair(sessionId('MAIN'))).rejects.toMatchObject({ code: 'session_refused', subject: 'MAIN' });
  const paired = await Promise.allSettled([pair(one), pair(twin)]);
  expect(paired.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect([one, twin].map((id) => existsSync(recordPath(layout, id)))).toEqual([true, false]);
});
