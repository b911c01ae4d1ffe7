/** Backups as sessions need them: from a copy of a profile to the vault, and from the vault into a profile's place. */
import { join } from 'node:path';
import { findBackup } from '../backup/catalogue.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Backups, BackupTaken, CopyReport, Restored, Task } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import type { RestoreChoice } from '../session/state.ts';
import { removeTree } from '../system/remove-tree.ts';
import { climb, type LadderOutcome } from './ladder.ts';
import { originOf, refusal } from './login-origin.ts';
import { type RestoredBackup, restoreBackup } from './restore-backup.ts';
import type { RestoreTools } from './tools.ts';

/** How often a copy is tried, and milliseconds between two tries. */
const copies = 3;
const betweenCopies = 2_000;

export class VolumeBackups implements Backups {
  readonly #tools: RestoreTools;
  readonly #log: Logger;

  constructor(tools: RestoreTools, log: Logger) {
    this.#tools = tools;
    this.#log = log;
  }

  async take(
    session: SessionRecord,
    copy: (target: string, signal: AbortSignal) => Promise<CopyReport>,
    { signal, progress }: Task,
  ): Promise<BackupTaken> {
    const { clock, disk } = this.#tools;
    const place = await openStaging('backup', session.id, this.#tools);
    try {
      const directory = join(place, 'profile');
      const { method, pause, versions } = await this.#copied(copy, directory, signal);
      const { manifest, warnings } = await takeBackup(
        {
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
        },
        this.#tools,
      );
      return { mark: { id: manifest.id, at: manifest.createdAt }, evidence: manifest.evidence, warnings };
    } finally {
      await closeStaging(place, disk);
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
