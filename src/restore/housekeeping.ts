/**
 * What may go, goes: old backups, what interruptions left of them, profiles in quarantine that a backup has superseded.
 * After a good backup of a session, never after a failed one; what does not rest on a new backup once a day as well. What
 * could not be done keeps nobody from a backup, and is tried again after the next.
 */
import { lstat } from 'node:fs/promises';
import { applyCap } from '../backup/apply-cap.ts';
import { applyRetention } from '../backup/apply-retention.ts';
import { backupsOf, isGood } from '../backup/catalogue.ts';
import { mayOpen } from '../backup/encryption.ts';
import type { RetentionRules } from '../backup/retention.ts';
import type { Logger } from '../log.ts';
import { tidyQuarantine } from '../profile/tidy-quarantine.ts';
import { deviceOf } from '../profile/verification/device.ts';
import type { SessionId } from '../session/id.ts';
import { backupAskedFor, type SessionRecord } from '../session/record.ts';
import type { BackupMark } from '../session/state.ts';
import { unlessAbsent } from '../system/errno.ts';
import { profilePath } from '../volume/layout.ts';
import { journalPath } from './journal.ts';
import type { RestoreTools } from './tools.ts';

export interface HousekeepingRules extends RetentionRules {
  /** Bytes that the vault may hold; null where it does not lie on the volume. */
  readonly cap: (() => Promise<number>) | null;
}

type Superseding = { readonly at: number; readonly device: string } | null;

export class Housekeeping {
  readonly #tools: RestoreTools;
  readonly #rules: HousekeepingRules;
  readonly #log: Logger;
  /** The cap concerns all sessions: two that keep it at a time would both remove what one of them need not. */
  #capping: Promise<unknown> = Promise.resolve();

  constructor(tools: RestoreTools, rules: HousekeepingRules, log: Logger) {
    this.#tools = tools;
    this.#rules = rules;
    this.#log = log;
  }

  /** `copy`: of the profile that was backed up. Never rejects. */
  async afterGood(
    session: SessionRecord,
    backup: BackupMark,
    copy: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = session;
    if (!this.#opensOwn(id)) return;
    await this.#attempt(id, 'Old backups', signal, () => this.#retain(session, backup.id, signal));
    await this.#attempt(id, 'The share of the volume that the vault takes', signal, () =>
      this.#cap(id, backup.id, signal),
    );
    await this.#attempt(id, 'Quarantine', signal, async () => {
      const device = await deviceOf(copy, this.#tools.engine.layout, signal);
      await this.#tidy(id, device === null ? null : { at: Date.parse(backup.at), device }, signal);
    });
  }

  /** One session after the other. Never rejects. */
  async daily(sessions: readonly SessionRecord[], signal: AbortSignal): Promise<void> {
    for (const session of sessions) {
      if (signal.aborted) return;
      if (!this.#opensOwn(session.id)) continue;
      await this.#attempt(session.id, 'Quarantine', signal, async () =>
        this.#tidy(session.id, await this.#superseding(session, signal), signal),
      );
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
    const asked = backupAskedFor(session);
    const inUse = [session.restored?.id ?? null, asked].filter((one) => one !== null);
    const request = { session: id, taken, known: session.backup?.id ?? null, inUse, signal };
    const outcome = await applyRetention(request, { ...this.#tools, rules: this.#rules });
    const { refused, removed, swept, stayed, lost } = outcome;
    if (refused !== null) this.#log.warn({ session: id }, `No old backup was removed: ${refused}`);
    if (removed.length > 0) this.#log.info({ session: id, removed }, 'Old backups were removed');
    if (swept.length > 0)
      this.#log.info({ session: id, swept }, 'What interrupted backups had left was removed');
    if (stayed.length > 0)
      this.#log.warn({ session: id, stayed }, 'The vault still lists what was removed from it');
    if (lost.length > 0)
      this.#log.error(
        { session: id, lost },
        'Backups are gone from the vault that nobody here removed: look who else writes to it',
      );
  }

  #cap(session: SessionId, taken: string, signal: AbortSignal): Promise<void> {
    const { cap } = this.#rules;
    if (cap === null) return Promise.resolve();
    const capped = this.#capping.then(async () => {
      const most = await cap();
      const { removed, held } = await applyCap({ session, id: taken }, most, this.#tools.vault, signal);
      for (const one of removed)
        this.#log.info({ ...one }, 'A backup was removed: the vault is larger than its share of the volume');
      if (held > most)
        this.#log.warn(
          { held, most },
          'The newest good backups alone take more than VIGIL_VAULT_MAX of the volume, and stay: give it more room, or name a vault elsewhere (VIGIL_VAULT)',
        );
    });
    this.#capping = capped.catch(() => {});
    return capped;
  }

  async #tidy(session: SessionId, backup: Superseding, signal: AbortSignal): Promise<void> {
    const { layout, clock, engine } = this.#tools;
    // Of a restore that is under way, or was broken off: it names what lies in quarantine, and may bring it back.
    if (await unlessAbsent(lstat(journalPath(layout, session)))) return;
    const tools = { ...this.#tools, profileLayout: engine.layout };
    const facts = { now: clock.now(), backup };
    for (const { path, why } of await tidyQuarantine(session, facts, tools, signal))
      this.#log.info({ session, path }, `A profile was removed from quarantine: ${why}`);
  }

  /** The backup that the record names, where the vault holds it and it is good, and the profile in place is of its login. */
  async #superseding(session: SessionRecord, signal: AbortSignal): Promise<Superseding> {
    const { layout, engine, vault } = this.#tools;
    const { backup, id, login } = session;
    if (login !== 'settled' || backup === null) return null;
    const device = await deviceOf(profilePath(layout, id), engine.layout, signal);
    if (device === null) return null;
    for await (const listed of backupsOf(vault, id, signal)) {
      if (listed.id !== backup.id) continue;
      if ('problem' in listed || !isGood(listed)) return null;
      const { encryption } = listed.manifest;
      if (encryption && !mayOpen(encryption.keys, this.#tools.encryption)) return null;
      return { at: Date.parse(listed.manifest.createdAt), device };
    }
    return null;
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
