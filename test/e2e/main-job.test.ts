/** The main job: pair once, be online, and stay so over a restart. */
import { expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { rig } from './test-rig.ts';

const phone = '15557654321';

it('pairs by QR, is online, and comes back without one after a restart', async () => {
  const world = await rig({ historyBytes: 4 * 1024 * 1024 });
  const { whatsapp } = world;
  const volume = await world.volume();
  const daemon = await world.serve(volume, { VIGIL_SESSIONS: undefined });
  await until(async () => (await daemon.request('/health')).status === 200, 'health');
  expect(await daemon.sessions()).toEqual([]);

  const pairing = await world.run(volume, ['pair', 'main', '--json']);
  const { qr } = await pairing.line(({ event }) => event === 'qr', 'a QR');
  expect(await world.listed(volume)).toMatchObject({ status: 'qr_ready', phone: null, lastSeen: null });
  await whatsapp.control.scan({ qr: String(qr), phone });
  expect(await pairing.exit(60_000)).toEqual({ code: 0, signal: null });
  expect(pairing.lines.map(({ event }) => event)).toEqual(['qr', 'authenticated', 'ready']);

  const listed = await world.listed(volume);
  expect(listed).toMatchObject({
    id: 'main',
    status: 'ready',
    reason: null,
    phone,
    restarts: 0,
  });
  expect(Date.now() - Date.parse(listed.lastSeen ?? '')).toBeLessThan(60_000);
  expect(await daemon.sessions()).toMatchObject([{ id: 'main', status: 'ready', phone }]);
  expect((await daemon.request('/health')).body).toMatchObject({ data: { sessions: 1 } });
  expect((await daemon.request('/ready')).status).toBe(200);

  expect(await daemon.stop()).toMatchObject({ code: 0 });
  expect(volume.browsers()).toEqual([]);
  expect(volume.hosts()).toEqual([]);

  const next = await world.serve(volume, { VIGIL_HOST_HEAP: '128' });
  expect(await next.ready()).toMatchObject({ phone, restarts: 0 });
  expect(volume.hosts().map(({ argv }) => argv)).toEqual([
    expect.arrayContaining(['--max-old-space-size=128']),
  ]);
  expect(await world.listed(volume)).toMatchObject({ status: 'ready', phone });
  expect(await next.stop()).toMatchObject({ code: 0 });
  expect(volume.browsers()).toEqual([]);

  expect(whatsapp.count('qrPages')).toBe(1);
  expect(whatsapp.count('pairings')).toBe(1);
  expect(whatsapp.count('conflicts')).toBe(0);
  expect(whatsapp.count('staleLogins')).toBe(0);
  // The scan, the start that sealed it, and the restart.
  expect(whatsapp.count('connects')).toBe(3);
});
