/**
 * What must survive the loss of everything but the volume: whether a session is wanted, why it failed for
 * good, whether its login is settled. One file a session, `vigil/sessions/<id>.json`; it is the authority,
 * the registry its mirror, so that a lost registry never starts a stopped or logged-out session.
 */

import type { LoginEvidence } from '../profile/verdict.ts';
import type { SessionId } from './id.ts';
import type { BackupMark, FailureReason } from './state.ts';

/** A start of the session's engine, as the restart policy sees it. Milliseconds since the epoch. */
export interface StartEntry {
  readonly at: number;
  /** When it reached online; null when it never did. */
  readonly onlineAt: number | null;
  /** When it ended with a fault; null while it runs or when a person or the daemon ended it. */
  readonly faultAt: number | null;
}

/** Per-session settings; what is absent follows the daemon's. Durations in milliseconds. */
export interface SessionSettings {
  readonly heartbeat?: number;
  readonly watchdog?: number;
  readonly activity?: number;
  readonly presence?: boolean;
  /** Absolute path of the module; false: none, whatever the daemon's is. */
  readonly bot?: string | false;
}

/** The module that is loaded beside the session's client; null where there is none. */
export function botOf(settings: SessionSettings, daemons: string | null): string | null {
  return settings.bot === undefined ? daemons : settings.bot || null;
}

/** A restore that is to happen before the next launch, whatever crashes until then. */
export type DueRestore =
  /** A QR was shown where a login was expected. */
  | { readonly why: 'refused' }
  | {
      readonly why: 'person';
      readonly backup: string;
      /** What the session had failed with: so it is again when the backup cannot be had. */
      readonly failure: FailureReason | null;
      /** It was made of a profile that another program had: what WhatsApp makes of it is backed up anew. */
      readonly imported?: true;
    };

export interface SessionRecord {
  readonly version: 1;
  readonly id: SessionId;
  readonly wanted: 'online' | 'stopped';
  /** The terminal reason; only a person clears it. */
  readonly failure: FailureReason | null;
  /** `unknown`: nothing is known of it but its id; the profile and the vault are asked. `none`: never paired. `unsettled`: scanned, the login may not be on disk yet. `settled`: it is. */
  readonly login: 'unknown' | 'none' | 'unsettled' | 'settled';
  /** The login on disk is worthless (unlinked): it goes to quarantine before anything starts on it. */
  readonly forfeited: boolean;
  /** What there was to show for the login when it settled or was last backed up. */
  readonly evidence: LoginEvidence | null;
  /** The newest backup of this login. */
  readonly backup: BackupMark | null;
  /** The epoch in which this login was made: backups of an earlier one are of another device. */
  readonly pairedEpoch: number;
  /** When (milliseconds since the epoch): the records that epochs are counted in may have been lost since. */
  readonly pairedAt: number | null;
  readonly dueRestore: DueRestore | null;
  /** Where the profile in place came from, and when (ISO); null when it was never restored. */
  readonly restored: BackupMark | null;
  /** WhatsApp has taken what was restored: the session was online with it. */
  readonly restoredTaken: boolean;
  /** One backup was tried after a QR; there is no second try until the session has been online. */
  readonly rolledBack: boolean;
  /** Backups that WhatsApp did not take; never tried again by themselves. Oldest first. */
  readonly rejected: readonly string[];
  readonly phone: string | null;
  readonly name: string | null;
  readonly settings: SessionSettings;
  /** Of the latest claim; rises with each, across restarts of the daemon and moves of the volume. */
  readonly epoch: number;
  /** The latest starts, oldest first, bounded by the policy's window. */
  readonly starts: readonly StartEntry[];
  /** When the bot failed lately, oldest first; milliseconds since the epoch. Its own budget, apart from `starts`. */
  readonly botFaults: readonly number[];
  /** When another browser last took the device over; milliseconds since the epoch. */
  readonly conflictAt: number | null;
  /** ISO times. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastSeen: string | null;
  /** Restarts after a fault since the session was created. */
  readonly restarts: number;
}

/**
 * What a record holds of a login when there is none. Which backups WhatsApp did not take is no matter of one login: an id
 * is never used again.
 */
export const noLogin = {
  evidence: null,
  backup: null,
  pairedEpoch: 0,
  pairedAt: null,
  dueRestore: null,
  restored: null,
  restoredTaken: false,
  rolledBack: false,
} as const satisfies Partial<SessionRecord>;

export function newRecord(id: SessionId, now: number): SessionRecord {
  const at = new Date(now).toISOString();
  return {
    version: 1,
    id,
    wanted: 'online',
    failure: null,
    login: 'none',
    forfeited: false,
    ...noLogin,
    rejected: [],
    phone: null,
    name: null,
    settings: {},
    epoch: 0,
    starts: [],
    botFaults: [],
    conflictAt: null,
    createdAt: at,
    updatedAt: at,
    lastSeen: null,
    restarts: 0,
  };
}

/** The backup that a person has asked for and that is not in place yet; null when there is none. */
export function backupAskedFor({ dueRestore }: SessionRecord): string | null {
  return dueRestore?.why === 'person' ? dueRestore.backup : null;
}

/**
 * The backups that WhatsApp did not take, with the one that this profile came from; but not one that it has taken: what
 * is refused then is what became of the profile since, and that backup may be the only one.
 */
export function refused({ rejected, restored, restoredTaken }: SessionRecord): readonly string[] {
  return restored === null || restoredTaken || rejected.includes(restored.id)
    ? rejected
    : [...rejected, restored.id].slice(-32);
}

/** Without the restore that a person has asked for, as it was before; one that the ladder needs is still needed. */
export function calledOff({
  dueRestore,
  failure,
}: SessionRecord): Pick<SessionRecord, 'dueRestore' | 'failure'> {
  return dueRestore?.why === 'person'
    ? { dueRestore: null, failure: dueRestore.failure }
    : { dueRestore, failure };
}

/** A backup took the place of the profile: what the machine and the replay of a journal write down alike. */
export function withRestored(
  record: SessionRecord,
  backup: BackupMark,
  evidence: LoginEvidence,
  now: number,
): SessionRecord {
  const { dueRestore } = record;
  const asked = backupAskedFor(record);
  return {
    ...record,
    login: 'settled',
    forfeited: false,
    evidence,
    // A person may have asked for another one while this was on its way.
    dueRestore: asked === null || asked === backup.id ? null : dueRestore,
    restored: { id: backup.id, at: new Date(now).toISOString() },
    restoredTaken: false,
    // A person may go back behind the latest pairing: what is of that one is not of this login any more.
    ...(dueRestore?.why === 'person'
      ? { backup: dueRestore.imported ? null : backup, pairedEpoch: 0, pairedAt: null }
      : {}),
    // A person's choice begins anew; the ladder's does not.
    rolledBack: dueRestore?.why === 'refused' || (dueRestore === null && record.rolledBack),
  };
}

/** The settings with what is named changed; null removes one, so that it follows the daemon's again. */
export function patched(
  settings: SessionSettings,
  patch: { readonly [Key in keyof SessionSettings]?: SessionSettings[Key] | null },
): SessionSettings {
  const all = { ...settings, ...patch };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
}
