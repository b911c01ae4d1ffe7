/**
 * The simulator with a memory: devices that were paired with another one are known to it. So each test has
 * counters that begin at zero, and a copy of a paired profile is not a rolled back one.
 */
import { readFile } from 'node:fs/promises';
import { controlOf } from '../simulator/commands.ts';
import type { SimulatorControl } from '../simulator/control.ts';
import type { CounterName } from '../simulator/counters.ts';
import { Device } from '../simulator/device.ts';
import type { PageLink } from '../simulator/page-link.ts';
import type { SimulatorSettings } from '../simulator/settings.ts';
import { WebServer } from '../simulator/web-server.ts';
import { World } from '../simulator/world.ts';
import type { Secret } from './secrets.ts';

/** What a server knows of a device that was linked earlier. */
export interface LinkedDevice {
  readonly phone: string;
  readonly index: number;
  readonly pushname: string;
  readonly counter: number;
  readonly noisePub: string;
}

export interface WhatsApp extends AsyncDisposable {
  /** What a Chromium needs to take this server for https://web.whatsapp.com. */
  readonly chromiumArgs: readonly string[];
  readonly control: SimulatorControl;
  count(name: CounterName): number;
  /** Those that are linked now, for another server. */
  linked(): readonly LinkedDevice[];
  /** What it has handed out that may be seen where it was asked for, and nowhere else. */
  secrets(): readonly Secret[];
}

/**
 * Enough to be spread over several files and quick to copy; a synchronisation that is over before anybody
 * listens is a race that the engine's own tests are about.
 */
const modest: Partial<SimulatorSettings> = { historyBytes: 512 * 1024, syncDelayMs: 300 };

/** A page forgets its code once somebody has typed it. */
class RememberingWorld extends World {
  readonly codes = new Set<string>();

  override count(...counted: Parameters<World['count']>): void {
    super.count(...counted);
    const [page, name] = counted;
    if (name === 'codes' && page?.code) this.codes.add(page.code);
  }
}

export async function startWhatsApp(
  settings: Partial<SimulatorSettings> = {},
  devices: readonly LinkedDevice[] = [],
): Promise<WhatsApp> {
  const world = new RememberingWorld({ ...modest, ...settings });
  for (const device of devices) remember(world, device);
  const server = new WebServer(world, { key: await pem('key.pem'), cert: await pem('certificate.pem') });
  const port = await server.listen(0);
  return {
    chromiumArgs: [
      `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}`,
      '--ignore-certificate-errors',
    ],
    control: controlOf(world, (mode) => server.serveAs(mode)),
    count: (name) => world.counters[name],
    linked: () => [...world.devices.values()].filter(({ linked }) => linked).map(asLinked),
    secrets: () => secretsOf(world),
    async [Symbol.asyncDispose]() {
      world.stop();
      await server.close();
    },
  };
}

function secretsOf({ codes, devices, pages }: RememberingWorld): readonly Secret[] {
  const refs = [...pages.values()].flatMap((page: PageLink) => page.refs);
  const numbers = [...devices.values()].map(({ phone }) => phone);
  const keys = [...devices.values()].flatMap(({ noisePub }) => noisePub ?? []);
  const halves = [...codes].map((code) => `${code.slice(0, 4)}-${code.slice(4)}`);
  return [
    ...refs.map((text) => ({ what: 'the reference of a QR', text })),
    ...[...codes, ...halves].map((text) => ({ what: 'a pairing code', text })),
    ...numbers.map((text) => ({ what: 'a phone number', text })),
    ...keys.map((text) => ({ what: "a device's key", text })),
  ];
}

function remember(world: World, { phone, index, pushname, counter, noisePub }: LinkedDevice): void {
  const device = new Device(phone, index, pushname);
  device.counter = counter;
  device.noisePub = noisePub;
  world.devices.set(device.id, device);
}

function asLinked({ id, phone, pushname, counter, noisePub }: Device): LinkedDevice {
  return { phone, index: Number(id.split(':')[1]), pushname, counter, noisePub: noisePub ?? '' };
}

function pem(name: string): Promise<string> {
  return readFile(new URL(`../simulator/${name}`, import.meta.url), 'utf8');
}
