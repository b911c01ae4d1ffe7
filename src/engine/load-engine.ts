/** The engines by name. Each is loaded alone: a host carries nothing that it does not run. */
import { VigilError } from '../errors.ts';
import type { Engine } from './engine.ts';

export async function loadEngine(name: string): Promise<Engine> {
  switch (name) {
    case 'whatsapp-web': {
      const { WhatsAppWebEngine } = await import('./whatsapp-web/whatsapp-web-engine.ts');
      return new WhatsAppWebEngine();
    }
    case 'scripted': {
      const { ScriptedEngine } = await import('./scripted/scripted-engine.ts');
      return new ScriptedEngine();
    }
    default:
      throw new VigilError(
        'internal',
        `There is no engine "${name}"; there are "whatsapp-web" and "scripted".`,
      );
  }
}
