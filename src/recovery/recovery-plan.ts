/**
 * What each session of a lost volume becomes, from what its installation had left in the vault: its record as it was last,
 * and its backups. Pure. What was stopped or had failed stays that; what was paired since the snapshot is known by its
 * backup alone.
 */
import type { UsableBackup } from '../backup/catalogue.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord, noLogin, type SessionRecord } from '../session/record.ts';

/**
 * `there`: the volume knows it, and it is left alone. `restore`: its newest good backup takes its place, and it starts.
 * `stopped`, `failed`: as it was; a person starts it. `pair`: it had no login, so it shows a QR. `lost`: it had one, and no
 * backup can be used.
 */
export type RecoveryAction = 'there' | 'restore' | 'stopped' | 'failed' | 'pair' | 'lost';

export interface PlannedSession {
  readonly session: SessionId;
  readonly action: RecoveryAction;
  /** The newest that may be tried; the ladder decides when it comes to it. */
  readonly backup: UsableBackup | null;
  /** What is written; null where the volume knows the session. */
  readonly record: SessionRecord | null;
  /** Nobody remembers whether it was wanted. */
  readonly guessed: boolean;
}

export interface RecoverySources {
  /** From the newest snapshot; empty where there is none. */
  readonly records: readonly SessionRecord[];
  /** Of each session the newest good backup, by what its marks and records say. */
  readonly backups: ReadonlyMap<SessionId, UsableBackup>;
  /** Sessions that the settings ask for. */
  readonly named: readonly SessionId[];
  /** What the volume has of them: a record, a profile. */
  readonly there: ReadonlySet<SessionId>;
  /** A person has looked at the plan: what nobody remembers is taken for wanted. */
  readonly agreed: boolean;
  readonly now: number;
}

export function recoveryPlan(sources: RecoverySources): readonly PlannedSession[] {
  const { records, backups, named, there } = sources;
  const remembered = new Map(records.map((record) => [record.id, record]));
  const all = new Set([...remembered.keys(), ...backups.keys(), ...named]);
  return [...all].sort().map((session): PlannedSession => {
    const backup = backups.get(session) ?? null;
    if (there.has(session)) return { session, action: 'there', backup, record: null, guessed: false };
    const before = remembered.get(session);
    const record = before ? again(before, backup) : unremembered(session, backup, sources);
    const guessed = !before && !named.includes(session);
    return { session, action: actionOf(record, backup), backup, record, guessed };
  });
}

function actionOf({ failure, wanted, login }: SessionRecord, backup: UsableBackup | null): RecoveryAction {
  if (failure !== null) return 'failed';
  if (wanted === 'stopped') return 'stopped';
  if (login !== 'settled') return 'pair';
  return backup === null ? 'lost' : 'restore';
}

/** As it was, on a volume that has no profile of it. */
function again(record: SessionRecord, backup: UsableBackup | null): SessionRecord {
  const base: SessionRecord = {
    ...record,
    forfeited: false,
    restored: null,
    restoredTaken: false,
    starts: [],
    botFaults: [],
    epoch: Math.max(record.epoch, backup?.manifest.epoch ?? 0),
  };
  if (backup && isPairedSince(record, backup))
    return { ...base, ...noLogin, ...loginOf(backup), failure: null };
  if (record.login === 'settled') return base;
  // A login that was being made was on the volume alone.
  return { ...base, ...noLogin, rejected: record.rejected, login: 'none' };
}

function unremembered(
  session: SessionId,
  backup: UsableBackup | null,
  { named, agreed, now }: RecoverySources,
): SessionRecord {
  const wanted = agreed || named.includes(session) ? 'online' : 'stopped';
  const record: SessionRecord = { ...newRecord(session, now), wanted };
  return backup ? { ...record, ...loginOf(backup), epoch: backup.manifest.epoch } : record;
}

/**
 * The epoch rises with each claim, whatever clocks do: a login that was made in a later one than the snapshot knows is newer
 * than it, and so is one of the same epoch where the snapshot knew of none yet. A logout of that very epoch came after it.
 */
function isPairedSince(record: SessionRecord, { manifest: { login } }: UsableBackup): boolean {
  if (login === null) return false;
  if (login.epoch > record.epoch) return true;
  return login.epoch === record.epoch && record.login !== 'settled' && record.failure === null;
}

function loginOf({ manifest }: UsableBackup): Partial<SessionRecord> {
  const { createdAt, evidence, id, login, phone } = manifest;
  return {
    login: 'settled',
    evidence,
    backup: { id, at: createdAt },
    pairedEpoch: login?.epoch ?? 0,
    pairedAt: login === null ? null : Date.parse(login.at),
    phone,
  };
}
