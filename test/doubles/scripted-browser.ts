import type { OfflineBrowser, OfflineFindings, OfflineLook } from '../../src/drill/offline-browser.ts';
import { evidence } from './backup-world.ts';

/** A browser without a network that finds in a profile what the test says: at first, what plain ones are said to hold. */
export class ScriptedBrowser implements OfflineBrowser {
  installed = '156.0.8078.79';
  refusal: Error | null = null;
  readonly asked: OfflineLook[] = [];
  opens: (look: OfflineLook, signal: AbortSignal) => Promise<OfflineFindings> = async () => ({
    ...evidence,
    problems: [],
  });

  async version(): Promise<string> {
    if (this.refusal) throw this.refusal;
    return this.installed;
  }

  look(look: OfflineLook, signal: AbortSignal): Promise<OfflineFindings> {
    this.asked.push(look);
    return this.opens(look, signal);
  }
}
