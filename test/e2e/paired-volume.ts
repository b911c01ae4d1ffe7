/** Copies of the volume whose session was paired once for all tests. */
import { inject } from 'vitest';
import type { SimulatorSettings } from '../simulator/settings.ts';
import type { Daemon } from './daemon.ts';
import type { Environment } from './program.ts';
import type { Rig } from './rig.ts';
import { rig } from './test-rig.ts';
import { Volume } from './volume.ts';

export interface PairedWorld {
  readonly rig: Rig;
  readonly volume: Volume;
  /** As the simulator calls it. */
  readonly device: string;
}

const { root, device } = inject('pairedTemplate');

export const pairedPhone = device.phone;

/** A copy, and a WhatsApp that knows its device and has counted nothing yet. */
export async function pairedCopy(settings: Partial<SimulatorSettings> = {}): Promise<PairedWorld> {
  const made = await rig(settings, [device]);
  const volume = made.adopt(await Volume.at(root).copy());
  return { rig: made, volume, device: `${device.phone}:${device.index}` };
}

/** The same, with a daemon on it and its session online. */
export async function pairedOnline(
  settings: Environment = {},
  simulator: Partial<SimulatorSettings> = {},
): Promise<PairedWorld & { readonly daemon: Daemon }> {
  const world = await pairedCopy(simulator);
  const daemon = await world.rig.serve(world.volume, settings);
  await daemon.ready();
  return { ...world, daemon };
}
