/** The engines by name. Each is loaded alone: a host carries nothing that it does not run. */
import type { Bots } from '../bot/bots.ts';
import { VigilError } from '../errors.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import type { Engine } from './engine.ts';

/** @param bots who calls the bot that a launch names */
export async function loadEngine(name: string, bots: Bots): Promise<Engine> {
  switch (name) {
    case 'whatsapp-web': {
      const { systemPorts, WhatsAppWebEngine } = await import('./whatsapp-web/whatsapp-web-engine.ts');
      return new WhatsAppWebEngine(systemPorts(bots));
    }
    case 'scripted': {
      const { ScriptedEngine } = await import('./scripted/scripted-engine.ts');
      return new ScriptedEngine(null, systemClock, new LinuxDisk(), bots);
    }
    default:
      throw new VigilError(
        'internal',
        `There is no engine "${name}"; there are "whatsapp-web" and "scripted".`,
      );
  }
}
