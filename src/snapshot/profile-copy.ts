/**
 * Copies what an engine needs of a profile to a directory beside it, in three parts, so that little is left to do while
 * the browser stands still: what never changes is linked before (`prepare`), all else is copied while nothing runs
 * (`take`), what turned out not to belong to it is taken away afterwards (`finish`).
 *
 * A link shares its file with the profile: nobody may write to a copy in place. Nothing of the profile is changed, and a
 * copy that failed or was left has made files below the target only.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import { StoreFault } from '../leveldb/store-fault.ts';
import { readStoreFiles, type StoreFiles } from '../leveldb/store-files.ts';
import type { Disk } from '../system/disk.ts';
import { errnoOf, unlessAbsent } from '../system/errno.ts';
import { type ProfileSurvey, surveyProfile } from './profile-survey.ts';

export interface CopyOptions {
  readonly profile: string;
  /** Missing or empty; the directory that holds it is there. On the profile's own file system, or nothing is linked. */
  readonly target: string;
  readonly layout: ProfileLayout;
  readonly disk: Disk;
  readonly signal: AbortSignal;
}

export interface CopySummary {
  readonly files: number;
  /** How many of them are links. */
  readonly linked: number;
}

/** What was found where a file of the copy comes from. */
interface Origin {
  readonly inode: bigint;
  readonly device: bigint;
  readonly bytes: bigint;
  readonly changed: bigint;
}

interface Placed extends Origin {
  readonly linked: boolean;
}

/** A file system that cannot link, a file that may not be linked, one that has all the names that it can have. */
const refusals: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);
/** Enough for the thread pool, and few enough for the descriptors that this process has. */
const atOnce = 64;

export class ProfileCopy {
  readonly #options: CopyOptions;
  readonly #made = new Set<string>();
  readonly #placed = new Map<string, Placed>();
  readonly #needed = new Set<string>();

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  /** May be called while the browser runs; what comes and goes meanwhile is no fault. */
  async prepare(): Promise<void> {
    const survey = await this.#survey();
    await this.#makeDirectories(survey);
    await this.#each([...survey.tables, ...survey.blobs], async (path) => {
      try {
        await this.#place(path);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    });
  }

  /** Nothing may write to the profile meanwhile. Throws `profile_damaged` when a store lacks what it names. */
  async take(): Promise<void> {
    const survey = await this.#survey();
    await this.#makeDirectories(survey);
    // Side by side: what takes its time are the turns, not the bytes.
    await allOf([
      ...survey.stores.map((path) => this.#takeStore(path)),
      this.#takeFiles({ unchanging: survey.blobs, changing: survey.others }),
    ]);
  }

  async finish(): Promise<CopySummary> {
    const { disk, target } = this.#options;
    const superfluous = [...this.#placed.keys()].filter((path) => !this.#needed.has(path));
    await this.#each(superfluous, async (path) => {
      await disk.remove(join(target, path), 'snapshot:remove');
      this.#placed.delete(path);
    });
    return {
      files: this.#needed.size,
      linked: [...this.#placed.values()].filter(({ linked }) => linked).length,
    };
  }

  #survey(): Promise<ProfileSurvey> {
    const { profile, layout, signal } = this.#options;
    return surveyProfile(profile, layout, signal);
  }

  async #makeDirectories({ directories }: ProfileSurvey): Promise<void> {
    const { target, disk } = this.#options;
    for (const path of ['', ...directories]) {
      if (this.#made.has(path)) continue;
      await disk.mkdir(join(target, path), 'snapshot:mkdir');
      this.#made.add(path);
    }
  }

  async #takeStore(path: string): Promise<void> {
    const { current, liveTables, liveLogs } = await this.#readStore(path);
    const below = (name: string) => `${path}/${name}`;
    await this.#takeFiles({
      unchanging: liveTables.map(({ name }) => below(name)),
      changing: ['CURRENT', current, ...liveLogs.map(({ name }) => name)].map(below),
    });
  }

  async #takeFiles(files: Readonly<Record<'unchanging' | 'changing', readonly string[]>>): Promise<void> {
    for (const path of [...files.unchanging, ...files.changing]) this.#needed.add(path);
    await allOf([
      this.#each(files.unchanging, (path) => this.#place(path)),
      this.#each(files.changing, (path) => this.#copy(path)),
    ]);
  }

  async #readStore(path: string): Promise<StoreFiles> {
    const { profile, signal } = this.#options;
    try {
      return await readStoreFiles(join(profile, path), signal);
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      const code = error.kind === 'damaged' ? 'profile_damaged' : 'snapshot_failed';
      throw new VigilError(code, `The profile cannot be copied: ${error.message}.`, {
        subject: error.path,
        cause: error,
      });
    }
  }

  /** For a file that is never changed once it is written. */
  async #place(path: string): Promise<void> {
    const { profile, target, disk } = this.#options;
    const [from, to] = [join(profile, path), join(target, path)];
    const origin = await originOf(from);
    const before = this.#placed.get(path);
    if (before && isSame(before, origin)) return;
    if (before) await disk.remove(to, 'snapshot:remove');
    try {
      await disk.link(from, to, 'snapshot:link');
      this.#placed.set(path, { ...origin, linked: true });
    } catch (error) {
      if (!refusals.has(errnoOf(error) ?? '')) throw error;
      await disk.copyFile(from, to, 'snapshot:copy');
      this.#placed.set(path, { ...origin, linked: false });
    }
  }

  #copy(path: string): Promise<void> {
    const { profile, target, disk } = this.#options;
    return disk.copyFile(join(profile, path), join(target, path), 'snapshot:copy');
  }

  /** Some at a time. */
  async #each(paths: readonly string[], work: (path: string) => Promise<void>): Promise<void> {
    for (let start = 0; start < paths.length; start += atOnce) {
      this.#options.signal.throwIfAborted();
      await allOf(paths.slice(start, start + atOnce).map(work));
    }
  }
}

/** As `Promise.all`, but nothing of it runs on when this rejects: what is left of a copy is removed then. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(work)) if (one.status === 'rejected') throw one.reason;
}

async function originOf(path: string): Promise<Origin> {
  const found = await unlessAbsent(lstat(path, { bigint: true }));
  if (!found?.isFile()) throw Object.assign(new Error(`${path} is no file any more`), { code: 'ENOENT' });
  return { inode: found.ino, device: found.dev, bytes: found.size, changed: found.mtimeNs };
}

/** A link to the same file is the same, whatever was added to it since; a copy was made of what was there then. */
function isSame(placed: Placed, origin: Origin): boolean {
  if (placed.inode !== origin.inode || placed.device !== origin.device) return false;
  return placed.linked || (placed.bytes === origin.bytes && placed.changed === origin.changed);
}
