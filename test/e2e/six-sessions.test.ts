/** Several sessions on one volume: none waits for another longer than it must, and none feels another's fall. */
import { expect, it } from 'vitest';
import { send } from '../support/processes.ts';
import { countBrowsers } from './expectations.ts';
import { rig } from './test-rig.ts';

const ids = ['one', 'two', 'three', 'four', 'five', 'six'];
const atOnce = 2;
const settings = { VIGIL_SESSIONS: ids.join(','), VIGIL_START_CONCURRENCY: String(atOnce) };

type Lines = readonly Readonly<Record<string, unknown>>[];

const transitions = (lines: Lines) => lines.filter(({ from, to }) => from !== undefined && to !== undefined);

/** The largest number of sessions on their way up at once. */
function mostStarting(lines: Lines): number {
  const starting = new Set<unknown>();
  let most = 0;
  for (const { session, to } of transitions(lines)) {
    if (to === 'preparing' || to === 'launching' || (to === 'syncing' && starting.has(session)))
      starting.add(session);
    else starting.delete(session);
    most = Math.max(most, starting.size);
  }
  return most;
}

it('brings six sessions up two at a time, and leaves five alone when one falls', async () => {
  const world = await rig({ autoScanMs: 0 });
  const { whatsapp } = world;
  const volume = await world.volume();
  // The orderly stop seals the logins just as well.
  const pairing = await world.serve(volume, { ...settings, VIGIL_SEAL_AFTER: 'off' });
  for (const id of ids) await pairing.ready(id, 120_000);
  expect(await pairing.stop()).toMatchObject({ code: 0 });
  await whatsapp.control.configure({ autoScanMs: null });

  const counted = ids.map((id) => countBrowsers(volume, id));
  const daemon = await world.serve(volume, settings);
  for (const id of ids) await daemon.ready(id, 120_000);
  expect((await daemon.request('/ready')).status).toBe(200);
  expect(mostStarting(daemon.lines)).toBe(atOnce);

  const before = await daemon.sessions();
  const told = transitions(daemon.lines).length;
  const [fallen] = before.filter(({ id }) => id === 'three');
  const [host] = volume.hosts('three');
  if (!fallen || !host) throw new Error('nothing to kill');
  send(host.pid, 'SIGKILL');
  expect(await daemon.recovered(fallen)).toMatchObject({ restarts: 1 });
  const others = (views: typeof before) => views.filter(({ id }) => id !== 'three');
  const lasting = (views: typeof before) =>
    others(views).map(({ id, status, since, restarts }) => ({ id, status, since, restarts }));
  expect(lasting(await daemon.sessions())).toEqual(lasting(before));
  const since = transitions(daemon.lines).slice(told);
  expect(new Set(since.map(({ session }) => session))).toEqual(new Set(['three']));

  expect(counted.map((most) => most())).toEqual(ids.map(() => 1));
  expect(whatsapp.count('pairings')).toBe(6);
  expect(whatsapp.count('qrPages')).toBe(6);
  expect(whatsapp.count('conflicts')).toBe(0);
  expect(whatsapp.count('staleLogins')).toBe(0);
});
