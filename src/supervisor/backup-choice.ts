/** The backups of sessions as they are asked for: which one is meant, and what people are told of it. */
import { backupsOf, findUsable, type ListedBackup, type UsableBackup } from '../backup/catalogue.ts';
import { VigilError } from '../errors.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import type { BackupView, WhichBackup } from './backup-operations.ts';
import { backupView } from './backup-view.ts';

export interface BackupChoicePorts extends Pick<RestoreTools, 'vault' | 'encryption'> {
  /** Backups that WhatsApp did not take, as the session's record has them; none of a session that is not known. */
  readonly rejectedOf: (id: SessionId) => readonly string[];
}

export class BackupChoice {
  readonly #ports: BackupChoicePorts;

  constructor(ports: BackupChoicePorts) {
    this.#ports = ports;
  }

  /** One that WhatsApp did not take is only had by its id, one that was demoted where there is no other. */
  async which(id: SessionId, which: WhichBackup, signal: AbortSignal): Promise<UsableBackup> {
    const { vault } = this.#ports;
    if (typeof which === 'object' && 'id' in which)
      return findUsable(vault, { session: id, id: which.id }, signal);
    const until = which === 'latest' ? Number.POSITIVE_INFINITY : Date.parse(which.at);
    let demoted: UsableBackup | null = null;
    for await (const listed of backupsOf(vault, id, signal)) {
      if ('problem' in listed || this.#isRejected(listed)) continue;
      if (Date.parse(listed.manifest.createdAt) > until) continue;
      if (!listed.marks.includes('demoted')) return listed;
      demoted ??= listed;
    }
    if (demoted) return demoted;
    throw new VigilError(
      'backup_not_found',
      `The vault ${vault.name} holds no backup of session "${id}" that can be used${which === 'latest' ? '' : ` and was taken by ${which.at}`}.`,
      {
        subject: id,
        remedy: `\`vigil backups ${id}\` lists what there is; one that WhatsApp did not take is restored by its id.`,
      },
    );
  }

  /** Reads what its marks say. */
  view(listed: ListedBackup, signal: AbortSignal): Promise<BackupView> {
    return backupView(listed, this.#isRejected(listed), this.#ports, signal);
  }

  /** Neither WhatsApp nor a look at it has said anything against it. */
  isGood(listed: ListedBackup): boolean {
    return !this.#isRejected(listed) && !listed.marks.includes('demoted');
  }

  #isRejected({ id, session, marks }: ListedBackup): boolean {
    return marks.includes('rejected') || this.#ports.rejectedOf(session).includes(id);
  }
}
