/** The only place that builds the daemon's adapters and hands each its slice of the settings. */
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { Settings } from '../config/settings.ts';
import { ChildHosts } from '../host/child-hosts.ts';
import type { Logger } from '../log.ts';
import { SoloOwnership } from '../ownership/solo.ts';
import { sessionMarker, volumeMarker } from '../profile/markers.ts';
import { VolumeProfiles } from '../profile/profiles.ts';
import type { SessionId } from '../session/id.ts';
import { defaultPolicy } from '../session/policy.ts';
import { newRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { BoundedAdmission } from '../supervisor/admission.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { defaultConcurrency, readCapacity } from '../system/capacity.ts';
import type { Clock } from '../system/clock.ts';
import { alarm } from '../system/deadline.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { bootRecords } from './boot-records.ts';
import { BrowserSource } from './browser.ts';
import { hostEnvironment } from './host-environment.ts';
import { openJournal } from './journal.ts';
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
}

export interface Runtime {
  readonly supervisor: Supervisor;
  /**
   * Finds the browser, then starts what is wanted. `first` is created where there is no session at all. Rejects
   * with the signal's reason when it aborts first; nothing was started then.
   */
  boot(first: SessionId | null, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export async function composeRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { settings, layout, env, clock, log } = options;
  const disk = new LinuxDisk();
  const records = new RecordStore(layout, disk, clock);
  const processes = new LinuxProcesses();
  const journal = await openJournal({
    path: layout.registry,
    clock,
    log,
    records: () => supervisor.records,
  });

  const browsers = new BrowserSource({
    settings,
    layout,
    env,
    caches: options.browserCaches,
    uid: options.uid,
    clock,
    log,
  });
  let browserEnv: NodeJS.ProcessEnv = {};
  const hosts = new ChildHosts({
    clock,
    volume: layout.root,
    heap: settings.hostHeap,
    env: () => hostEnvironment(env, browserEnv),
    engine: 'whatsapp-web',
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
  const ownership = new SoloOwnership();
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
      specFor: async (session, signal) => {
        const browser = await browsers.get(signal);
        browserEnv = browser.env;
        return launchSpec(session, settings, layout, browser);
      },
    }),
  });

  return {
    supervisor,
    async boot(first, signal) {
      const read = await records.readAll();
      const found = await bootRecords({
        read,
        registry: journal.registry,
        wanted: settings.sessions,
        now: clock.now(),
        log,
      });
      const known = new Set(read.records.map((record) => record.id));
      const fresh = found.filter((record) => !known.has(record.id));
      if (found.length === 0 && first !== null) fresh.push(newRecord(first, clock.now()));
      // On the disk before anything is done about them: a crash now must not forget that they are wanted.
      for (const record of fresh) await records.write(record);
      const patience = alarm(clock, browserDeadline, 'finding a browser');
      await browsers.get(AbortSignal.any([patience.signal, signal])).finally(() => patience.cancel());
      log.info(
        { sessions: found.length + (found.length === 0 ? fresh.length : 0), atOnce },
        'Starting the sessions that are wanted',
      );
      supervisor.boot(found.length === 0 ? fresh : found);
    },
    close: () => journal.close(),
  };
}

/** A first start may have to download one. */
const browserDeadline = 10 * 60_000;
