/** How often one session is asked: its own settings, then the daemon's. */
import type { ProbeIntervals } from './probes.ts';
import type { SessionSettings } from './record.ts';

/** @param suspect milliseconds between two questions of the watchdog while the session is suspect, else null */
export function intervalsOf(
  { heartbeat, watchdog, activity, presence }: SessionSettings,
  daemon: ProbeIntervals,
  suspect: number | null,
): ProbeIntervals {
  return {
    // Zero is a session's own word for off.
    heartbeat: heartbeat === undefined ? daemon.heartbeat : heartbeat || null,
    watchdog: suspect ?? watchdog ?? daemon.watchdog,
    activity: activity === undefined ? daemon.activity : activity || null,
    deadline: daemon.deadline,
    presence: presence ?? daemon.presence,
  };
}
