/** What is done with backups without anybody asking for it, put together: when they are taken, and when they are drilled. */
import { OfflineChromium, type UsedBrowser } from '../chromium/offline-browser.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../log.ts';
import { drillMarker, volumeMarker } from '../profile/markers.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { BackupChoice } from '../supervisor/backup-choice.ts';
import { newestDemoted } from '../supervisor/backup-standing.ts';
import { Drills } from '../supervisor/drills.ts';
import type { RecordedBackupIncidents } from '../supervisor/recorded-backup-incidents.ts';
import { ScheduledBackups } from '../supervisor/scheduled-backups.ts';
import { ScheduledDrills } from '../supervisor/scheduled-drills.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { pingGoodRun } from './good-run-ping.ts';
import { scheduleRules } from './schedule-rules.ts';

export interface ComposeSchedules {
  readonly tools: RestoreTools;
  readonly settings: Settings;
  readonly supervisor: Supervisor;
  readonly incidents: RecordedBackupIncidents;
  readonly browser: (signal: AbortSignal) => Promise<UsedBrowser>;
  /** Of browsers. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

export interface Schedules {
  readonly schedule: ScheduledBackups;
  readonly drills: Drills;
  readonly scheduledDrills: ScheduledDrills;
}

export function composeSchedules(options: ComposeSchedules): Schedules {
  const { tools, settings, supervisor, incidents, env, log } = options;
  const { clock, processes, layout } = tools;
  const settled = () => supervisor.ready;
  const schedule = new ScheduledBackups({
    clock,
    log,
    rules: scheduleRules(settings),
    sessions: () => supervisor.all,
    settled,
    incidents,
    demoted: (session, signal) => newestDemoted(tools.vault, session, signal),
    ping: async () => {
      const { pingUrl: url } = settings;
      if (url !== null) await pingGoodRun({ url, clock, log, fetch });
    },
  });
  const browser = new OfflineChromium({
    browser: options.browser,
    marks: [volumeMarker(layout.root), drillMarker],
    env,
    clock,
    processes,
  });
  const choice = new BackupChoice({ ...tools, rejectedOf: (id) => supervisor.rejectedOf(id) });
  const drills = new Drills({ tools: { ...tools, browser }, choice, incidents, log });
  const scheduledDrills = new ScheduledDrills({
    clock,
    log,
    every: settings.drillEvery,
    sessions: () => supervisor.all.map(({ id }) => id),
    settled,
    busy: () => schedule.isBusy,
    drills,
    incidents,
  });
  return { schedule, drills, scheduledDrills };
}
