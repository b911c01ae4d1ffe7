/**
 * As which devices sessions run, or are about to: a copy of a profile is as good as the profile, and WhatsApp would see
 * two browsers of one device. Whoever comes second is not started, whatever its record says.
 */
import type { ProfileLayout } from '../engine/profile-layout.ts';
import type { SessionId } from '../session/id.ts';
import { profilePath } from '../volume/layout.ts';
import { hasOurs, type ProfileTools, survey } from './prepare-profile.ts';
import { deviceOf } from './verification/device.ts';

interface Taken {
  readonly device: string;
  /** Monotonic milliseconds. */
  readonly at: number;
}

export interface DevicesOptions extends ProfileTools {
  readonly profileLayout: ProfileLayout;
}

/** From the look at a profile until its browser shows among the processes; a launch is given up before that. */
const aboutToRun = 5 * 60_000;

export class Devices {
  readonly #options: DevicesOptions;
  readonly #taken = new Map<SessionId, Taken>();

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /** Of what lies in the session's place now. The session that runs as the same device; null when it may start. */
  async take(id: SessionId, signal: AbortSignal): Promise<SessionId | null> {
    this.release(id);
    const { clock } = this.#options;
    const device = await this.#deviceOf(id, signal);
    if (device === null) return null;
    for (;;) {
      // Looked up and taken without a pause: two copies may be looked at at the same time.
      const other = this.#holderOf(device, id);
      if (!other) {
        this.#taken.set(id, { device, at: clock.monotonic() });
        return null;
      }
      if (await this.#stillRuns(other, signal)) return other.id;
      if (this.#taken.get(other.id) === other.taken) this.#taken.delete(other.id);
    }
  }

  release(id: SessionId): void {
    this.#taken.delete(id);
  }

  #holderOf(device: string, but: SessionId): { readonly id: SessionId; readonly taken: Taken } | null {
    for (const [id, taken] of this.#taken) if (id !== but && taken.device === device) return { id, taken };
    return null;
  }

  /** It may have been given another login since, or have ended without a word. */
  async #stillRuns(
    { id, taken }: { readonly id: SessionId; readonly taken: Taken },
    signal: AbortSignal,
  ): Promise<boolean> {
    // A browser runs on without its profile, and what it writes just now may not be readable.
    const now = await this.#deviceOf(id, signal);
    if (now !== null && now !== taken.device) return false;
    if (this.#options.clock.monotonic() - taken.at < aboutToRun) return true;
    return hasOurs(await survey(id, this.#options));
  }

  #deviceOf(id: SessionId, signal: AbortSignal): Promise<string | null> {
    const { layout, profileLayout } = this.#options;
    return deviceOf(profilePath(layout, id), profileLayout, signal);
  }
}
