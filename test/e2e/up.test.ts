/** `vigil up`, for somebody who tries it out on an empty volume. */
import { expect, it } from 'vitest';
import { rig } from './test-rig.ts';

it('makes a first session, says where its QR is, and tells when it is linked', async () => {
  const world = await rig();
  const volume = await world.volume();
  const daemon = await world.up(volume);
  const { page } = await daemon.line(({ msg }) => String(msg).startsWith('Scan the QR'), 'where the QR is');
  expect(page).toBe(await daemon.url('/sessions/main'));
  expect((await daemon.request(new URL(String(page)).pathname)).text).toContain('<svg');
  await world.scan(daemon);
  await daemon.line(({ msg }) => msg === 'Linked and online', 'the end of the pairing', 60_000);
  expect(await daemon.session()).toMatchObject({ id: 'main', status: 'ready' });
  // As Ctrl-C does it.
  daemon.kill('SIGINT');
  expect(await daemon.exit()).toEqual({ code: 0, signal: null });
  expect(volume.processes()).toEqual([]);
  // The QR itself is nowhere in what was written: the rig looks for it.
});
