/**
 * A vault in a directory: each object is a file under its own name. Written beside its place, flushed, renamed, the
 * directory flushed. Nothing here follows a symbolic link: one that was planted, or made to move backups to another
 * disk, is named and refused, since what lies behind it would be missing from every listing that skipped it. Below a
 * directory that is listed it is one thing that is in the way, and what lies beside it is listed all the same.
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { access, constants, type FileHandle, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { Vault, VaultObject, VaultSource } from '../backup/vault.ts';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { errnoOf, unlessAbsent } from '../system/errno.ts';
import { openRegular } from '../system/open-regular.ts';
import { hashed, hashOf } from './hash.ts';
import { isObjectName, requireObjectName, requirePrefix } from './object-name.ts';
import { unlessRefused } from './vault-failure.ts';

export interface DirectoryVaultOptions {
  readonly path: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /**
   * The volume's own `vigil/vault`: where it is not there, nothing was put yet. Elsewhere that means as well that
   * the disk is not mounted, so that nobody can say what there is.
   */
  readonly onVolume: boolean;
}

/** Ends in a character that no object's name holds. */
const temporaryName = /^\.put-[0-9a-f]{12}~$/;
/** Milliseconds without a byte after which whoever was writing is taken for dead. */
const abandonedAfter = 3_600_000;

export class DirectoryVault implements Vault {
  readonly name: string;
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #onVolume: boolean;

