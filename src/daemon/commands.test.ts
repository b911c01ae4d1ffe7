/** Whole command lines over a real volume, in this process; no daemon runs unless a test starts one. */
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedTerminal } from '../../test/doubles/scripted-cli.ts';
import { run } from '../cli/run.ts';
import { loadSettings } from '../config/load.ts';
import { connectControl } from '../control/control-client.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import { formatRecord } from '../session/record-format.ts';
import { systemClock } from '../system/clock.ts';
import { logPath, profilePath, recordPath, type VolumeLayout, volumeLayout } from '../volume/layout.ts';
import { commandContext } from './command-context.ts';
import { serve } from './serve.ts';

const main = sessionId('main');
let layout: VolumeLayout;

beforeEach(async () => {
  layout = volumeLayout(await scratchDirectory());
});

class Stream extends EventEmitter {
  readonly terminal = new ScriptedTerminal();
  readonly write = (text: string) => this.terminal.write(text);
}

/** A process of this user's, with streams of its own. */
async function vigil(line: string, env: Record<string, string> = {}) {
  const stdout = new Stream();
  const stderr = new Stream();
  const own = { stdout, stderr, env: { VIGIL_VOLUME: layout.root, ...env }, once: () => {} };
  const itself = Object.create(process, Object.getOwnPropertyDescriptors(own));
  const exit = await run(
    line.split(' '),
    commandContext({ process: itself, version: '1.2.3', root: layout.root }),
  );
  return { exit, stdout: stdout.terminal.text, stderr: stderr.terminal.text };
}

/** A daemon on the volume, which has no session yet and so needs no more of a browser than its version. */
async function daemon(env: Record<string, string>): Promise<void> {
  const browser = join(layout.root, 'browser');
  writeFileSync(browser, '#!/bin/sh\necho Chromium 150.0.0.0\n', { mode: 0o755 });
  const given = {
    VIGIL_VOLUME: layout.root,
    PORT: '0',
    PUPPETEER_EXECUTABLE_PATH: browser,
    VIGIL_CHROMIUM_SANDBOX: 'off',
    ...env,
  };
  for (const path of [layout.sessions, layout.ours, layout.records]) mkdirSync(path, { recursive: true });
  const stop = new AbortController();
  const lines: string[] = [];
  const ended = serve({
    loaded: loadSettings({ env: given, cwd: layout.root }),
    layout,
    env: {},
    clock: systemClock,
    log: createLogger({ level: 'info', clock: systemClock, write: (line) => void lines.push(line) }),
    version: '1.2.3',
    uid: 0,
    browserCaches: [],
    stop: stop.signal,
    force: new AbortController().signal,
    firstSession: null,
    present: () => () => {},
  });
  onTestFinished(async () => {
    stop.abort();
    expect(await ended).toBe(0);
  });
  await expect.poll(() => lines.join(), { timeout: 20_000 }).toContain('Starting the sessions');
}

