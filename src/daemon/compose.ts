/** The only place that builds the daemon's adapters and hands each its slice of the settings. */
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { Settings } from '../config/settings.ts';
import { ChildHosts } from '../host/child-hosts.ts';
import type { Hosts } from '../host/host.ts';
import type { Logger } from '../log.ts';
import { SoloOwnership } from '../ownership/solo.ts';
import { sessionMarker, volumeMarker } from '../profile/markers.ts';
import { VolumeProfiles } from '../profile/profiles.ts';
import { defaultPolicy } from '../session/policy.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { BoundedAdmission } from '../supervisor/admission.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { defaultConcurrency, readCapacity } from '../system/capacity.ts';
import type { Clock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { type Browser, BrowserSource, type DownloadView } from './browser.ts';
import { hostEnvironment } from './host-environment.ts';
import { type OpenJournal, openJournal } from './journal.ts';
import { launchSpec } from './launch-spec.ts';

export interface RuntimeOptions {
  readonly settings: Settings;
  readonly layout: VolumeLayout;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly uid: number;
  /** Places beside the volume's own cache where a set-up may have left a browser. */
  readonly browserCaches: readonly string[];
  /** Shows how far the download of a browser is; without it the log tells. */
  readonly downloading?: DownloadView | undefined;
  /** Instead of a process for each session. */
  readonly hosts?: Hosts;
  /** Instead of a browser that is looked for. */
  readonly browsers?: Browsers;
}

export interface Browsers {
  /** Throws `chromium_not_found` or `chromium_too_old`; rejects with the signal's reason. */
  get(signal: AbortSignal): Promise<Browser>;
}

export interface Runtime {
  readonly supervisor: Supervisor;
  readonly records: RecordStore;
  readonly registry: OpenJournal['registry'];
  readonly browsers: Browsers;
  /** How many sessions start at the same time. */
  readonly startsAtOnce: number;
  close(): Promise<void>;
}

/** Everything of a volume's sessions, put together; nothing of it runs yet. The volume's lock is the caller's. */
export async function composeRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { settings, layout, env, clock, log } = options;
  const disk = new LinuxDisk();
  const records = new RecordStore(layout, disk, clock);
  const processes = new LinuxProcesses();
  // It opens before there is anything to put into it; a boot puts everything in.
  let known: () => readonly SessionRecord[] = () => [];
  const journal = await openJournal({
    path: layout.registry,
    clock,
    log,
    records: () => known(),
  });

  const browsers = options.browsers ?? new BrowserSource({ ...options, caches: options.browserCaches });
  const hosts =
    options.hosts ??
    new ChildHosts({
      clock,
      volume: layout.root,
      heap: settings.hostHeap,
      env: hostEnvironment(env),
      engine: 'whatsapp-web',
      reportFault: (fault) => log.error({ err: fault }, 'A listener of a host failed'),
      marks: (session) => [sessionMarker(session), volumeMarker(layout.root)],
    });
  const capacity = readCapacity({
    cores: availableParallelism(),
    totalMemory: totalmem(),
    freeMemory: freemem(),
  });
  const atOnce =
    settings.startConcurrency === 'auto' ? defaultConcurrency(capacity) : settings.startConcurrency;
  const admission = new BoundedAdmission(atOnce);
  const ownership = new SoloOwnership((id) => supervisor.epochOf(id));
  const profiles = new VolumeProfiles({ layout, processes, disk, clock, floor: settings.spaceFloor });

  const supervisor: Supervisor = new Supervisor({
    clock,
    log,
    portsFor: (id) => ({
      clock,
      random: Math.random,
      policy: { ...defaultPolicy, sealAfter: settings.sealAfter, pairing: settings.pairingTimeout },
      intervals: {
        heartbeat: settings.heartbeat,
        watchdog: settings.watchdog,
        activity: settings.activity,
        deadline: settings.probeDeadline,
        presence: settings.presence,
      },
      log: log.child({ session: id }),
      ownership,
      admission,
      profiles,
      hosts,
      records,
      journal,
      specFor: async (session, signal) => launchSpec(session, settings, layout, await browsers.get(signal)),
    }),
  });

  known = () => supervisor.records;
  return {
    supervisor,
    records,
    registry: journal.registry,
    browsers,
    startsAtOnce: atOnce,
    close: () => journal.close(),
  };
}