  constructor({ path, disk, clock, onVolume }: DirectoryVaultOptions) {
    this.name = `directory:${path}`;
    this.#path = path;
    this.#disk = disk;
    this.#clock = clock;
    this.#onVolume = onVolume;
  }

  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      const place = join(this.#path, name);
      await this.#makeDirectories(name);
      await this.#sweep(dirname(place));
      const there = await this.#file(name);
      if (there) await this.#requireSame(name, there, source, signal);
      else await this.#write(place, source, signal);
      // Also for one that was there: whoever put it may have died before this.
      await this.#disk.syncDirectory(dirname(place), 'vault:sync');
    });
  }

  get(name: string, signal: AbortSignal): Promise<Readable> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      const file = await this.#file(name);
      if (!file) {
        throw new VigilError('backup_not_found', `The vault ${this.name} holds no ${name}.`, {
          subject: name,
        });
      }
      const stream = file.createReadStream({ signal });
      // Given up meanwhile, it fails before anybody reads it; whoever does is told all the same.
      stream.on('error', () => {});
      return stream;
    });
  }

  stat(name: string, signal: AbortSignal): Promise<VaultObject | null> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      const file = await this.#file(name);
      if (!file) return null;
      try {
        const { size, mtime } = await file.stat();
        return { name, bytes: size, modifiedAt: mtime.toISOString(), problem: null };
      } finally {
        await file.close();
      }
    });
  }

  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]> {
    requirePrefix(prefix);
    return this.#answer(signal, async () => {
      const directory = prefix.slice(0, -1);
      const found = (await this.#hasDirectory(directory)) ? await this.#listIn(directory, signal) : [];
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  remove(name: string, signal: AbortSignal): Promise<boolean> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      // Not opened: what this user may not read may be removed all the same.
      if (!(await this.#stats(name))) return false;
      const removed = await this.#disk.remove(join(this.#path, name), 'vault:remove');
      await this.#disk.syncDirectory(dirname(join(this.#path, name)), 'vault:remove-sync');
      return removed;
    });
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#answer(signal, async () => {
      // On the volume it is made with the first put.
      if (!(await this.#isThere())) return;
      await access(this.#path, constants.R_OK | constants.W_OK | constants.X_OK);
    });
  }

  create(signal: AbortSignal): Promise<boolean> {
    return this.#answer(signal, async () => {
      const missing: string[] = [];
      for (let at = this.#path; (await unlessAbsent(stat(at))) === null; at = dirname(at)) missing.push(at);
      let made = false;
      for (const directory of missing.reverse()) {
        made = await this.#disk.mkdir(directory, 'vault:directory');
        if (made) await this.#disk.syncDirectory(dirname(directory), 'vault:directory-sync');
      }
      // A link or a file in its place says so.
      await this.#isThere();
      return made;
    });
  }

  async #answer<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw unlessRefused(error, this.name);
    }
  }

  async #write(place: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    const temporary = join(dirname(place), `.put-${randomBytes(6).toString('hex')}~`);
    await this.#disk.createFileFrom(temporary, hashed(source, signal), 'vault:write');
    try {
      await this.#disk.rename(temporary, place, 'vault:rename');
    } catch (error) {
      await this.#disk.remove(temporary, 'vault:discard').catch(() => false);
      throw error;
    }
  }

  async #requireSame(
    name: string,
    file: FileHandle,
    { bytes, sha256 }: VaultSource,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await hashOf(file, signal);
    if (found.bytes === bytes && found.sha256 === sha256) return;
    throw new VigilError(
      'vault_refused',
      `The vault ${this.name} holds something else as ${name}: ${found.bytes} bytes where ${bytes} were to be put.`,
      { subject: name, remedy: 'Nothing was overwritten. Move what is there away once you know what it is.' },
    );
  }

  /** The object, open; null when there is none. */
  async #file(name: string): Promise<FileHandle | null> {
    if (!(await this.#stats(name))) return null;
    return (await unlessAbsent(openRegular(join(this.#path, name))))?.file ?? null;
  }

  /** Null when there is no such object. Throws for what stands in its place. */
  async #stats(name: string): Promise<Stats | null> {
    if (!(await this.#hasDirectory(dirname(name)))) return null;
    const path = join(this.#path, name);
    const found = await unlessAbsent(lstat(path));
    if (found?.isSymbolicLink()) throw this.#link(path);
    if (found && !found.isFile()) throw this.#noFile(path);
    return found;
  }

  /** `.` and the empty name are the vault's own directory. */
  async #hasDirectory(name: string): Promise<boolean> {
    if (!(await this.#isThere())) return false;
    let at = this.#path;
    for (const part of name.split('/').filter((one) => one !== '' && one !== '.')) {
      at = join(at, part);
      const found = await unlessAbsent(lstat(at));
      if (found?.isSymbolicLink()) throw this.#link(at);
      if (!found?.isDirectory()) return false;
    }
    return true;
  }

  /** The vault's own directory. A person may name it through a link, but nobody makes one on our volume. */
  async #isThere(): Promise<boolean> {
    const found = await unlessAbsent(this.#onVolume ? lstat(this.#path) : stat(this.#path));
    if (found?.isDirectory()) return true;
    if (found?.isSymbolicLink()) throw this.#link(this.#path);
    if (found) throw this.#noDirectory(this.#path);
    if (this.#onVolume) return false;
    throw new VigilError('vault_unavailable', `The vault ${this.name} is not there.`, {
      subject: this.#path,
      remedy:
        'Mount the disk that it lies on. For a new vault: `vigil doctor --create` makes the directory, and so does the first backup where the one above it is there.',
    });
  }

  async #makeDirectories(name: string): Promise<void> {
    let at = this.#path;
    for (const part of ['.', ...name.split('/').slice(0, -1)]) {
      at = join(at, part);
      if (await this.#disk.mkdir(at, 'vault:directory'))
        await this.#disk.syncDirectory(dirname(at), 'vault:directory-sync');
      else if (!(await this.#hasDirectory(relative(this.#path, at)))) throw this.#noDirectory(at);
    }
  }

  async #listIn(directory: string, signal: AbortSignal): Promise<VaultObject[]> {
    const found: VaultObject[] = [];
    for (const entry of await readdir(join(this.#path, directory))) {
      signal.throwIfAborted();
      const name = directory === '' ? entry : `${directory}/${entry}`;
      // What no object can be called is somebody else's: `lost+found` where a disk is mounted.
      if (!isObjectName(name)) continue;
      const stats = await unlessAbsent(lstat(join(this.#path, name)));
      if (!stats) continue;
      const modifiedAt = stats.mtime.toISOString();
      const inTheWay = (problem: string): VaultObject => ({ name, bytes: 0, modifiedAt, problem });
      if (stats.isFile()) found.push({ name, bytes: stats.size, modifiedAt, problem: null });
      else if (stats.isSymbolicLink()) found.push(inTheWay('is a symbolic link, and none is followed'));
      else if (!stats.isDirectory()) found.push(inTheWay('is neither a file nor a directory'));
      else {
        const below = await unlessAbsent(this.#listIn(name, signal)).catch((error: unknown) => {
          signal.throwIfAborted();
          return [inTheWay(`is a directory that cannot be looked into (${errnoOf(error) ?? String(error)})`)];
        });
        for (const one of below ?? []) found.push(one);
      }
    }
    return found;
  }

  /** What killed puts left in a directory. Another program may be putting there just now. */
  async #sweep(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      if (!temporaryName.test(name)) continue;
      const stats = await unlessAbsent(lstat(join(directory, name)));
      if (stats && stats.mtimeMs < this.#clock.now() - abandonedAfter)
        await this.#disk.remove(join(directory, name), 'vault:sweep').catch(() => false);
    }
  }

  #noFile(path: string): VigilError {
    return new VigilError('vault_refused', `${path} should be a file of the vault, and is none.`, {
      subject: path,
    });
  }

  #noDirectory(path: string): VigilError {
    return new VigilError('vault_refused', `${path} should be a directory of the vault, and is a file.`, {
      subject: path,
    });
  }

  #link(path: string): VigilError {
    return new VigilError('vault_refused', `${path} in the vault is a symbolic link, and none is followed.`, {
      subject: path,
      remedy: 'Move what it stands for into its place, or name the real place with VIGIL_VAULT.',
    });
  }
}
