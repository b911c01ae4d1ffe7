/** The way back of a whole volume, and what is kept in the vault for it. */
import type { VaultOwner } from '../installation/vault-owner.ts';
import type { Logger } from '../log.ts';
import { lastSnapshots } from '../recovery/last-snapshots.ts';
import type { SnapshotReader } from '../recovery/read-snapshot.ts';
import { Recovery, type RecoveryPorts } from '../recovery/recovery.ts';
import { SnapshotKeeper } from '../recovery/snapshot-keeper.ts';
import { stateDigest } from '../recovery/state-digest.ts';
import { takeSnapshot } from '../recovery/take-snapshot.ts';
import type { Registry } from '../registry/registry.ts';
import { SqliteRegistry } from '../registry/sqlite.ts';
import type { SessionId } from '../session/id.ts';
import type { History } from '../session/ports.ts';
import type { RecordStore } from '../session/record-store.ts';
import { dueSince } from '../supervisor/backup-due.ts';
import type { ScheduleRules } from '../supervisor/scheduled-backups.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Clock } from '../system/clock.ts';
import { latestRun } from '../system/cron-runs.ts';

export interface ComposeRecovery {
  readonly tools: SnapshotReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly owner: VaultOwner | null;
  readonly installation: string;
  readonly records: RecordStore;
  readonly registry: Registry;
  readonly supervisor: Supervisor;
  /** Of backups; the history goes with it. */
  readonly schedule: Pick<ScheduleRules, 'at' | 'timeZone'>;
  readonly named: readonly SessionId[];
  readonly requireDistinct: (id: SessionId) => Promise<void>;
  readonly adopt: RecoveryPorts['adopt'];
  /** Sessions whose profiles lie on the volume, with a record or without. */
  readonly profiles: (signal: AbortSignal) => Promise<readonly SessionId[]>;
}

export function composeRecovery(options: ComposeRecovery): {
  readonly recovery: Recovery;
  /** Null where the vault lies on the volume: it would be lost together with what is kept in it. */
  readonly snapshots: SnapshotKeeper | null;
} {
  const { tools, clock, log, owner, records, registry, supervisor, named, requireDistinct } = options;
  const recovery = new Recovery({
    tools,
    clock,
    log,
    owner,
    records,
    requireDistinct,
    named,
    adopt: options.adopt,
    registry,
    there: async (signal) => new Set([...supervisor.ids, ...(await options.profiles(signal))]),
    async openRegistry(path) {
      const opened = new SqliteRegistry({ path, clock, onReplaced: () => {} });
      await opened.open();
      return opened;
    },
  });
  return { recovery, snapshots: owner ? keeper(options) : null };
}

/** The same history, which says as well that something of a record may have changed. */
export function noticing(history: History, changed: () => void): History {
  return {
    record(record) {
      history.record(record);
      changed();
    },
    transition: (entry) => history.transition(entry),
    incident: (incident) => history.incident(incident),
  };
}

/** Where no schedule is set. */
const day = 86_400_000;

function keeper(options: ComposeRecovery): SnapshotKeeper {
  const { tools, clock, log, installation, registry, supervisor, schedule } = options;
  return new SnapshotKeeper({
    clock,
    log,
    digest: () => (supervisor.records.length === 0 ? null : stateDigest(supervisor.records)),
    last: (signal) => lastSnapshots(tools.vault, installation, signal),
    due: (withRegistry, now) => {
      const { at, timeZone } = schedule;
      const run = at === null ? null : latestRun(at, timeZone, now);
      const rules = { run, spread: 0, every: at === null ? day : null };
      return dueSince({ id: 'registry', newest: withRegistry, writtenAt: null }, rules, now) !== null;
    },
    async take(withRegistry, signal) {
      const request = { records: supervisor.records, registry: withRegistry ? registry : null, signal };
      const { state, id } = await takeSnapshot(request, { ...tools, clock, installation });
      log.debug({ snapshot: id }, 'A snapshot of the registry was taken');
      return state;
    },
  });
}
