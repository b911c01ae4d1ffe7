import { randomBytes } from 'node:crypto';
import { type CounterName, isCounterName } from './counters.ts';
import type { PageLink } from './page-link.ts';
import { pair } from './pair.ts';
import type { World } from './world.ts';

type Body = Record<string, unknown>;
type Answer = Record<string, unknown>;

/** Messages of a device that are remembered for whoever asks what it has sent. */
const SENT_LENGTH = 100;

/** What a page tells or asks. */
export function answer(world: World, page: PageLink, type: string, body: Body): Answer {
  const ask = Object.hasOwn(QUESTIONS, type) ? QUESTIONS[type] : undefined;
  if (!ask) throw new Error(`a page cannot say "${type}"`);
  return ask(world, page, body) ?? {};
}

const QUESTIONS: Record<string, (world: World, page: PageLink, body: Body) => Answer | undefined> = {
  ping: () => undefined,
  refs(world, page) {
    page.refs = Array.from(
      { length: world.settings.refCount },
      () => `2@${randomBytes(60).toString('base64')}`,
    );
    return { refs: page.refs };
  },
  qr(world, page, body) {
    if (page.counters.qrRefs === 0) world.count(page, 'qrPages');
    if (body['ref'] === page.refs[0]) {
      const { autoScanMs } = world.settings;
      if (autoScanMs !== null) world.after(autoScanMs, () => void pair(world, page, {}).catch(() => {}));
    }
    world.count(page, 'qrRefs');
    page.ref = String(body['ref']);
    return undefined;
  },
  idle(_world, page) {
    page.ref = null;
    return undefined;
  },
  code(world, page, body) {
    const phone = String(body['phone']);
    if (world.unregistered.has(phone)) throw new Error('there is no account of this number');
    page.code = newCode();
    page.codePhone = phone;
    world.count(page, 'codes');
    const { autoCodeMs } = world.settings;
    const enter = () =>
      void pair(world, page, page.codePhone ? { phone: page.codePhone } : {}).catch(() => {});
    if (autoCodeMs !== null) world.after(autoCodeMs, enter);
    return { code: page.code };
  },
  paired(world, page, body) {
    const device = world.device(String(body['device']));
    device.noisePub = String(body['noisePub']);
    page.device = device;
    page.ref = null;
    page.code = null;
    page.freshlyPaired = true;
    world.count(page, 'pairings');
    page.answers.emit('paired');
    return undefined;
  },
  hello,
  advanced(_world, page, body) {
    if (page.device) page.device.counter = Math.max(page.device.counter, Number(body['counter']));
    return undefined;
  },
  synced(world, page) {
    page.synced = page.live;
    for (const message of page.live ? (page.device?.waiting.values() ?? []) : [])
      page.send({ type: 'message', message });
    const { whatsNewAfterMs, whatsNewUnlinkMs } = world.settings;
    if (page.live && page.device?.dialog) page.send({ type: 'dialog' });
    if (page.freshlyPaired && whatsNewAfterMs !== null) {
      world.after(whatsNewAfterMs, () => world.showDialog(page, whatsNewUnlinkMs));
    }
    page.freshlyPaired = false;
    return undefined;
  },
  state(_world, page, body) {
    const sequence = Number(body['sequence']);
    if (sequence < page.stateSequence) return undefined;
    page.stateSequence = sequence;
    page.state = String(body['state']);
    page.hasSynced = body['hasSynced'] === true;
    return undefined;
  },
  damaged(world, page, body) {
    page.damage = String(body['reason']);
    world.count(page, 'damagedLogins');
    return undefined;
  },
  takeover(world, page) {
    page.conflicted = false;
    world.count(page, 'takeovers');
    return undefined;
  },
  logout(world, page) {
    if (!page.device?.linked) return undefined;
    page.device.linked = false;
    page.loggedIn = false;
    world.count(page, 'logouts');
    return undefined;
  },
  presence(world, page, body) {
    world.count(page, body['available'] ? 'presenceAvailable' : 'presenceUnavailable');
    return undefined;
  },
  stream(world, page, body) {
    world.count(page, body['available'] ? 'streamAvailable' : 'streamUnavailable');
    return undefined;
  },
  seen(world, page) {
    world.count(page, 'seen');
    return undefined;
  },
  received(world, page, body) {
    if (page.device?.waiting.delete(String(body['id']))) world.count(page, 'messagesIn');
    return undefined;
  },
  out(world, page, body) {
    if (!page.live) throw new Error('not logged in');
    world.count(page, 'messagesOut');
    page.device?.sent.push({ to: String(body['to']), body: String(body['body']) });
    if ((page.device?.sent.length ?? 0) > SENT_LENGTH) page.device?.sent.shift();
    const { ackDelayMs, readReceipts } = world.settings;
    for (const ack of readReceipts ? [2, 3] : [2]) {
      world.after(ackDelayMs * (ack - 1), () => page.send({ type: 'ack', id: body['id'], ack }));
    }
    return { ack: 1 };
  },
  exists(world, _page, body) {
    return { exists: !world.unregistered.has(String(body['wid']).split('@')[0] ?? '') };
  },
  activity(world, page, body) {
    for (const [kind, times] of Object.entries(body['seen'] as Record<string, number>)) {
      if (isCounterName(kind)) world.count(page, kind satisfies CounterName, times);
    }
    return undefined;
  },
  dismissed(world, page) {
    clearTimeout(page.device?.dialog);
    if (page.device) page.device.dialog = undefined;
    world.count(page, 'dialogsDismissed');
    return undefined;
  },
  answer(_world, page, body) {
    page.answers.emit(`answer ${String(body['id'])}`, body);
    return undefined;
  },
};

/** A device comes in with what its profile holds. */
function hello(world: World, page: PageLink, body: Body): Answer {
  const device = world.devices.get(String(body['id']));
  const outcome = world.outcomeOf(page, String(body['id']));
  if (outcome === 'stuck') return { outcome };
  if (outcome !== 'connected') return { outcome: 'state', state: outcome };
  page.device = device;
  page.tab = `${String(body['browser'])} ${String(body['tab'])}`;
  if (!device?.linked || device.noisePub !== body['noisePub']) {
    world.count(page, 'refusedLogins');
    page.device = undefined;
    return { outcome: 'refused' };
  }
  if (Number(body['counter']) < device.counter) {
    world.count(page, 'staleLogins');
    if (world.settings.staleLogin === 'refuse') {
      page.device = undefined;
      world.unlink(device);
      world.count(page, 'refusedLogins');
      return { outcome: 'refused' };
    }
  }
  for (const other of world.openPages(device)) if (other !== page) displace(world, other, page);
  page.loggedIn = true;
  page.conflicted = false;
  world.count(page, 'connects');
  const counter = Math.max(Number(body['counter']), device.counter) + 1;
  const { wid, lid, pushname } = device;
  return { outcome: 'connected', counter, wid, lid, pushname };
}

/** The older of two connections loses, unless it is only the same tab before its reload. */
function displace(world: World, older: PageLink, newer: PageLink): void {
  if (!older.live) return;
  if (older.tab === newer.tab) {
    older.loggedIn = false;
    return;
  }
  older.conflicted = true;
  world.count(older, 'conflicts');
  older.send({ type: 'conflict' });
}

/** Eight characters without those that look alike. */
function newCode(): string {
  const letters = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';
  return [...randomBytes(8)].map((byte) => letters[byte % letters.length]).join('');
}
