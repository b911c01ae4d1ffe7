import { readFile } from 'node:fs/promises';
import { controlOf } from './commands.ts';
import type { SimulatorControl } from './control.ts';
import { checkSettings, type SimulatorSettings } from './settings.ts';
import { WebServer } from './web-server.ts';
import { World } from './world.ts';

export interface SimulatorOptions extends Partial<SimulatorSettings> {
  /** 0, the default: any free one. */
  port?: number;
}

export interface Simulator extends AsyncDisposable {
  readonly port: number;
  /** What a Chromium needs to take this server for https://web.whatsapp.com. */
  readonly chromiumArgs: string[];
  readonly control: SimulatorControl;
  /** One more way in, with a port of its own: pages carry the name of the one they came through. Its arguments. */
  openDoor(name: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function startSimulator({ port = 0, ...settings }: SimulatorOptions = {}): Promise<Simulator> {
  const world = new World(checkSettings(settings));
  const [key, cert] = await Promise.all([pem('key.pem'), pem('certificate.pem')]);
  const servers: WebServer[] = [];
  const open = async (at: number, door?: string) => {
    const server = new WebServer(world, { key, cert }, door);
    servers.push(server);
    return server.listen(at);
  };
  const listening = await open(port);
  const close = async () => {
    world.stop();
    await Promise.all(servers.map((server) => server.close()));
  };
  return {
    port: listening,
    chromiumArgs: argumentsFor(listening),
    control: controlOf(world, (mode) => {
      for (const server of servers) server.serveAs(mode);
    }),
    openDoor: async (name) => argumentsFor(await open(0, name)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function argumentsFor(port: number): string[] {
  return [`--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}`, '--ignore-certificate-errors'];
}

function pem(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
