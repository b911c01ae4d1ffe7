import type { Settings } from '../config/settings.ts';
import type { ScheduleRules } from '../supervisor/scheduled-backups.ts';

/** Where no time zone is set, the machine's. */
export function scheduleRules(settings: Settings): ScheduleRules {
  const { backupAt, backupSpread, backupEvery, backupConcurrency, backupMaxAge, timeZone } = settings;
  return {
    at: backupAt,
    timeZone: timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    spread: backupSpread,
    every: backupEvery,
    concurrency: backupConcurrency,
    // Where nothing is backed up by itself, nothing is late.
    maxAge: backupAt === null && backupEvery === null ? null : backupMaxAge,
  };
}
