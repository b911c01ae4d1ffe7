/**
 * A browser that is held still for a snapshot, and what becomes of it when somebody is killed or hangs in the middle:
 * the real library in a real host, whose copy never ends (host-held-copy.mjs).
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { hostEnvironment } from '../../src/daemon/host-environment.ts';
import { longestFreeze } from '../../src/engine/engine.ts';
import { ChildHosts } from '../../src/host/child-hosts.ts';
import type { HostEvent } from '../../src/host/host.ts';
import { inspectProfile } from '../../src/profile/inspect-profile.ts';
import { endOrphans } from '../../src/profile/orphans.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { isGone } from '../../src/system/processes.ts';
import { browsersOn, EngineSession, statesOf, until } from '../contracts/engine-session.ts';
import { whatsAppRig } from '../contracts/whatsapp-rig.ts';

const processes = new LinuxProcesses();
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const holding = { NODE_OPTIONS: `--import=${file('../doubles/host-held-copy.mjs')}` };

/** A profile that pairs by itself; whatever runs on it in the end is ended. */
async function world() {
  const rig = await whatsAppRig({ simulator: { autoScanMs: 50 } });
  onTestFinished(async () => {
    for (const one of await browsersOn(rig.profile)) await processes.signal(one, 'SIGKILL');
    await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
    await rig[Symbol.asyncDispose]();
  });
  const target = join(rig.spec.sessionsRoot, 'copy');
  return { rig, target, env: { ...hostEnvironment(process.env), ...holding } };
}

/** A host in the middle of a snapshot, seen by this process as its daemon. */
async function frozen() {
  const { rig, target, env } = await world();
  const hosts = new ChildHosts({
    clock: systemClock,
    processes,
    volume: rig.spec.sessionsRoot,
    marks: (session) => [`--vigil-session=${session}`],
    heap: 96,
    env,
    engine: 'whatsapp-web',
    reportFault: (fault) => expect.fail(String(fault)),
  });
  const events: HostEvent[] = [];
  const host = hosts.launch(rig.spec, (event) => events.push(event));
  onTestFinished(() => host.close());
  const said = (type: HostEvent['type']) => events.some((event) => event.type === type);
  await until('ready', () => said('ready'), 30_000);
  const browser = events.find((event) => event.type === 'browser')?.pid ?? 0;
  const taken = host.snapshot(target).then(
    (report) => report,
    (error: unknown) => error,
  );
  const isHeld = () => events.some((event) => event.type === 'output' && event.line === 'held');
  await until('the copy waits', isHeld);
  expect(await statesOf(browser)).toBe('T');
  return { rig, host, pid: host.pid ?? 0, browser, taken, said };
}

const runs = (browser: number, ms?: number) =>
  until('the browser runs', async () => !(await statesOf(browser)).includes('T'), ms);

/** The login is a moment old: nothing but a clean close has it on the disk. */
async function expectCleanlyClosed({ rig }: Pick<Awaited<ReturnType<typeof world>>, 'rig'>) {
  expect((await readdir(rig.profile)).filter((name) => name.startsWith('Singleton'))).toEqual([]);
  await rig.simulator.control.configure({ autoScanMs: null });
  const next = new EngineSession(rig.engine(), rig.spec);
  try {
    await next.start();
    await next.event('ready');
    expect(next.count('qr')).toBe(0);
  } finally {
    await next.engine.kill();
  }
}

test('its host is killed: the browser is ended at once, before anybody is told', async () => {
  const { rig, pid, taken, said } = await frozen();
  process.kill(pid, 'SIGKILL');
  await until('exit', () => said('exit'));
  expect(await browsersOn(rig.profile)).toEqual([]);
  expect(await taken).toMatchObject({ code: 'snapshot_failed' });
});

test('its host hangs: the browser is let go from outside within two seconds, and goes on', async () => {
  const { host, pid, browser, taken } = await frozen();
  process.kill(pid, 'SIGSTOP');
  try {
    await runs(browser, longestFreeze + 1_000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect(await taken).toMatchObject({ code: 'snapshot_failed' });
  expect(await host.probe({ kind: 'watchdog', deadline: 10_000, presence: false })).toMatchObject({
    page: 'answers',
    socket: 'up',
  });
});

test('its copy hangs: the host lets it go, and a probe that came meanwhile finds it well', async () => {
  const { host, browser, taken, said } = await frozen();
  const report = host.probe({ kind: 'watchdog', deadline: 10_000, presence: false });
  expect(await taken).toMatchObject({ code: 'snapshot_failed' });
  await runs(browser, 1_000);
  expect(await report).toMatchObject({ page: 'answers', socket: 'up' });
  expect(said('gone')).toBe(false);
});

test('its session is closed: the browser is let go and closed cleanly', async () => {
  const { rig, host, taken } = await frozen();
  await host.close();
  expect(await browsersOn(rig.profile)).toEqual([]);
  expect(await taken).toMatchObject({ code: 'snapshot_failed' });
  await expectCleanlyClosed({ rig });
});

test('its session is killed: no browser is left', async () => {
  const { rig, host, said } = await frozen();
  host.kill();
  await until('exit', () => said('exit'));
  expect(await browsersOn(rig.profile)).toEqual([]);
});

/** The same with a daemon that can be killed. */
async function frozenByAnother() {
  const { rig, target, env } = await world();
  const daemon = spawn(
    process.execPath,
    [file('../doubles/snapshot-daemon.ts'), JSON.stringify(rig.spec), target, JSON.stringify(env)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void daemon.kill('SIGKILL'));
  let said = '';
  daemon.stdout.on('data', (chunk: Buffer) => (said += chunk));
  await until('the copy waits', () => said.includes('held\n'), 30_000);
  const pidOf = (what: string) => Number(new RegExp(`^${what} (\\d+)$`, 'm').exec(said)?.[1]);
  const host = pidOf('host');
  onTestFinished(async () => {
    if (!isGone(await processes.find(host))) process.kill(host, 'SIGKILL');
  });
  expect(await statesOf(pidOf('browser'))).toBe('T');
  return { rig, daemon, host, browser: pidOf('browser') };
}

test('its daemon is killed: the host lets the browser go, closes it cleanly and ends', async () => {
  const { rig, daemon, host } = await frozenByAnother();
  daemon.kill('SIGKILL');
  await until('the host ends', async () => isGone(await processes.find(host)), 20_000);
  expect(await browsersOn(rig.profile)).toEqual([]);
  await expectCleanlyClosed({ rig });
});

test('its daemon and its host are killed: it is found by its marks, and nobody waits for it to end', async () => {
  const { rig, daemon, host, browser } = await frozenByAnother();
  // Neither gets to notice the other's end.
  for (const pid of [daemon.pid ?? 0, host]) process.kill(pid, 'SIGSTOP');
  for (const pid of [daemon.pid ?? 0, host]) process.kill(pid, 'SIGKILL');
  await until('the host ends', async () => isGone(await processes.find(host)));
  expect(await statesOf(browser)).toBe('T');
  const { profile } = rig;
  const found = await inspectProfile({ profile, volume: rig.spec.sessionsRoot, processes });
  expect(found).toMatchObject({ owner: 'ours', processes: [{ pid: browser }] });
  const grace = 60_000;
  const begun = performance.now();
  const ended = await endOrphans({
    hosts: [],
    browsers: found.processes,
    processes,
    clock: systemClock,
    signal: new AbortController().signal,
    grace,
  });
  expect(ended).toBe(true);
  expect(performance.now() - begun).toBeLessThan(grace / 2);
  expect(await browsersOn(profile)).toEqual([]);
});
