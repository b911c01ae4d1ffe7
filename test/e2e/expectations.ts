/** What has to hold after everything that is done to a session that was paired before. */
import { expect } from 'vitest';
import type { SessionView } from '../../src/session/session-view.ts';
import { browsersOn } from '../support/processes.ts';
import type { PairedWorld } from './paired-volume.ts';
import type { Volume } from './volume.ts';
import type { WhatsApp } from './whatsapp.ts';

/** A backup was put in place by hand: older than what WhatsApp has seen since, which it notices. */
export const rolledBack = { staleLogins: expect.any(Number) };

/** The phone's owner has noticed nothing: no QR, no second connection, no login that was rolled back. */
export function expectUndisturbed(whatsapp: WhatsApp, allowed: object = {}): void {
  const seen = {
    qrPages: whatsapp.count('qrPages'),
    pairings: whatsapp.count('pairings'),
    conflicts: whatsapp.count('conflicts'),
    staleLogins: whatsapp.count('staleLogins'),
    damagedLogins: whatsapp.count('damagedLogins'),
    logouts: whatsapp.count('logouts'),
  };
  const nothing = { qrPages: 0, pairings: 0, conflicts: 0, staleLogins: 0, damagedLogins: 0, logouts: 0 };
  expect(seen).toEqual({ ...nothing, ...allowed });
}

/** Online as the daemon says and as WhatsApp sees it, in one browser, without anybody's doing. */
export async function expectOnline(
  { rig, volume, device }: PairedWorld,
  more: Partial<SessionView> = {},
  allowed: object = {},
): Promise<void> {
  expect(await rig.listed(volume)).toMatchObject({ status: 'ready', reason: null, remedy: null, ...more });
  const linked = (await rig.whatsapp.control.state()).devices.find(({ id }) => id === device);
  expect(linked?.page, 'a live page of the device').not.toBeNull();
  expect(volume.browsers('main')).toHaveLength(1);
  expectUndisturbed(rig.whatsapp, allowed);
}

/** The largest number of browsers that were ever on the profile at once; ask when all is over. */
export function countBrowsers(volume: Volume, id = 'main'): () => number {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, browsersOn(volume.profile(id)).length);
  }, 50);
  return () => {
    clearInterval(timer);
    return most;
  };
}
