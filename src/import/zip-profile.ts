/**
 * A profile in a zip, of which nothing is trusted: sizes, names and kinds of its entries are looked at before anything is
 * written, and what comes out is held against them. Only regular files within the layout's essential directories are ever
 * read; an entry that leads elsewhere, or is of another kind, ends it.
 */
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { isProfilePath, isWithin, quoted } from '../backup/profile-path.ts';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import { errnoOf } from '../system/errno.ts';
import { openRegular } from '../system/open-regular.ts';
import { oneLine, unreadable, unusable } from './unusable.ts';

export interface ZippedFile {
  /** Relative to the profile. */
  readonly path: string;
  readonly bytes: number;
  readonly entry: Entry;
}

/** Far more than a profile has. */
const usualLimits = { entries: 50_000, bytes: 4 * 1_024 ** 3 };

/** Chromium's locks, which are links: left where they are. */
const locks: ReadonlySet<string> = new Set(['SingletonLock', 'SingletonCookie', 'SingletonSocket']);

/** File types in the upper half of an entry's attributes, where a Unix made the zip. */
const kinds = { mask: 0o170000, file: 0o100000, directory: 0o040000 };

export class ZipProfile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #zip: ZipFile;
  readonly #layout: ProfileLayout;
  readonly #files = new Map<string, ZippedFile>();
  readonly #directories = new Set<string>();
  /** What the profile lies in, without a slash at its end; null while nobody knows. */
  #root: string | null = null;
  #bytes = 0;

  private constructor(path: string, handle: FileHandle, zip: ZipFile, layout: ProfileLayout) {
    this.path = path;
    this.#handle = handle;
    this.#zip = zip;
    this.#layout = layout;
  }

  /** Its directory was read and is in order. Throws `import_unusable`. */
  static async open(
    path: string,
    layout: ProfileLayout,
    signal: AbortSignal,
    limits = usualLimits,
  ): Promise<ZipProfile> {
    const { file } = await openRegular(path).catch((error: unknown) => {
      throw unreadable(error, path);
    });
    try {
      const zip = await fromFdPromise(file.fd, {
        autoClose: false,
        strictFileNames: true,
        lazyEntries: true,
      });
      const profile = new ZipProfile(path, file, zip, layout);
      await profile.#readDirectory(signal, limits);
      return profile;
    } catch (error) {
      await file.close().catch(() => {});
      signal.throwIfAborted();
      throw explained(error, path);
    }
  }

  get files(): readonly ZippedFile[] {
    return [...this.#files.values()];
  }

  /** Of its files, as they are written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The directory in the zip that is the profile; empty where the zip itself is. */
  get directory(): string {
    return basename(this.#root ?? '');
  }

  /** Ends in a fault where the file is not what the zip's directory says. */
  async *read({ path, entry }: ZippedFile): AsyncGenerator<Uint8Array> {
    let sum = 0;
    try {
      for await (const chunk of await this.#zip.openReadStreamPromise(entry)) {
        sum = crc32(chunk as Uint8Array, sum);
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw explained(error, this.path);
    }
    if (sum !== entry.crc32) throw this.#fault(`is damaged: ${quoted(path)} in it has another checksum`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {});
  }

  async #readDirectory(signal: AbortSignal, limits: typeof usualLimits): Promise<void> {
    let entries = 0;
    for await (const entry of this.#zip.eachEntry()) {
      signal.throwIfAborted();
      if (++entries > limits.entries) throw this.#fault(`holds more than ${limits.entries} entries`);
      this.#take(entry);
      if (this.#bytes > limits.bytes) throw this.#fault(`comes to more than ${limits.bytes / 1_024 ** 3} GB`);
    }
    if (this.#files.size === 0) throw this.#fault('holds no profile of a browser');
  }

  #take(entry: Entry): void {
    const name = entry.fileName;
    const isDirectory = name.endsWith('/');
    const whole = isDirectory ? name.slice(0, -1) : name;
    if (!isProfilePath(whole)) throw this.#fault(`holds the path ${quoted(name)}`);
    if (entry.isEncrypted())
      throw unusable(
        this.path,
        'is encrypted',
        'Unpack it with its password, and import the directory that comes out.',
      );
    if (!isPlain(entry, isDirectory)) {
      if (locks.has(basename(whole))) return;
      throw this.#fault(`holds ${quoted(name)}, and only files and directories are taken`);
    }
    const path = this.#essential(whole);
    if (path !== null) this.#add(path, entry, isDirectory);
  }

  /** Relative to the profile; null for what is not taken. */
  #essential(whole: string): string | null {
    const within = `/${whole}/`;
    let root: string | null = null;
    for (const { path } of this.#layout.essential) {
      const at = within.indexOf(`/${path}/`);
      if (at >= 0 && (root === null || at < root.length)) root = within.slice(0, at);
    }
    if (root === null) return null;
    this.#root ??= root;
    if (root !== this.#root) throw this.#fault('holds more than one profile');
    const path = within.slice(root.length + 1, -1);
    return this.#layout.essential.some((one) => isWithin(one.path, path)) ? path : null;
  }

  #add(path: string, entry: Entry, isDirectory: boolean): void {
    const taken = isDirectory ? this.#files.has(path) : this.#files.has(path) || this.#directories.has(path);
    const parts = path.split('/');
    const above = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
    if (taken || above.some((parent) => this.#files.has(parent)))
      throw this.#fault(`holds ${quoted(path)} twice`);
    for (const parent of above) this.#directories.add(parent);
    if (isDirectory) {
      this.#directories.add(path);
      return;
    }
    if (this.#layout.essential.some((one) => one.path === path))
      throw this.#fault(`holds ${quoted(path)}, which should be a directory`);
    if (!entry.canDecodeFileData()) throw this.#fault('is packed by a method that is not read here');
    this.#bytes += entry.uncompressedSize;
    this.#files.set(path, { path, bytes: entry.uncompressedSize, entry });
  }

  #fault(problem: string): VigilError {
    return unusable(this.path, problem);
  }
}

/** A zip of another system says nothing of kinds, and knows no others. */
function isPlain({ externalFileAttributes }: Entry, isDirectory: boolean): boolean {
  const kind = (externalFileAttributes >>> 16) & kinds.mask;
  return kind === 0 || kind === (isDirectory ? kinds.directory : kinds.file);
}

/** What the system, the inflater and the library say. */
function explained(error: unknown, path: string): unknown {
  if (error instanceof VigilError) return error;
  if (errnoOf(error) !== null && !String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
    return unreadable(error, path);
  const why = error instanceof Error ? error.message : String(error);
  return unusable(path, `is no zip, or is damaged: ${oneLine(why).replace(/\.$/, '')}`);
}
