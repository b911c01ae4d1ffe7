import type { Settings } from '../config/settings.ts';
import type { ProbeIntervals } from '../session/probes.ts';

/** What each session follows that has no setting of its own. */
export function probeSettings(settings: Settings): ProbeIntervals {
  const { heartbeat, watchdog, activity, presence, probeDeadline: deadline } = settings;
  return { heartbeat, watchdog, activity, deadline, presence };
}
