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
  close(): Promise<void>;
}

export async function startSimulator({ port = 0, ...settings }: SimulatorOptions = {}): Promise<Simulator> {
  const world = new World(checkSettings(settings));
  const [key, cert] = await Promise.all([pem('key.pem'), pem('certificate.pem')]);
  const server = new WebServer(world, { key, cert });
  const listening = await server.listen(port);
  const close = async () => {
    world.stop();
    await server.close();
  };
  return {
    port: listening,
    chromiumArgs: [
      `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${listening}`,
      '--ignore-certificate-errors',
    ],
    control: controlOf(world, (mode) => server.serveAs(mode)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pem(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
