/** What a session needs from around it. Each is implemented elsewhere and handed in by compose.ts. */
import type { LaunchSpec } from '../engine/engine.ts';
import type { Incident, TransitionEntry } from './history.ts';
import type { SessionId } from './id.ts';
import type { SessionRecord } from './record.ts';

/** The session's profile on the volume. Calls of one session are never concurrent. */
export interface Profiles {
  /**
   * Makes sure that nobody's browser is on the profile, strips its locks, and moves it to quarantine first
   * when it is forfeited. Says whether there is a profile. Throws `profile_in_use`, `disk_full` and the like.
   */
  prepare(
    id: SessionId,
    options: { readonly forfeited: boolean; readonly signal: AbortSignal },
  ): Promise<{ exists: boolean }>;
  /** Moves the profile away; null when there was none. Never deletes. */
  quarantine(id: SessionId, reason: string): Promise<string | null>;
  /** Ends whatever of ours still runs on the profile after its host has ended. Bounded; true when nothing is left. */
  reap(id: SessionId): Promise<boolean>;
}

/** Room to start: bounds how many sessions start at once. */
export interface Admission {
  /** Resolves when there is room; the release may be called repeatedly. */
  enter(id: SessionId, signal: AbortSignal): Promise<() => void>;
}

export interface Records {
  /** Atomic and durable: the old record or the new one. */
  write(record: SessionRecord): Promise<void>;
}

/** The history; never fails, may lose entries when the registry is lost. */
export interface Journal {
  record(record: SessionRecord): void;
  transition(entry: TransitionEntry): void;
  incident(incident: Incident): void;
}

/** The launch of this very session, once the browser and its arguments are known. Throws `chromium_not_found`. */
export type SpecFor = (id: SessionId, signal: AbortSignal) => Promise<LaunchSpec>;
