/** Verbs on a volume on which no daemon runs: they work on the volume itself, and leave it to the next daemon. */
import { expect, it } from 'vitest';
import { expectOnline } from './expectations.ts';
import { pairedCopy, pairedPhone } from './paired-volume.ts';
import { rig } from './test-rig.ts';

it('lists, stops, starts and configures what the next daemon then finds', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  expect(await rig.listed(volume)).toMatchObject({ status: 'stopped', wanted: 'online', phone: pairedPhone });

  const stop = await rig.cli(volume, ['stop', 'main', '--json']);
  expect(stop).toMatchObject({ code: 0, json: { id: 'main', status: 'stopped', wanted: 'stopped' } });
  expect(await volume.record()).toMatchObject({ wanted: 'stopped', login: 'settled' });

  const config = await rig.cli(volume, ['config', 'main', '--set', 'heartbeat=3m', '--set', 'presence=off']);
  expect(config.code, config.stderr).toBe(0);
  expect(await volume.record()).toMatchObject({ settings: { heartbeat: 180_000, presence: false } });

  const missing = await rig.cli(volume, ['start', 'nobody', '--json']);
  expect(missing).toMatchObject({ code: 3, json: { error: { code: 'session_not_found' } } });

  const start = await rig.cli(volume, ['start', 'main']);
  expect(start).toMatchObject({ code: 0, stdout: expect.stringContaining('vigil serve') });
  expect(await volume.record()).toMatchObject({ wanted: 'online', settings: { presence: false } });
  expect(volume.processes()).toEqual([]);
  expect(rig.whatsapp.count('pageLoads')).toBe(0);

  const daemon = await rig.serve(volume);
  await daemon.ready();
  await expectOnline(world, { restarts: 0 });
});

it('pairs without a daemon and closes cleanly, so that the next daemon needs no QR', async () => {
  const world = await rig();
  const { whatsapp } = world;
  const volume = await world.volume();
  const pairing = await world.run(volume, ['pair', 'main', '--json']);
  const { qr } = await pairing.line(({ event }) => event === 'qr', 'a QR');
  await whatsapp.control.scan({ qr: String(qr), phone: pairedPhone });
  expect(await pairing.exit(60_000), pairing.stderr).toMatchObject({ code: 0 });
  expect(pairing.lines.map(({ event }) => event)).toEqual(['qr', 'authenticated', 'ready']);
  expect(volume.processes()).toEqual([]);
  expect(await volume.record()).toMatchObject({ wanted: 'online', login: 'settled', phone: pairedPhone });

  // Of the session that the command made; no setting names it.
  const daemon = await world.serve(volume, { VIGIL_SESSIONS: undefined });
  expect(await daemon.ready()).toMatchObject({ phone: pairedPhone, restarts: 0 });
  expect(whatsapp.count('qrPages')).toBe(1);
  expect(whatsapp.count('pairings')).toBe(1);
  expect(whatsapp.count('conflicts')).toBe(0);
});

it('leaves nothing running when a person goes away from a pairing without a daemon', async () => {
  const world = await rig();
  const volume = await world.volume();
  const pairing = await world.run(volume, ['pair', 'main', '--json']);
  await pairing.line(({ event }) => event === 'qr', 'a QR');
  pairing.kill('SIGINT');
  expect(await pairing.exit()).toMatchObject({ code: 130 });
  expect(volume.processes()).toEqual([]);
});
