import type { Settings } from '../config/settings.ts';
import type { Logger } from '../log.ts';
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';

export interface BootOptions {
  readonly settings: Pick<Settings, 'sessions' | 'library' | 'takeOver'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Created where there is no session at all. */
  readonly first: SessionId | null;
  /** Ends the boot with its reason; nothing was started then. */
  readonly signal: AbortSignal;
}
