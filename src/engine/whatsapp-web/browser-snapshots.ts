/** Snapshots of one launch's profile, with the versions of what wrote it. */
import { join } from 'node:path';
import { VigilError } from '../../errors.ts';
import type { FreezePorts } from '../../snapshot/freeze.ts';
import { LiveSnapshot } from '../../snapshot/live-snapshot.ts';
import type { Disk } from '../../system/disk.ts';
import type { EngineEvent, FreezeWatcher, LaunchSpec, SnapshotReport } from '../engine.ts';
import { whatsappWebProfile } from './profile-layout.ts';

export class BrowserSnapshots {
  readonly #live: LiveSnapshot;
  #versions: SnapshotReport['versions'];

  constructor(
    { sessionsRoot, profile: name }: LaunchSpec,
    library: string | null,
    ports: FreezePorts & { readonly disk: Disk },
  ) {
    const profile = join(sessionsRoot, name);
    this.#live = new LiveSnapshot({ ...ports, profile, layout: whatsappWebProfile });
    this.#versions = { library, browser: null, web: null };
  }

  /** Versions become known by what the engine says: this hears it on its way. */
  noting(emit: (event: EngineEvent) => void): (event: EngineEvent) => void {
    return (event) => {
      if (event.type === 'browser') this.#versions = { ...this.#versions, browser: event.version };
      if (event.type === 'ready') this.#versions = { ...this.#versions, web: event.webVersion };
      emit(event);
    };
  }

  /** Resolves when the browser runs. */
  get thawed(): Promise<void> {
    return this.#live.thawed;
  }

  /** Lets the browser run for good: it is about to be ended. */
  end(): Promise<void> {
    return this.#live.end();
  }

  /** `browser`: its pid, or null when none runs. */
  async take(
    browser: number | null,
    target: string,
    watcher: FreezeWatcher,
    signal: AbortSignal,
  ): Promise<SnapshotReport> {
    if (browser === null) throw new VigilError('snapshot_failed', 'The engine is not running.');
    const taken = await this.#live.take({ browser, target, watcher }, signal);
    return { method: 'frozen', ...taken, layout: whatsappWebProfile.version, versions: this.#versions };
  }
}
