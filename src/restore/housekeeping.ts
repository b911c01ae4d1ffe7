/**
 * What may go, goes: old backups, what interruptions left of them, profiles in quarantine that a backup has superseded.
 * After a good backup of a session, never after a failed one; what does not rest on a new backup once a day as well. Behind
 * the backup and not within it: nobody waits for it, a session that is about to start least of all. What could not be done
 * keeps nobody from a backup, and is tried again after the next.
 */
import { lstat } from 'node:fs/promises';
import { applyCap } from '../backup/apply-cap.ts';
import { applyRetention } from '../backup/apply-retention.ts';
import { parseBackupId } from '../backup/backup-names.ts';
import { takenIds } from '../backup/catalogue.ts';
import { mayOpen } from '../backup/encryption.ts';
import type { KnownBackups } from '../backup/retained.ts';
import type { RetentionRules } from '../backup/retention.ts';
import type { Logger } from '../log.ts';
import type { Superseding } from '../profile/quarantine-policy.ts';
import { tidyQuarantine } from '../profile/tidy-quarantine.ts';
import type { SessionId } from '../session/id.ts';
import { backupAskedFor, type SessionRecord } from '../session/record.ts';
import type { BackupMark } from '../session/state.ts';
import { unlessAbsent } from '../system/errno.ts';
import { journalPath } from './journal.ts';
import type { RestoreTools } from './tools.ts';

export interface HousekeepingRules extends RetentionRules {
  /** Bytes that the vault may hold; null where it does not lie on the volume. */
  readonly cap: (() => Promise<number>) | null;
}

export interface BackupToTidyFor {
  /** As its record was when the backup began. */
  readonly session: SessionRecord;
  readonly backup: BackupMark;
  /** The login that it holds, and what lay in quarantine before its copy was made; null where nobody can say which. */
  readonly superseding: Superseding | null;
  /** Marks in the vault what WhatsApp did not take; false where that cannot be said, and refused ones would count as good. */
  readonly mark: (signal: AbortSignal) => Promise<boolean>;
}

export class Housekeeping {
  readonly #tools: RestoreTools;
  readonly #rules: HousekeepingRules;
  readonly #records: () => readonly SessionRecord[];
  readonly #log: Logger;
  readonly #ending = new AbortController();
  /** One after the other: two that keep the cap at a time would both remove what one of them need not. */
  #line: Promise<void> = Promise.resolve();

  /** `records`: of all sessions, as they are when it is called. */
  constructor(
    tools: RestoreTools,
    rules: HousekeepingRules,
    records: () => readonly SessionRecord[],
    log: Logger,
  ) {
    this.#tools = tools;
    this.#rules = rules;
    this.#records = records;
    this.#log = log;
  }

  /** Begins when it comes to it; `idle` tells when it is over. */
  afterGood(good: BackupToTidyFor): void {
    this.#line = this.#line.then(() => this.#afterGood(good, this.#ending.signal));
  }

  /** Resolves when nothing is left to be done. */
  async idle(): Promise<void> {
    let line: Promise<void>;
    do {
      line = this.#line;
      await line;
    } while (line !== this.#line);
  }

  /** Leaves what is under way, and whatever comes: a later backup makes up for it. */
  stop(): void {
    this.#ending.abort(new Error('The daemon is shutting down.'));
  }

  async #afterGood(good: BackupToTidyFor, signal: AbortSignal): Promise<void> {
    const { session, backup, superseding } = good;
    const { id } = session;
    if (signal.aborted || !this.#opensOwn(id) || !(await good.mark(signal))) return;
    await this.#attempt(id, 'Old backups', signal, () => this.#retain(session, backup.id, signal));
    await this.#attempt(id, 'The share of the volume that the vault takes', signal, () =>
      this.#cap(session, backup.id, signal),
    );
    await this.#attempt(id, 'Quarantine', signal, () => this.#tidy(id, superseding, signal));
  }

  /** One session after the other. Never rejects. */
  async daily(sessions: readonly SessionRecord[], signal: AbortSignal): Promise<void> {
    for (const session of sessions) {
      if (signal.aborted) return;
      if (!this.#opensOwn(session.id)) continue;
      // Which login a backup holds that was taken before nobody can say; only what needs none goes.
      const tidied = this.#line.then(() =>
        this.#attempt(session.id, 'Quarantine', signal, () => this.#tidy(session.id, null, signal)),
      );
      this.#line = tidied;
      await tidied;
    }
  }

