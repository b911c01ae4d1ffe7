/** What the effects of a session need: from around it, and from the session itself. */
import type { Hosts } from '../host/host.ts';
import type { Logger } from '../log.ts';
import type { Ownership } from '../ownership/ownership.ts';
import type { Clock } from '../system/clock.ts';
import type { Offer } from './pairing-offer.ts';
import type { Admission, Backups, History, Profiles, Progress, Records, SpecFor, Upgrades } from './ports.ts';
import type { ProbeIntervals } from './probes.ts';
import type { SessionRecord } from './record.ts';
import type { CodeRequest } from './session-view.ts';
import type { SessionEvent } from './state.ts';

export interface EffectsPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly ownership: Ownership;
  readonly admission: Admission;
  readonly profiles: Profiles;
  readonly backups: Backups;
  readonly upgrades?: Upgrades;
  readonly hosts: Hosts;
  readonly records: Records;
  readonly history: History;
  readonly specFor: SpecFor;
  readonly log: Logger;
}

/** The session's side: where results go, and what they depend on. */
export interface EffectsOwner {
  post(event: SessionEvent, current: () => boolean): void;
  offer(offer: Offer): void;
  /** How it stands with a pairing code that a person asked for. */
  codeRequest(request: CodeRequest): void;
  record(): SessionRecord;
  /** The forfeited profile has been moved away: not before this is on the disk may another take its place. */
  noLongerForfeited(): Promise<void>;
  intervals(): ProbeIntervals;
  progress(progress: Progress): void;
  /** The session went on after so many failures of its bot. */
  botFailed(count: number): void;
}
