/** SIGTERM, whatever is under way: everything has ended within the budget, and nothing is lost by it. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { Daemon } from './daemon.ts';
import { expectOnline } from './expectations.ts';
import { pairedCopy, pairedOnline } from './paired-volume.ts';
import { rig } from './test-rig.ts';

const drain = 20_000;
const settings = { VIGIL_DRAIN: `${drain / 1_000}s` };

/** The exit code; nothing may be left at that very moment. */
async function stopped(daemon: Daemon): Promise<number | null> {
  const { code, took } = await daemon.stop(drain + 10_000);
  expect(daemon.volume.hosts()).toEqual([]);
  expect(daemon.volume.browsers()).toEqual([]);
  expect(took).toBeLessThan(drain);
  return code;
}

it('ends while a session starts, again and again and wherever it has come to, and loses nothing by it', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  for (const change of ['claiming → preparing', 'preparing → launching', 'launching → syncing']) {
    const daemon = await rig.serve(volume, settings);
    await daemon.transition(change);
    expect(await stopped(daemon), change).toBe(0);
  }
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world, { restarts: 0 });
});

it('ends while a QR is shown, and shows one again at the next start', async () => {
  const world = await rig();
  const volume = await world.volume();
  const daemon = await world.serve(volume, settings);
  await daemon.until(({ status }) => status === 'qr_ready', { what: 'a QR' });
  expect(await stopped(daemon)).toBe(0);
  const next = await world.serve(volume);
  await world.scan(next);
  await next.ready();
  expect(world.whatsapp.count('qrPages')).toBe(2);
  expect(world.whatsapp.count('pairings')).toBe(1);
});

it.each(['pairing → syncing', 'syncing → sealing', 'sealing → stopping'])(
  'ends between the scan and the seal ("%s"), and the login is kept',
  async (change) => {
    const world = await rig();
    const volume = await world.volume();
    const daemon = await world.serve(volume, settings);
    await world.scan(daemon);
    await daemon.transition(change);
    expect(await stopped(daemon)).toBe(0);
    const next = await world.serve(volume);
    await next.ready();
    expect(world.whatsapp.count('qrPages')).toBe(1);
    expect(world.whatsapp.count('pairings')).toBe(1);
    expect(world.whatsapp.count('conflicts')).toBe(0);
  },
);

it('closes its browser in order at SIGINT and at SIGTERM', async () => {
  const world = await pairedOnline(settings);
  const { rig, volume } = world;
  let { daemon } = world;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    daemon.kill(signal);
    expect(await daemon.exit(drain), signal).toEqual({ code: 0, signal: null });
    expect(daemon.lines.filter(({ msg }) => msg === 'Every browser was closed cleanly')).toHaveLength(1);
    expect(volume.processes()).toEqual([]);
    // A browser that was killed leaves its locks.
    expect((await readdir(volume.profile())).filter((name) => name.startsWith('Singleton'))).toEqual([]);
    daemon = await rig.serve(volume, settings);
    await daemon.ready();
    await expectOnline(world, { restarts: 0 });
  }
});

it('kills what does not close at a second signal, whichever it is, and keeps the login', async () => {
  const world = await pairedOnline({ VIGIL_DRAIN: '10m' });
  const { daemon, rig, volume } = world;
  const [host] = volume.hosts();
  send(host?.pid ?? 0, 'SIGSTOP');
  daemon.kill('SIGTERM');
  await daemon.line(({ msg }) => msg === 'Closing every browser', 'the first signal');
  daemon.kill('SIGINT');
  expect(await daemon.exit(drain)).toEqual({ code: 1, signal: null });
  expect(daemon.lines.filter(({ msg }) => String(msg).startsWith('A second signal'))).toHaveLength(1);
  await until(() => volume.processes().length === 0, 'the end of host and browser', 10_000);
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world, { restarts: 0 });
});

it('ends at once at a second signal', async () => {
  const world = await pairedOnline(settings);
  const { daemon, rig, volume } = world;
  daemon.kill('SIGTERM');
  await daemon.line(({ msg }) => msg === 'Shutting down', 'the first signal');
  expect(await stopped(daemon)).not.toBeNull();
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world);
});

it('ends although a page hangs', async () => {
  const world = await pairedOnline(settings);
  const { daemon, device, rig, volume } = world;
  await rig.whatsapp.control.hang({ target: { device } });
  expect(await stopped(daemon)).toBe(0);
  const next = await rig.serve(volume);
  await next.ready();
  await expectOnline(world);
});

it('ends although somebody keeps a connection open, and another follows a session', async () => {
  const { daemon } = await pairedOnline(settings);
  const socket = connect(Number(new URL(await daemon.url()).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  const leaving = new AbortController();
  const url = await daemon.url('/api/sessions/main/follow');
  for (const signal of [leaving.signal, null]) {
    const { body } = await fetch(url, { signal });
    await body?.getReader().read();
  }
  leaving.abort();
  await until(async () => (await daemon.request('/health')).status === 200, 'health');
  expect(await stopped(daemon)).toBe(0);
});