function leave(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe('a session that nobody knows', () => {
  it.each(['logs main', 'logs main --follow', 'config main', 'config main --set heartbeat=2m', 'stop main'])(
    'is not found by `%s`',
    async (line) => {
      const { exit, stdout } = await vigil(`${line} --json`);
      expect([exit, JSON.parse(stdout).error.code]).toEqual([3, 'session_not_found']);
    },
  );

  it('is not known yet by its log directory alone, but by its record or its log', async () => {
    leave(logPath(layout, sessionId('other')), '');
    expect((await vigil('logs main')).exit).toBe(3);
    leave(recordPath(layout, main), formatRecord(newRecord(main, 0)));
    expect(await vigil('logs main')).toMatchObject({
      exit: 0,
      stdout: 'Nothing has been logged for main yet.\n',
    });
    expect((await vigil('logs other')).exit).toBe(0);
    expect((await vigil('config main')).exit).toBe(0);
  });
});

describe('beside a daemon', () => {
  it('`config` shows the settings that the daemon runs with, and nothing secret', async () => {
    await daemon({ VIGIL_HEARTBEAT: '7m', VIGIL_API_KEY: 'canary-canary-canary' });
    const { exit, stdout } = await vigil('config --json', { VIGIL_HEARTBEAT: '3m' });
    expect(exit).toBe(0);
    const rows = JSON.parse(stdout);
    expect(rows).toContainEqual(expect.objectContaining({ name: 'VIGIL_HEARTBEAT', value: '7m' }));
    expect(rows).toContainEqual(expect.objectContaining({ name: 'VIGIL_API_KEY', value: '********' }));
    expect(stdout).not.toContain('canary');
    expect((await vigil('config')).stdout).toContain('The daemon on this volume runs with these.');
  });

  it('`config` of a session falls back on the settings of the daemon', async () => {
    await daemon({ VIGIL_HEARTBEAT: '7m', VIGIL_PRESENCE: 'off' });
    const record = { ...newRecord(main, 0), settings: { watchdog: 90_000 } };
    leave(recordPath(layout, main), formatRecord(record));
    expect(JSON.parse((await vigil('config main --json')).stdout)).toEqual([
      { name: 'heartbeat', value: '7m', source: 'daemon' },
      { name: 'watchdog', value: '1m30s', source: 'session main' },
      { name: 'activity', value: '30s', source: 'daemon' },
      { name: 'presence', value: 'off', source: 'daemon' },
      { name: 'bot', value: null, source: 'daemon' },
    ]);
  });

  it('the address of its pages is the one that it really listens on', async () => {
    await daemon({ PORT: '0', VIGIL_HOST: '127.0.0.1' });
    const client = await connectControl(layout, systemClock);
    expect(client?.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
    expect((await fetch(new URL('/health', client?.url ?? ''))).status).toBe(200);
    // Nobody else is told.
    const health = await fetch(new URL('/health', client?.url ?? ''), { headers: { host: 'localhost' } });
    expect(await health.text()).not.toContain('url');
    expect((await fetch(new URL('/api/settings', client?.url ?? ''))).status).toBe(404);
  });
});

it('without a daemon `config` says whose settings it shows', async () => {
  const { stdout } = await vigil('config', { VIGIL_HEARTBEAT: '3m' });
  expect(stdout).toMatch(/VIGIL_HEARTBEAT +3m +VIGIL_HEARTBEAT/);
  expect(stdout).toContain('No daemon runs on this volume');
});

describe('a restore that a crash left half done', () => {
  const backup = '20260101T000000Z-1-0123456789ab';
  const staged = 'restore-main-0123456789ab';
  const quarantine = '20260101T000000Z-replaced';

  /** Between its renames: what was there is in quarantine, and what is to come still lies in staging. */
  function interrupted(journal: object = {}): void {
    leave(recordPath(layout, main), formatRecord({ ...newRecord(main, 0), login: 'settled' }));
    leave(join(layout.staging, staged, 'profile', 'Default', 'it'), 'new');
    leave(join(layout.quarantine, main, quarantine, 'Default', 'it'), 'old');
    mkdirSync(layout.sessions, { recursive: true });
    const written = {
      version: 1,
      session: main,
      backup: { id: backup, at: '2026-01-01T00:00:00.000Z' },
      staged,
      quarantine,
      evidence: { loginKeys: ['last-wid-md'], databases: [] },
      ...journal,
    };
    leave(join(layout.restores, 'main.json'), JSON.stringify(written));
  }
  const inPlace = () => readFileSync(join(profilePath(layout, main), 'Default', 'it'), 'utf8');

  it.each(['sessions', 'sessions --json', 'stop main --json', 'backups main'])(
    'is ended by `%s`, which says so beside its result',
    async (line) => {
      interrupted();
      const { stdout, stderr, exit } = await vigil(line);
      expect(exit).toBe(0);
      expect(stderr).toContain(
        `The restore of main to backup ${backup}, which was interrupted, has been completed. What was there is in quarantine: ${join(layout.quarantine, main, quarantine)}\n`,
      );
      expect(stdout).not.toContain('interrupted');
      expect(inPlace()).toBe('new');
      expect(await vigil('sessions')).toMatchObject({ stderr: '' });
      expect(readFileSync(logPath(layout, main), 'utf8')).toMatch(/"outcome":"completed".*interrupted/);
    },
  );

  it('is undone where what was to come is gone', async () => {
    interrupted();
    rmSync(join(layout.staging, staged), { recursive: true });
    expect((await vigil('sessions')).stderr).toBe(
      `The restore of main to backup ${backup}, which was interrupted, has been undone: its profile is what it was.\n`,
    );
    expect(inPlace()).toBe('old');
  });

  it('is told of where nobody can say what it was', async () => {
    interrupted({ staged: '../../etc' });
    expect((await vigil('sessions')).stderr).toMatch(
      /^A restore of main was interrupted, and its journal cannot be used \(.*staged\)\. It was set aside as .*main\.json\.damaged-.*\n$/,
    );
    expect(inPlace()).toBe('old');
  });

  it('is told of where the disk does not let it end', async () => {
    interrupted({ quarantine: null });
    leave(profilePath(layout, main), 'in the way');
    const { stderr, exit } = await vigil('sessions');
    expect(exit).toBe(0);
    expect(stderr).toMatch(
      /^A restore of main was interrupted and cannot be ended; it is tried again before main starts: .*\n$/,
    );
  });
});

describe('a record that cannot be used', () => {
  beforeEach(() => leave(recordPath(layout, main), '{"half":'));

  it('is told on standard error, and its session is stopped, with what to do', async () => {
    const { exit, stdout, stderr } = await vigil('sessions --json');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        id: 'main',
        status: 'stopped',
        wanted: 'stopped',
        reason: 'record_unusable',
        remedy: expect.stringMatching(/it is not JSON.*`vigil start main`/),
      },
    ]);
    expect(stderr).toMatch(/"level":"error".*it is not JSON/);
    // Until a person has decided, every command says so.
    expect((await vigil('sessions')).stdout).toContain('cannot be used, so it is kept stopped');
  });

  it('gives way to a new one once a person decides', async () => {
    expect((await vigil('start main --json')).exit).toBe(0);
    expect(JSON.parse(readFileSync(recordPath(layout, main), 'utf8'))).toMatchObject({ wanted: 'online' });
    const { stdout, stderr } = await vigil('sessions --json');
    expect(JSON.parse(stdout)).toMatchObject([{ reason: null, remedy: null, wanted: 'online' }]);
    expect(stderr).toBe('');
  });

  it('of a newer version is never written over, whatever is asked', async () => {
    const newer = JSON.stringify({ ...newRecord(main, 0), version: 2 });
    leave(recordPath(layout, main), newer);
    expect(JSON.parse((await vigil('sessions --json')).stdout)).toMatchObject([
      { reason: 'record_unusable', status: 'stopped' },
    ]);
    for (const verb of ['start', 'stop', 'pair', 'logout', 'config --set heartbeat=2m'])
      expect((await vigil(`${verb} main --json`)).exit).toBe(4);
    expect(readFileSync(recordPath(layout, main), 'utf8')).toBe(newer);
  });
});
