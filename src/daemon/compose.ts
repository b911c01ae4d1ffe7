/** The only place that builds the daemon's adapters and hands each its slice of the settings. */
import { getCompileCacheDir } from 'node:module';
import { TimedVault } from '../backup/timed-vault.ts';
import type { Vault } from '../backup/vault.ts';
import type { Settings } from '../config/settings.ts';
import { whatsappWeb } from '../engine/whatsapp-web/profile-layout.ts';
import { ChildHosts } from '../host/child-hosts.ts';
import type { Hosts } from '../host/host.ts';
import type { VaultOwner } from '../installation/vault-owner.ts';
import { registerSecret } from '../log/secrets.ts';
import type { Logger } from '../log.ts';
import { SoloOwnership } from '../ownership/solo.ts';
import { WithheldOwnership } from '../ownership/withheld.ts';
import { type Adoption, findProfiles } from '../profile/adopt.ts';
import { sessionMarker, volumeMarker } from '../profile/markers.ts';
import { VolumeProfiles } from '../profile/profiles.ts';
import { verifyProfile } from '../profile/verification/verify-profile.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { SnapshotKeeper } from '../recovery/snapshot-keeper.ts';
import { finishRestore } from '../restore/finish-restore.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { VolumeUpgrades } from '../restore/upgrades.ts';
import type { SessionId } from '../session/id.ts';
import { defaultPolicy } from '../session/policy.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { BoundedAdmission } from '../supervisor/admission.ts';
import type { BackupOperations } from '../supervisor/backup-operations.ts';
import { RecordedBackupIncidents } from '../supervisor/recorded-backup-incidents.ts';
import type { ScheduledBackups } from '../supervisor/scheduled-backups.ts';
import type { ScheduledDrills } from '../supervisor/scheduled-drills.ts';
import type { StandDown } from '../supervisor/stand-down.ts';
import { SupervisedBackups } from '../supervisor/supervised-backups.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { Clock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { type Look, requireDistinctId } from '../volume/distinct-id.ts';
import { liesOnVolume, type VolumeLayout } from '../volume/layout.ts';
import { requireBotFile } from './bot-file.ts';
import { type Browser, BrowserSource, type DownloadView } from './browser.ts';
import { composeBackups } from './compose-backups.ts';
import { composeRecovery, noticing } from './compose-recovery.ts';
import { composeSchedules } from './compose-schedules.ts';
import { eraseSession } from './erase-session.ts';
import { type OpenHistory, openHistory } from './history.ts';
import { holdVault } from './hold-vault.ts';
import { botEnvironment, hostEnvironment, secretsOfBots } from './host-environment.ts';
import { launchSpec } from './launch-spec.ts';
import { libraryVersion } from './library-version.ts';
import { openEncryption } from './open-encryption.ts';
import { openVault } from './open-vault.ts';
import { probeSettings } from './probe-settings.ts';
import { scheduleRules } from './schedule-rules.ts';
import { startsAtOnce } from './starts-at-once.ts';
import { keepUp } from './upkeep.ts';
import { warnOfForeignKeys } from './warn-of-foreign-keys.ts';
import { watchVault } from './watch-vault.ts';

export interface RuntimeOptions {
  readonly settings: Settings;
  readonly layout: VolumeLayout;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly uid: number;
  /** Places beside the volume's own cache where a set-up may have left a browser. */
  readonly browserCaches: readonly string[];
  /** A daemon, which starts what comes back; a command leaves that to the next one. */
  readonly serving?: boolean;
  /** Shows how far the download of a browser is; without it the log tells. */
  readonly downloading?: DownloadView | undefined;
  /** Instead of a process for each session. */
  readonly hosts?: Hosts;
  /** Instead of a browser that is looked for. */
  readonly browsers?: Browsers;
  /** Instead of the one that the settings name; waited for no longer than that one. */
  readonly vault?: Vault;
  /** Instead of the file system, where ids are compared. */
  readonly look?: Look;
}

export interface Browsers {
  /** Throws `chromium_not_found` or `chromium_too_old`; rejects with the signal's reason. */
  get(signal: AbortSignal): Promise<Browser>;
}

export interface Runtime {
  readonly supervisor: Supervisor;
  readonly backups: BackupOperations;
  /** Profiles of sessions other than these. */
  readonly findProfiles: (known: ReadonlySet<SessionId>, signal: AbortSignal) => Promise<Adoption>;
  /** The vault lies on the volume itself, and nobody else's sessions are in it. */
  readonly ownVault: boolean;
  /** Says whether the vault can be used, and keeps looking while it cannot. */
  readonly watchVault: (signal: AbortSignal) => Promise<void>;
  /** The right to write to the vault; null where nobody else can reach it. */
  readonly owner: VaultOwner | null;
  /** What follows from it for the sessions; null where nothing does. */
  readonly standDown: StandDown | null;
  readonly recovery: Recovery;
  /** What is kept in the vault for a recovery; null where the vault would be lost as well. */
  readonly snapshots: SnapshotKeeper | null;
  readonly records: RecordStore;
  /** Throws `session_refused` where the volume cannot tell a new session from one that is there. */
  readonly requireDistinct: (id: SessionId) => Promise<void>;
  readonly registry: OpenHistory['registry'];
  /** Of backups; those that an earlier run left open among them. */
  readonly incidents: RecordedBackupIncidents;
  /** Backups by themselves, once it is started. */
  readonly schedule: ScheduledBackups;
  /** Drills by themselves, the same. */
  readonly drills: ScheduledDrills;
  readonly browsers: Browsers;
  /** What is done once a day, until the signal aborts. Never rejects. */
  readonly upkeep: (signal: AbortSignal) => Promise<void>;
  /** How many sessions start at the same time. */
  readonly startsAtOnce: number;
  /** Resolves when what is done behind backups is over. Never rejects. */
  readonly tidied: () => Promise<void>;
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
  const history = await openHistory({
    path: layout.registry,
    clock,
    log,
    records: () => known(),
  });

