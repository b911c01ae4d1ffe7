import { randomBytes } from 'node:crypto';
import type { ConnectOutcome, JournalEntry, Serving, SimulatorState, Target } from './control.ts';
import { type CounterName, zeroCounters } from './counters.ts';
import { Device, type IncomingMessage } from './device.ts';
import { Links } from './links.ts';
import { PageLink } from './page-link.ts';
import { DEFAULT_SETTINGS, type SimulatorSettings } from './settings.ts';

const JOURNAL_LENGTH = 2_000;

/** Everything the server remembers: devices, pages, broken links and counters. */
export class World {
  readonly settings: SimulatorSettings;
  readonly counters = zeroCounters();
  readonly journal: JournalEntry[] = [];
  readonly devices = new Map<string, Device>();
  readonly pages = new Map<string, PageLink>();
  readonly links = new Links();
  readonly outcomes = new Map<string, ConnectOutcome>();
  readonly unregistered = new Set<string>();
  readonly timers = new Set<NodeJS.Timeout>();
  serving: Serving = 'normal';

  constructor(settings: Partial<SimulatorSettings>) {
    this.settings = { ...DEFAULT_SETTINGS, ...settings };
    this.links.onChange(() => this.#applyBreaks());
  }

  newPage(door: string): PageLink {
    const isSilent = (page: PageLink) => this.links.of(page.id, page.device?.id) === 'silent';
    const page = new PageLink(`page-${this.pages.size + 1}`, door, isSilent);
    this.pages.set(page.id, page);
    this.count(page, 'pageLoads');
    return page;
  }

  newDevice(phone: string | undefined, pushname: string | undefined): Device {
    const number = phone ?? `1555${String(this.devices.size + 1).padStart(7, '0')}`;
    const taken = [...this.devices.values()].filter((device) => device.phone === number).length;
    const device = new Device(number, taken + 1, pushname ?? `User ${number}`);
    this.devices.set(device.id, device);
    return device;
  }

  device(id: string): Device {
    const device = this.devices.get(id);
    if (!device) throw new Error(`there is no device "${id}"`);
    return device;
  }

  livePage(device: Device): PageLink | undefined {
    return [...this.pages.values()].find((page) => page.device === device && page.live);
  }

  openPages(device: Device): PageLink[] {
    return [...this.pages.values()].filter((page) => page.device === device && page.stream !== undefined);
  }

  pageOfQr(qr: string): PageLink {
    const ref = qr.split(',')[0] ?? '';
    const page = [...this.pages.values()].find((one) => one.stream !== undefined && one.ref === ref);
    if (!page) throw new Error('no page shows this QR: it has expired or was never shown');
    return page;
  }

  /** The open pages that a command is for. */
  pagesOf(target: Target): PageLink[] {
    const open = [...this.pages.values()].filter((page) => page.stream !== undefined);
    if (target === 'all') return open;
    if ('device' in target) return this.openPages(this.device(target.device));
    if ('qr' in target) return [this.pageOfQr(target.qr)];
    const page = this.pages.get(target.page);
    if (!page) throw new Error(`there is no page "${target.page}"`);
    return [page];
  }

  devicesOf(target: Target): Device[] {
    if (target === 'all') return [...this.devices.values()].filter((device) => device.linked);
    if ('device' in target) return [this.device(target.device)];
    return this.pagesOf(target).flatMap((page) => page.device ?? []);
  }

  /** The names under which a target's fate is kept, for pages that do not exist yet too. */
  keysOf(target: Target): string[] {
    if (target === 'all') return ['all'];
    if ('device' in target) return [`device ${this.device(target.device).id}`];
    return this.pagesOf(target).map((page) => `page ${page.id}`);
  }

  outcomeOf(page: PageLink, device: string): ConnectOutcome {
    const keys = [`page ${page.id}`, `device ${device}`, 'all'];
    return keys.map((key) => this.outcomes.get(key)).find((outcome) => outcome !== undefined) ?? 'connected';
  }

  count(
    page: PageLink | undefined,
    name: CounterName,
    by = 1,
    device: Device | undefined = page?.device,
  ): void {
    this.counters[name] += by;
    this.journal.push({ at: Date.now(), event: name, page: page?.id ?? null, device: device?.id ?? null });
    if (this.journal.length > JOURNAL_LENGTH) this.journal.shift();
    if (page) page.counters[name] += by;
    if (device) device.counters[name] += by;
  }

  post(device: Device, from: string, body: string): string {
    const id = randomBytes(10).toString('hex').toUpperCase();
    const message: IncomingMessage = { id, from, body, t: Math.floor(Date.now() / 1000) };
    device.waiting.set(id, message);
    const page = this.livePage(device);
    if (page?.synced) page.send({ type: 'message', message });
    return id;
  }

  unlink(device: Device): void {
    if (!device.linked) return;
    device.linked = false;
    this.count(undefined, 'logouts', 1, device);
    for (const page of this.openPages(device)) {
      page.loggedIn = false;
      page.counters.logouts += 1;
      page.send({ type: 'logout' });
    }
  }

  showDialog(page: PageLink, unlinkMs: number): void {
    const { device } = page;
    if (!device?.linked || device.dialog) return;
    this.count(page, 'dialogsShown');
    device.dialog = this.after(unlinkMs, () => {
      device.dialog = undefined;
      this.unlink(device);
    });
    page.send({ type: 'dialog' });
  }

  after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
    return timer;
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    for (const device of this.devices.values()) clearInterval(device.traffic);
    this.links.heal(['all']);
  }

  view(): SimulatorState {
    const { serving, settings, counters } = this;
    return {
      serving,
      settings: { ...settings },
      counters: { ...counters },
      devices: [...this.devices.values()].map((device) => device.view(this.livePage(device)?.id ?? null)),
      pages: [...this.pages.values()].map((page) => page.view()),
    };
  }

  #applyBreaks(): void {
    for (const page of this.pages.values()) {
      const broken = this.links.of(page.id, page.device?.id);
      if (broken === 'loud') page.stream?.socket?.destroy();
      else if (broken === undefined) page.flush();
    }
  }
}