  /**
   * What is encrypted for keys that are not here was never opened here, and may be encrypted for nobody: nothing is removed
   * on the strength of it.
   */
  #opensOwn(session: SessionId): boolean {
    const { encryption } = this.#tools;
    if (!encryption?.sealsFor || mayOpen(encryption.sealsFor, encryption)) return true;
    this.#log.info(
      { session, keys: encryption.sealsFor },
      'Nothing old is removed: backups are encrypted for keys that are not here',
    );
    return false;
  }

  async #retain(session: SessionRecord, taken: string, signal: AbortSignal): Promise<void> {
    const { id } = session;
    const request = { session: id, taken, ...this.#known(session), signal };
    const outcome = await applyRetention(request, { ...this.#tools, rules: this.#rules });
    const { refused, removed, swept, stayed, lost } = outcome;
    if (refused !== null) this.#log.warn({ session: id }, `No old backup was removed: ${refused}`);
    if (removed.length > 0) this.#log.info({ session: id, removed }, 'Old backups were removed');
    if (swept.length > 0)
      this.#log.info({ session: id, swept }, 'What interrupted backups had left was removed');
    if (stayed.length > 0)
      this.#log.warn({ session: id, stayed }, 'The vault still lists what was removed from it');
    // Of one that is forgotten meanwhile a person erases everything.
    if (lost.length > 0 && this.#current(id) !== null)
      this.#log.error(
        { session: id, lost },
        'Backups are gone from the vault that nobody here removed: look who else writes to it',
      );
  }

  async #cap(session: SessionRecord, taken: string, signal: AbortSignal): Promise<void> {
    const { cap } = this.#rules;
    if (cap === null) return;
    const most = await cap();
    // A part of a disk that does not say how large it is.
    if (most <= 0) return;
    const others = this.#records().filter(({ id }) => id !== session.id);
    const known = new Map([...others, session].map((one) => [one.id, this.#known(one)]));
    const now = this.#tools.clock.now();
    const request = { taken: { session: session.id, id: taken }, cap: most, known, now, signal };
    const { removed, held } = await applyCap(request, this.#tools);
    for (const one of removed)
      this.#log.info({ ...one }, 'A backup was removed: the vault is larger than its share of the volume');
    if (held > most)
      this.#log.warn(
        { held, most },
        'The newest good backups alone take more than VIGIL_VAULT_MAX of the volume, and stay: give it more room, or name a vault elsewhere (VIGIL_VAULT)',
      );
  }

  /** Also what the record has come to say since the backup began: a person may have asked for one of those. */
  #known(session: SessionRecord): KnownBackups {
    const records = [session, this.#current(session.id)].filter((one) => one !== null);
    const named = records.flatMap((one) => [
      one.restored?.id ?? null,
      backupAskedFor(one),
      one.backup?.id ?? null,
    ]);
    return {
      known: session.backup?.id ?? null,
      inUse: named.filter((one) => one !== null),
      rejected: records.flatMap(({ rejected }) => rejected),
    };
  }

  #current(session: SessionId): SessionRecord | null {
    return this.#records().find(({ id }) => id === session) ?? null;
  }

  async #tidy(session: SessionId, superseding: Superseding | null, signal: AbortSignal): Promise<void> {
    const { layout, clock, engine, vault } = this.#tools;
    // Of a restore that is under way, or was broken off: it names what lies in quarantine, and may bring it back.
    if (await unlessAbsent(lstat(journalPath(layout, session)))) return;
    const tools = { ...this.#tools, profileLayout: engine.layout };
    const times = async () => {
      // Without them nothing is as old as it has to be.
      const ids = await takenIds(vault, session, signal).catch(() => []);
      return ids.map((id) => parseBackupId(id)?.at).filter((at) => at !== undefined);
    };
    const facts = { now: clock.now(), superseding, times };
    for (const { path, why } of await tidyQuarantine(session, facts, tools, signal))
      this.#log.info({ session, path }, `A profile was removed from quarantine: ${why}`);
  }

  async #attempt(
    session: SessionId,
    what: string,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      signal.throwIfAborted();
      await work();
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ session, err: error }, `${what} could not be looked through`);
    }
  }
}