  const incidents = new RecordedBackupIncidents({ clock, log, history });
  // What an earlier run left open; without a registry it begins anew.
  incidents.resume(await history.registry.openIncidents().catch(() => []));

  const browsers = options.browsers ?? new BrowserSource({ ...options, caches: options.browserCaches });
  const ofBots = botEnvironment(settings.botEnvironment, env);
  for (const secret of secretsOfBots(ofBots)) registerSecret(secret);
  const hosts =
    options.hosts ??
    new ChildHosts({
      clock,
      processes,
      volume: layout.root,
      heap: settings.hostHeap,
      env: hostEnvironment(env, getCompileCacheDir()),
      botEnv: ofBots,
      engine: whatsappWeb.name,
      reportFault: (fault) => log.error({ err: fault }, 'A listener of a host failed'),
      marks: (session) => [sessionMarker(session), volumeMarker(layout.root)],
    });
  const atOnce = startsAtOnce(settings.startConcurrency);
  const admission = new BoundedAdmission(atOnce);
  const ownership = new WithheldOwnership(new SoloOwnership((id) => supervisor.epochOf(id)));
  const stored = options.vault
    ? new TimedVault(options.vault, clock)
    : await openVault({ settings, layout, disk, clock, random: Math.random });
  const onVolume = liesOnVolume(settings.vault, layout);
  const { vault, owner, standDown, installation } = await holdVault({
    ...{ stored, onVolume, layout, disk, clock, log, incidents, ownership, records },
    sessions: () => supervisor.all,
  });
  const tools: RestoreTools = {
    layout,
    processes,
    disk,
    clock,
    vault,
    engine: whatsappWeb,
    browserVersion: async (signal) => (await browsers.get(signal)).version,
    verify: verifyProfile,
    encryption: await openEncryption({ settings, layout, clock, log }),
    floor: settings.spaceFloor,
  };
  const profiles = new VolumeProfiles({
    ...tools,
    profileLayout: whatsappWeb.layout,
    finishRestore: (id) => finishRestore(id, tools),
  });
  const { housekeeping, backups } = composeBackups({
    tools,
    settings,
    onVolume,
    log,
    incidents,
    records: () => known(),
  });
  const upgrades = new VolumeUpgrades(tools, () => libraryVersion(settings.library), log);
  const profilesOf = (known: ReadonlySet<SessionId>, signal: AbortSignal) =>
    findProfiles({ layout, profileLayout: whatsappWeb.layout, known, now: clock.now(), signal });
  const noticed = noticing(history, () => snapshots?.changed());
  const requireDistinct = (id: SessionId) => requireDistinctId(id, layout, options.look);
  const supervisor: Supervisor = new Supervisor({
    clock,
    log,
    requireDistinct,
    withheld: (id) => standDown?.refusal(id) ?? null,
    portsFor: (id) => ({
      clock,
      random: Math.random,
      policy: { ...defaultPolicy, sealAfter: settings.sealAfter, pairing: settings.pairingTimeout },
      intervals: probeSettings(settings),
      bot: settings.bot,
      requireBot: requireBotFile,
      log: log.child({ session: id }),
      backupIncidents: () => incidents.of(id),
      ownership,
      admission,
      profiles,
      backups,
      upgrades,
      hosts,
      records,
      history: noticed,
      specFor: async (session, signal) => launchSpec(session, settings, layout, await browsers.get(signal)),
    }),
  });

  const { recovery, snapshots } = composeRecovery({
    tools,
    clock,
    log,
    owner,
    installation,
    records,
    registry: history.registry,
    supervisor,
    schedule: scheduleRules(settings),
    named: settings.sessions,
    requireDistinct,
    adopt: (back) => supervisor.adopt(back, { start: options.serving === true }),
    profiles: async (signal) =>
      (await profilesOf(supervisor.ids, signal)).adopted.map(({ record: { id } }) => id),
  });
  known = () => supervisor.records;
  const { schedule, drills, scheduledDrills } = composeSchedules({
    tools,
    settings,
    supervisor,
    incidents,
    browser: (signal) => browsers.get(signal),
    env: hostEnvironment(env),
    log,
  });
  return {
    supervisor,
    backups: new SupervisedBackups({
      sessions: supervisor,
      tools,
      incidents,
      drills,
      log,
      serving: options.serving === true,
      async erase(id, signal) {
        const holders = { tools, records, registry: history.registry, requireDistinct };
        return eraseSession(id, holders, signal).finally(() => snapshots?.changed());
      },
      restoreRefusal: () => standDown?.restoreRefusal ?? null,
      recovery: { recovery, owner, vault: vault.name },
    }),
    findProfiles: profilesOf,
    ownVault: onVolume,
    watchVault: (signal) => watchVault({ vault: stored, clock, log, incidents }, signal),
    owner,
    standDown,
    recovery,
    snapshots,
    records,
    requireDistinct,
    registry: history.registry,
    incidents,
    schedule,
    drills: scheduledDrills,
    browsers,
    upkeep: (signal) =>
      keepUp(
        {
          clock,
          backups,
          housekeeping,
          lookAtKeys: (stop) => warnOfForeignKeys({ vault, encryption: tools.encryption, log }, stop),
          records: () => supervisor.records,
        },
        signal,
      ),
    startsAtOnce: atOnce,
    tidied: () => housekeeping.idle(),
    close: async () => {
      for (const one of [owner, snapshots, housekeeping, standDown]) await one?.stop();
      await Promise.all([housekeeping.idle(), scheduledDrills.stop()]);
      return history.close();
    },
  };
}
