import type { SessionId } from '../session/id.ts';
import type { Profiles } from '../session/ports.ts';
import { endOurs, hasOurs, prepareProfile, survey } from './prepare-profile.ts';
import { type QuarantineOptions, quarantineProfile } from './quarantine.ts';

/** A browser whose host is gone notices by its pipe and closes cleanly; measured: within three seconds. */
const reapGrace = 4_000;

/** The profiles on the volume, as sessions need them. */
export class VolumeProfiles implements Profiles {
  readonly #options: QuarantineOptions;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  async prepare(
    id: SessionId,
    { forfeited, signal }: { readonly forfeited: boolean; readonly signal: AbortSignal },
  ): Promise<{ exists: boolean }> {
    const { exists } = await prepareProfile(id, this.#options, signal);
    if (!forfeited || !exists) return { exists };
    await this.quarantine(id, 'forfeited');
    return { exists: false };
  }

  quarantine(id: SessionId, reason: string): Promise<string | null> {
    return quarantineProfile(id, reason, this.#options);
  }

  async reap(id: SessionId): Promise<boolean> {
    const found = await survey(id, this.#options);
    if (!hasOurs(found)) return true;
    // Bounded by its own deadlines; whoever gives up on it must not leave a browser half killed.
    const never = new AbortController().signal;
    return endOurs(found, this.#options, { grace: reapGrace, signal: never });
  }
}
