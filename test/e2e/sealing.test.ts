/** A login that has just been made is in the browser's memory only: what a kill then costs, and what it may not. */
import { expect, it } from 'vitest';
import type { Daemon } from './daemon.ts';
import type { Environment } from './program.ts';
import type { Rig } from './rig.ts';
import { rig } from './test-rig.ts';
import type { Volume } from './volume.ts';

interface Scanned {
  readonly world: Rig;
  readonly volume: Volume;
  readonly daemon: Daemon;
}

async function scanned(settings: Environment): Promise<Scanned> {
  const world = await rig();
  const volume = await world.volume();
  const daemon = await world.serve(volume, settings);
  await world.scan(daemon);
  return { world, volume, daemon };
}

/** Where the session comes to after whatever befell it; it may not fail on the way there either. */
async function settled(daemon: Daemon): Promise<string> {
  const { status } = await daemon.until(
    (session) => {
      if (session.status === 'failed') throw new Error(`failed: ${session.reason}`);
      return session.status === 'qr_ready' || session.status === 'ready';
    },
    { what: 'a QR or ready' },
  );
  return status;
}

it.each(['pairing → syncing', 'syncing → sealing', 'sealing → stopping'])(
  'asks for another scan at worst when all is killed at "%s"',
  async (change) => {
    const { world, volume, daemon } = await scanned({ VIGIL_SEAL_AFTER: '1s' });
    await daemon.transition(change);
    await daemon.crashAll();
    const next = await world.serve(volume);
    if ((await settled(next)) === 'qr_ready') await world.scan(next);
    await next.ready();
    expect(await volume.quarantined()).toEqual([]);
    expect(world.whatsapp.count('conflicts')).toBe(0);
  },
);

it('needs no second scan when the daemon alone is killed before the login is sealed', async () => {
  const { world, volume, daemon } = await scanned({ VIGIL_SEAL_AFTER: '10s' });
  await daemon.transition('syncing → sealing');
  await daemon.crash();
  const next = await world.serve(volume);
  await next.ready();
  expect(world.whatsapp.count('qrPages')).toBe(1);
  expect(world.whatsapp.count('pairings')).toBe(1);
  expect(world.whatsapp.count('conflicts')).toBe(0);
});

it.each([
  ['as the browser starts again', 'stopping → claiming'],
  ['as soon as it is online', 'syncing → online'],
])('needs no second scan when all is killed after the seal, %s', async (_when, change) => {
  const { world, volume, daemon } = await scanned({ VIGIL_SEAL_AFTER: '1s' });
  await daemon.transition(change);
  await daemon.crashAll();
  const next = await world.serve(volume);
  await next.ready();
  expect(await world.listed(volume)).toMatchObject({ status: 'ready', wanted: 'online' });
  expect(world.whatsapp.count('qrPages')).toBe(1);
  expect(world.whatsapp.count('pairings')).toBe(1);
  expect(world.whatsapp.count('conflicts')).toBe(0);
  expect(world.whatsapp.count('staleLogins')).toBe(0);
});
