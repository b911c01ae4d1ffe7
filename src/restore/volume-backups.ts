/** Backups as sessions need them: from a copy of a profile to the vault, and from the vault into a profile's place. */
import { join } from 'node:path';
import { findBackup, listNames } from '../backup/catalogue.ts';
import type { BackupIncidents } from '../backup/incidents.ts';
import { markBackup } from '../backup/marks.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import { type BackupRequest, type TakenBackup, takeBackup } from '../backup/take-backup.ts';
import { VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { quarantinedNames } from '../profile/tidy-quarantine.ts';
import { deviceOf } from '../profile/verification/device.ts';
import type { Backups, BackupTaken, CopyReport, Restored, Task } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import type { RestoreChoice } from '../session/state.ts';
import { removeTree } from '../system/remove-tree.ts';
import type { BackupToTidyFor } from './housekeeping.ts';
import { climb, type LadderOutcome } from './ladder.ts';
import { originOf, refusal } from './login-origin.ts';
import { type RestoredBackup, restoreBackup } from './restore-backup.ts';
import type { RestoreTools } from './tools.ts';

/** How often a copy is tried, and milliseconds between two tries. */
const copies = 3;
const betweenCopies = 2_000;

/** What is told of a backup beside whoever asked for it, and done after a good one. */
export interface AroundBackups {
  readonly incidents: BackupIncidents;
  /** Begins it; whoever waits for the backup does not wait for that as well. */
  readonly afterGood: (good: BackupToTidyFor) => void;
}

const nothingAround: AroundBackups = {
  incidents: { raise() {}, resolve() {} },
  afterGood: () => {},
};

export class VolumeBackups implements Backups {
  readonly #tools: RestoreTools;
  readonly #log: Logger;
  readonly #around: AroundBackups;

  constructor(tools: RestoreTools, log: Logger, around: AroundBackups = nothingAround) {
    this.#tools = tools;
    this.#log = log;
    this.#around = around;
  }

  async take(
    session: SessionRecord,
    copy: (target: string, signal: AbortSignal) => Promise<CopyReport>,
    { signal, progress }: Task,
  ): Promise<BackupTaken> {
    const { clock, disk } = this.#tools;
    const place = await openStaging('backup', session.id, this.#tools);
    try {
      // What comes there later may be of a profile that is newer than the copy.
      const before = new Set(await quarantinedNames(session.id, this.#tools).catch(() => []));
      const directory = join(place, 'profile');
      const { method, pause, versions } = await this.#copied(copy, directory, signal);
      const taken = await this.#taken(session, {
        session: session.id,
        epoch: session.epoch,
        login: originOf(session),
        phone: session.phone,
        versions,
        copy: { method, pause },
        copiedAt: clock.now(),
        directory,
        expected: session.evidence,
        works: method === 'frozen',
        signal,
        progress,
      });
      const { manifest, demoted, warnings } = taken;
      const mark = { id: manifest.id, at: manifest.createdAt };
      if (demoted === null) {
        const device = await deviceOf(directory, this.#tools.engine.layout, signal);
        this.#around.afterGood({
          session,
          backup: mark,
          superseding: device === null ? null : { device, before },
          mark: (stop) => this.#markRejected(session, stop),
        });
      }
      return { mark, evidence: manifest.evidence, demoted, warnings };
    } finally {
      await closeStaging(place, disk);
    }
  }

  /** And whoever looks after backups is told what it says of the profile. */
  async #taken({ id }: SessionRecord, request: BackupRequest): Promise<TakenBackup> {
    const { incidents } = this.#around;
    try {
      const taken = await takeBackup(request, this.#tools);
      if (taken.demoted === null) incidents.resolve('backup_shrunk', id);
      else
        incidents.raise('backup_shrunk', id, {
          problem: taken.demoted,
          remedy: `Look whether session "${id}" has all its chats. If so: \`vigil backups ${id} --clear ${taken.manifest.id}\`. If not: \`vigil restore ${id}\`.`,
        });
      incidents.resolve('backup_failed', id);
      return taken;
    } catch (error) {
      if (error instanceof VigilError && error.code === 'profile_damaged')
        incidents.raise('backup_failed', id, {
          problem: error.message,
          remedy: `The backups before it are untouched. \`vigil restart ${id}\` has the profile looked at, and one of them put in its place where it needs that.`,
        });
      throw error;
    }
  }

  async markRejected(session: Pick<SessionRecord, 'id' | 'rejected'>, signal: AbortSignal): Promise<void> {
    await this.#markRejected(session, signal);
  }

  /** False where the vault did not take it. */
  async #markRejected(
    { id: session, rejected }: Pick<SessionRecord, 'id' | 'rejected'>,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (rejected.length === 0) return true;
    const why = 'WhatsApp did not take it: it showed a QR, or logged the device out.';
    try {
      for (const { id, marks } of await listNames(this.#tools.vault, session, signal)) {
        if (!rejected.includes(id) || marks.includes('rejected')) continue;
        await markBackup({ session, id }, 'rejected', { why }, this.#tools, signal);
        this.#log.info({ session, backup: id }, 'A backup was marked in the vault: WhatsApp did not take it');
      }
      return true;
    } catch (error) {
      // The record says so as well, until the next chance.
      this.#log.warn({ session, err: error }, 'What WhatsApp did not take could not be marked in the vault');
      return false;
    }
  }

  /** A machine that has much to do may not get its browser to stand still in time; a moment later it may. */
  async #copied(
    copy: (target: string, signal: AbortSignal) => Promise<CopyReport>,
    directory: string,
    signal: AbortSignal,
  ): Promise<CopyReport> {
    const { clock, disk } = this.#tools;
    for (let attempt = 1; ; attempt++) {
      try {
        return await copy(directory, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof VigilError) || error.code !== 'snapshot_failed' || attempt === copies)
          throw error;
        this.#log.debug({ err: error, attempt }, 'The copy is made again');
      }
      await removeTree(directory, disk, 'backup:again');
      await clock.sleep(betweenCopies, signal);
    }
  }

  async restore(
    session: SessionRecord,
    choice: RestoreChoice,
    { signal, progress }: Task,
  ): Promise<Restored | null> {
    const { id } = session;
    const options = { signal, progress };
    if ('backup' in choice) {
      const manifest = await findBackup(this.#tools.vault, id, choice.backup, signal);
      return this.#done(await restoreBackup(manifest, options, this.#tools));
    }
    await this.markRejected({ id, rejected: choice.except }, signal);
    const climbed = await climb(
      {
        ...options,
        session: id,
        refuse: (manifest) => refusal(manifest, session, choice.except),
        onPassedOver: ({ id: backup, why }) =>
          this.#log.warn({ session: id, backup, why }, 'A backup was passed over'),
      },
      this.#tools,
    );
    if (climbed.outcome === 'restored') return this.#done(climbed.restored);
    this.#requireListed(session, choice.except, climbed);
    return null;
  }

  /** An empty directory answers as well, where a disk should be mounted: that one was taken is the better witness. */
  #requireListed(
    { id, backup }: SessionRecord,
    except: readonly string[],
    { passedOver }: LadderOutcome,
  ): void {
    if (backup === null || except.includes(backup.id)) return;
    if (passedOver.some((one) => one.id === backup.id)) return;
    throw new VigilError(
      'backup_not_found',
      `The vault ${this.#tools.vault.name} lists no backup of session "${id}" that may be tried, although ${backup.id} was taken at ${backup.at}.`,
      {
        subject: id,
        remedy: `Mount or name the vault that holds it (VIGIL_VAULT). If its backups were removed on purpose, link the phone again: \`vigil pair ${id}\`.`,
      },
    );
  }

  #done({ backup, evidence, quarantined, warnings }: RestoredBackup): Restored {
    for (const warning of warnings) this.#log.warn({ session: backup.session, backup: backup.id }, warning);
    return { backup: { id: backup.id, at: backup.createdAt }, evidence, quarantined };
  }
}
