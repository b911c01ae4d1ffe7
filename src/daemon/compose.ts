/** The only place that builds the daemon's adapters and hands each its slice of the settings. */
import { getCompileCacheDir } from 'node:module';
import { TimedVault } from '../backup/timed-vault.ts';
import { whatsappWeb } from '../engine/whatsapp-web/profile-layout.ts';
import { ChildHosts } from '../host/child-hosts.ts';
import { registerSecret } from '../log/secrets.ts';
import { SoloOwnership } from '../ownership/solo.ts';
import { WithheldOwnership } from '../ownership/withheld.ts';
import { findProfiles } from '../profile/adopt.ts';
import { sessionMarker, volumeMarker } from '../profile/markers.ts';
import { VolumeProfiles } from '../profile/profiles.ts';
import { verifyProfile } from '../profile/verification/verify-profile.ts';
import { finishRestore } from '../restore/finish-restore.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { VolumeUpgrades } from '../restore/upgrades.ts';
import type { SessionId } from '../session/id.ts';
import { defaultPolicy } from '../session/policy.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { BoundedAdmission } from '../supervisor/admission.ts';
import { RecordedBackupIncidents } from '../supervisor/recorded-backup-incidents.ts';
import { SupervisedBackups } from '../supervisor/supervised-backups.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { requireDistinctId } from '../volume/distinct-id.ts';
import { liesOnVolume } from '../volume/layout.ts';
import { requireBotFile } from './bot-file.ts';
import { BrowserSource } from './browser.ts';
import { composeBackups } from './compose-backups.ts';
import { composeRecovery, noticing } from './compose-recovery.ts';
import { composeSchedules } from './compose-schedules.ts';
import { eraseSession } from './erase-session.ts';
import { openHistory } from './history.ts';
import { holdVault } from './hold-vault.ts';
import { botEnvironment, hostEnvironment, secretsOfBots } from './host-environment.ts';
import { launchSpec } from './launch-spec.ts';
import { libraryVersion } from './library-version.ts';
import { openEncryption } from './open-encryption.ts';
import { openVault } from './open-vault.ts';
import { probeSettings } from './probe-settings.ts';
import type { Runtime, RuntimeOptions } from './runtime.ts';
import { scheduleRules } from './schedule-rules.ts';
import { startsAtOnce } from './starts-at-once.ts';
import { keepUp } from './upkeep.ts';
import { warnOfForeignKeys } from './warn-of-foreign-keys.ts';
import { watchVault } from './watch-vault.ts';

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
