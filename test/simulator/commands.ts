import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { SimulatorControl, Target } from './control.ts';
import type { PageLink } from './page-link.ts';
import { pair } from './pair.ts';
import { checkSettings } from './settings.ts';
import type { World } from './world.ts';

const STRANGER = '16660000001@c.us';
const READING_DEADLINE_MS = 60_000;

/** The commands, on a world in this process. `serveAs` belongs to whoever listens on the port. */
export function controlOf(world: World, serveAs: (mode: World['serving']) => void): SimulatorControl {
  const tell = (target: Target, event: string, fields = {}) => {
    for (const page of some(world, target)) page.send({ type: event, ...fields });
  };
  return {
    state: async () => world.view(),
    journal: async () => [...world.journal],
    async configure(changes) {
      Object.assign(world.settings, checkSettings(changes));
      for (const page of world.pages.values()) page.send({ type: 'settings', settings: world.settings });
      return { ...world.settings };
    },
    async scan(request) {
      const page = 'qr' in request ? world.pageOfQr(request.qr) : onlyPage(world, { page: request.page });
      return pair(world, page, request);
    },
    async enterCode(request) {
      const code = request.code.replaceAll('-', '').toUpperCase();
      const page = [...world.pages.values()].find((one) => one.stream !== undefined && one.code === code);
      if (!page) throw new Error('no page waits for this code');
      return pair(world, page, { ...(page.codePhone ? { phone: page.codePhone } : {}), ...request });
    },
    unlink: async ({ device }) => world.unlink(world.device(device)),
    serve: async ({ mode }) => serveAs(mode),
    drop: async ({ target, how }) => world.links.break(world.keysOf(target), how),
    heal: async ({ target }) => world.links.heal(world.keysOf(target)),
    async onConnect({ target, outcome }) {
      for (const key of world.keysOf(target)) world.outcomes.set(key, outcome);
      if (outcome !== 'connected') return;
      for (const page of world.pagesOf(target)) if (!page.loggedIn) page.send({ type: 'hello' });
    },
    setState: async ({ target, state }) => tell(target, 'state', { state }),
    async conflict({ target }) {
      for (const page of some(world, target)) {
        page.conflicted = true;
        world.count(page, 'conflicts');
        page.send({ type: 'conflict' });
      }
    },
    hang: async ({ target }) => tell(target, 'hang'),
    crash: async ({ target }) => tell(target, 'crash'),
    reload: async ({ target }) => tell(target, 'reload'),
    async showDialog({ target, unlinkMs }) {
      for (const page of some(world, target))
        world.showDialog(page, unlinkMs ?? world.settings.whatsNewUnlinkMs);
    },
    async deliver({ to, from = STRANGER, body, bytes, count = 1 }) {
      const text = () => body ?? (bytes ? filler(bytes) : 'hello');
      const devices = world.devicesOf(to);
      const ids = devices.flatMap((device) =>
        Array.from({ length: count }, () => world.post(device, from, text())),
      );
      return { ids };
    },
    async traffic({ to, perSecond, bytes = 100 }) {
      for (const device of world.devicesOf(to)) {
        clearInterval(device.traffic);
        if (perSecond <= 0) continue;
        device.traffic = setInterval(() => world.post(device, STRANGER, filler(bytes)), 1_000 / perSecond);
      }
    },
    async ack({ device, id, ack }) {
      world.livePage(world.device(device))?.send({ type: 'ack', id, ack });
    },
    async unregister({ number }) {
      world.unregistered.add(number);
    },
    async readAll({ target }) {
      const page = onlyPage(world, target);
      const id = randomUUID();
      const answered = once(page.answers, `answer ${id}`, {
        signal: AbortSignal.timeout(READING_DEADLINE_MS),
      });
      page.send({ type: 'readAll', id });
      const [{ counts }] = (await answered) as [{ counts: Record<string, number | string> }];
      return counts;
    },
  };
}

function some(world: World, target: Target): PageLink[] {
  const pages = world.pagesOf(target);
  if (pages.length === 0) throw new Error(`no page is open for ${JSON.stringify(target)}`);
  return pages;
}

function onlyPage(world: World, target: Target): PageLink {
  const pages = some(world, target);
  const [page] = pages;
  if (!page || pages.length > 1) throw new Error(`${pages.length} pages fit ${JSON.stringify(target)}`);
  return page;
}

function filler(bytes: number): string {
  return randomBytes(Math.ceil((bytes * 3) / 4))
    .toString('base64')
    .slice(0, bytes);
}
