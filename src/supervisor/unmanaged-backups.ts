/** The archives of other tools in a vault, as people ask for them: listed, looked at, taken up to be restored. */
import {
  archiveSubject,
  isUnmanagedFile,
  type UnmanagedArchive,
  UnmanagedArchives,
} from '../backup/unmanaged.ts';
import { damaged } from '../backup/unpack.ts';
import { VigilError } from '../errors.ts';
import type { ProfileVerdict } from '../profile/verdict.ts';
import { rehearseTakeUp, type TakeUpOptions, takeUp } from '../restore/take-up.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import type { BackupView, WhichBackup } from './backup-operations.ts';

type Owned = UnmanagedArchive & { readonly session: SessionId };

export class UnmanagedBackups {
  readonly #archives: UnmanagedArchives;
  readonly #tools: RestoreTools;

  constructor(tools: RestoreTools) {
    this.#archives = new UnmanagedArchives(tools.vault);
    this.#tools = tools;
  }

  /** The last one first; of one session those alone of which somebody can say that they are its. */
  async views(id: SessionId | null, signal: AbortSignal): Promise<readonly BackupView[]> {
    const all = await this.#archives.list(signal);
    return all.filter(({ session }) => id === null || session === id).map(view);
  }

  /** Null where something else is meant. Throws where it is not to be had, or holds another session. */
  async named(id: SessionId, which: WhichBackup, signal: AbortSignal): Promise<Owned | null> {
    if (typeof which !== 'object' || !('id' in which) || !isUnmanagedFile(which.id)) return null;
    return { ...(await this.#archives.find(which.id, id, signal)), session: id };
  }

  /** Fetched and looked at, and nothing of it stays. Throws `backup_damaged` where it holds no sound login. */
  async rehearse(archive: Owned, options: TakeUpOptions): Promise<BackupView> {
    const verdict = await rehearseTakeUp(archive, options, this.#tools);
    if (verdict.soundness !== 'sound')
      throw damaged(archiveSubject(archive), verdict.problem.replace(/\.$/, ''));
    return view(archive);
  }

  /** The id of the backup that it has become. */
  async takeUp(archive: Owned, options: TakeUpOptions & { readonly epoch: number }): Promise<string> {
    return (await takeUp(archive, options, this.#tools)).id;
  }

  /** What a deep look at the last one of a session comes to; null where there is none. */
  async lookAtLast(
    id: SessionId,
    options: TakeUpOptions,
  ): Promise<{ readonly id: string; readonly verdict: ProfileVerdict } | null> {
    const last = (await this.#archives.list(options.signal)).find(({ session }) => session === id);
    if (!last) return null;
    try {
      return { id: last.file, verdict: await rehearseTakeUp({ ...last, session: id }, options, this.#tools) };
    } catch (error) {
      if (!(error instanceof VigilError) || error.code !== 'backup_damaged') throw error;
      return { id: last.file, verdict: { soundness: 'damaged', problem: error.message } };
    }
  }
}

function view({ file, session, bytes, modifiedAt, problem }: UnmanagedArchive): BackupView {
  return {
    id: file,
    session,
    // When it was put there: of the copy nobody knows more than that it is not younger.
    takenAt: modifiedAt,
    bytes,
    state: 'unmanaged',
    problem: problem === null ? null : `It cannot be used: ${problem}.`,
    method: null,
    pause: null,
    browser: null,
    keys: [],
    verifiedAt: null,
    drilledAt: null,
  };
}
