/** The rig of the test that runs: its output is shown when it fails, and nothing of it is left when it ends. */
import { onTestFailed, onTestFinished } from 'vitest';
import type { SimulatorSettings } from '../simulator/settings.ts';
import { Rig } from './rig.ts';
import { type LinkedDevice, startWhatsApp } from './whatsapp.ts';

export async function rig(
  settings: Partial<SimulatorSettings> = {},
  devices: readonly LinkedDevice[] = [],
): Promise<Rig> {
  const made = new Rig(await startWhatsApp(settings, devices));
  onTestFailed(() => console.error(made.tell()));
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}
