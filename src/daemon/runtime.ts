/** What composing a volume's sessions takes, and what comes of it. */
import type { Vault } from '../backup/vault.ts';
import type { Settings } from '../config/settings.ts';
import type { Hosts } from '../host/host.ts';
import type { VaultOwner } from '../installation/vault-owner.ts';
import type { Logger } from '../log.ts';
import type { Adoption } from '../profile/adopt.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { SnapshotKeeper } from '../recovery/snapshot-keeper.ts';
import type { SessionId } from '../session/id.ts';
import type { RecordStore } from '../session/record-store.ts';
import type { BackupOperations } from '../supervisor/backup-operations.ts';
import type { RecordedBackupIncidents } from '../supervisor/recorded-backup-incidents.ts';
import type { ScheduledBackups } from '../supervisor/scheduled-backups.ts';
import type { ScheduledDrills } from '../supervisor/scheduled-drills.ts';
import type { StandDown } from '../supervisor/stand-down.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Clock } from '../system/clock.ts';
import type { Look } from '../volume/distinct-id.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import type { Browser, DownloadView } from './browser.ts';
import type { OpenHistory } from './history.ts';

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
