/**
 * Archives that lie flat in a vault (`sessions/<file>.tar.gz`) and were made by something else: plain, without a
 * manifest, of whole profiles, with a `session-<id>/` directory in them. They are listed, looked into and given back
 * when a person names one; nothing here ever chooses, changes or removes one.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { VigilError } from '../errors.ts';
import { isSessionId, type SessionId } from '../session/id.ts';
import { ArchiveFault } from './archive-fault.ts';
import { mapAtOnce } from './at-once.ts';
import { everySession } from './backup-names.ts';
import { quoted } from './profile-path.ts';
import { type ArchiveLimits, tarEntries } from './tar-reader.ts';
import type { Vault, VaultObject } from './vault.ts';
import { contentsOf } from './vault-files.ts';

export interface UnmanagedArchive {
  /** Its file name, by which people name it: `main-2026-05-01.tar.gz`. */
  readonly file: string;
  /** Its name in the vault. */
  readonly name: string;
  readonly bytes: number;
  /** ISO time, by the vault's clock. */
  readonly modifiedAt: string;
  /** Whose directory it holds; null where nobody can say. */
  readonly session: SessionId | null;
  /** Why nobody can say, as the rest of a sentence; null where somebody can. */
  readonly problem: string | null;
}

const readAtOnce = 8;
/** Of what is unpacked until it says whose it is: a header, with another one before it for a long name. */
const beginning: ArchiveLimits = { bytes: 1_048_576, entries: 8 };

/** Whether it may be the name of such an archive; never that of a backup of ours. */
export function isUnmanagedFile(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,200}$/.test(text) && text.endsWith('.tar.gz') && text !== '.tar.gz';
}

/** What they hold was read at their beginning, and is remembered for as long as they are what they were. */
export class UnmanagedArchives {
  readonly #vault: Vault;
  #known: ReadonlyMap<string, Holder> = new Map();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** The last one first. Throws what the vault throws: "there is none" must not be said for "nobody knows". */
  async list(signal: AbortSignal): Promise<readonly UnmanagedArchive[]> {
    const objects = (await this.#vault.list(everySession, signal)).filter(({ name }) =>
      isUnmanagedFile(name.slice(everySession.length)),
    );
    const holders = await mapAtOnce(objects, readAtOnce, async (object): Promise<Holder> => {
      if (object.problem !== null) return { session: null, problem: `it ${object.problem}` };
      return this.#known.get(keyOf(object)) ?? (await holderOf(this.#vault, object.name, signal));
    });
    this.#known = new Map(objects.map((object, index) => [keyOf(object), holders[index] as Holder]));
    const found = objects.map(({ name, bytes, modifiedAt }, index) => {
      const file = name.slice(everySession.length);
      return { file, name, bytes, modifiedAt, ...(holders[index] as Holder) };
    });
    return found.sort((a, b) => (a.modifiedAt < b.modifiedAt ? 1 : a.modifiedAt > b.modifiedAt ? -1 : 0));
  }

  /** Throws `backup_not_found`, `backup_damaged` where nobody can say whose it is, `session_refused` where it is another's. */
  async find(file: string, session: SessionId, signal: AbortSignal): Promise<UnmanagedArchive> {
    const found = (await this.list(signal)).find((one) => one.file === file);
    if (!found)
      throw new VigilError(
        'backup_not_found',
        `The vault ${this.#vault.name} holds no archive ${quoted(file)}.`,
        { subject: session },
      );
    if (found.session === session) return found;
    if (found.session === null)
      throw new VigilError('backup_damaged', `${archiveSubject(found)} cannot be used: ${found.problem}.`, {
        subject: file,
      });
    throw new VigilError(
      'session_refused',
      `${archiveSubject(found)} holds session "${found.session}", and not "${session}".`,
      {
        subject: session,
        remedy: `\`vigil restore ${found.session} --backup ${file}\` restores the session that it holds.`,
      },
    );
  }
}

type Holder = Pick<UnmanagedArchive, 'session' | 'problem'>;

const keyOf = ({ name, bytes, modifiedAt }: VaultObject) => `${name} ${bytes} ${modifiedAt}`;

/** As messages name it. */
export function archiveSubject({ file }: Pick<UnmanagedArchive, 'file'>): string {
  return `The archive ${file}`;
}

/** Fetches no more of it than its first entry takes. */
async function holderOf(vault: Vault, name: string, signal: AbortSignal): Promise<Holder> {
  const unknown = (problem: string): Holder => ({ session: null, problem });
  const fetched = Readable.from(contentsOf(vault, name, signal), { objectMode: false });
  const unpacked = createGunzip();
  fetched.on('error', (error) => unpacked.destroy(error));
  fetched.pipe(unpacked);
  try {
    for await (const { path } of tarEntries(unpacked, beginning)) {
      const [root = ''] = withoutDot(path).split('/');
      if (root === '') continue;
      const session = /^session-(.+)$/.exec(root)?.[1];
      if (isSessionId(session)) return { session, problem: null };
      return unknown(`it begins with ${quoted(path)}, which is in no session's directory`);
    }
    return unknown('it holds nothing');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArchiveFault) return unknown(error.message);
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      return unknown('it is not gzip, or is torn');
    if (error instanceof VigilError && ['backup_not_found', 'vault_refused'].includes(error.code))
      return unknown(`it cannot be read: ${error.message.replace(/\.$/, '')}`);
    throw error;
  } finally {
    fetched.destroy();
    unpacked.destroy();
  }
}

/** As `tar -C <directory> .` writes them: `./session-main/…`. */
export function withoutDot(path: string): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/^\.$/, '');
}
