import { once } from 'node:events';
import type { Identity, Pairing } from './control.ts';
import type { PageLink } from './page-link.ts';
import type { World } from './world.ts';

const CHATS = 5;
const WRITING_DEADLINE_MS = 30_000;

/** Makes a device for a page; resolves once the page has written the login down. */
export async function pair(world: World, page: PageLink, { phone, pushname }: Identity): Promise<Pairing> {
  if (page.ref === null && page.code === null)
    throw new Error(`${page.id} shows neither QR nor pairing code`);
  const device = world.newDevice(phone, pushname);
  const paired = once(page.answers, 'paired', { signal: AbortSignal.timeout(WRITING_DEADLINE_MS) });
  const { id, wid, lid } = device;
  const chats = Array.from({ length: CHATS }, (_, index) => `1666000${String(index).padStart(4, '0')}@c.us`);
  page.send({ type: 'pair', device: { id, wid, lid, pushname: device.pushname, chats } });
  await paired;
  return { device: id, page: page.id, wid };
}
