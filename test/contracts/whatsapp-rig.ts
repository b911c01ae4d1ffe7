import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bots } from '../../src/bot/bots.ts';
import type { LaunchSpec } from '../../src/engine/engine.ts';
import { WhatsAppWebEngine } from '../../src/engine/whatsapp-web/whatsapp-web-engine.ts';
import { sessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import type { Disk } from '../../src/system/disk.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import type { SimulatorSettings } from '../simulator/settings.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { findChromium } from '../simulator/test-browser.ts';
import type { EngineRig } from './engine.ts';

export interface WhatsAppRig extends EngineRig {
  readonly simulator: Simulator;
  engine(disk?: Disk): WhatsAppWebEngine;
  /** The devices that were paired, newest last. */
  devices(): readonly string[];
}

export interface RigOptions {
  readonly simulator?: Partial<SimulatorSettings>;
  readonly args?: readonly string[];
  readonly deadlines?: Partial<LaunchSpec['deadlines']>;
  readonly spec?: Partial<LaunchSpec>;
  readonly bots?: Bots;
}

/** For launches that name no bot. */
const noBots: Bots = { attend: () => Promise.reject(new Error('No bot is expected here.')) };

/** A profile and a simulator of its own. Little history: the engine does not care how much there is. */
export async function whatsAppRig(options: RigOptions = {}): Promise<WhatsAppRig> {
  const simulator = await startSimulator({ historyBytes: 64 * 1024, syncDelayMs: 200, ...options.simulator });
  const root = await mkdtemp(join(tmpdir(), 'vigil-engine-'));
  const session = sessionId('contract');
  const chromium = await findChromium();
  // The bundled one finds its libraries by the environment, which the browser inherits from this process.
  Object.assign(process.env, chromium.env);
  const devices: string[] = [];
  const spec: LaunchSpec = {
    session,
    sessionsRoot: root,
    profile: `session-${session}`,
    executable: chromium.executablePath,
    args: [
      ...simulator.chromiumArgs,
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      `--vigil-volume=${root}`,
      ...(options.args ?? []),
    ],
    library: null,
    webVersion: null,
    webVersionsRoot: join(root, 'web-versions'),
    deviceName: 'vigil test',
    bot: null,
    botVariables: [],
    deadlines: {
      browser: 30_000,
      navigation: 20_000,
      boot: 20_000,
      bot: 5_000,
      protocol: 20_000,
      close: 8_000,
      ...options.deadlines,
    },
    ...options.spec,
  };
  return {
    simulator,
    spec,
    profile: join(root, `session-${session}`),
    engine: (disk = new LinuxDisk()) =>
      new WhatsAppWebEngine({
        bots: options.bots ?? noBots,
        clock: systemClock,
        processes: new LinuxProcesses(),
        disk,
        env: process.env,
      }),
    devices: () => devices,
    async scan(qr) {
      devices.push((await simulator.control.scan({ qr })).device);
    },
    async unlink() {
      await simulator.control.unlink({ device: devices.at(-1) ?? '' });
    },
    async hang() {
      await simulator.control.hang({ target: { device: devices.at(-1) ?? '' } });
    },
    async [Symbol.asyncDispose]() {
      await simulator.close();
      await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}
