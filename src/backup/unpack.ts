/**
 * Unpacks the archive of a backup into an empty directory of ours. The archive is not trusted: only files and
 * directories within the layout's essential directories are taken, each file with the size and hash that the
 * manifest gives; anything else ends it with `backup_damaged`, and nothing is ever written outside that directory.
 * Whoever made the directory removes it when this fails.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import { Digest } from '../system/digest.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { requireRoom } from '../system/room.ts';
import { ArchiveFault } from './archive-fault.ts';
import type { BackupEncryption } from './encryption.ts';
import type { BackupFile } from './manifest.ts';
import { deepest, isProfilePath, isWithin, quoted } from './profile-path.ts';
import { type ArchiveEntry, type ArchiveLimits, tarEntries } from './tar-reader.ts';
import { withoutDot } from './unmanaged.ts';

export interface UnpackRequest {
  /** A file on the disk. */
  readonly archive: string;
  /** An empty directory; `Default/…` comes to lie in it. */
  readonly into: string;
  readonly layout: ProfileLayout;
  /** What the manifest lists; null for an archive that has none, as a person may have made one by hand. */
  readonly files: readonly BackupFile[] | null;
  /** Opens it; null for a plain one. */
  readonly encryption: BackupEncryption | null;
  /**
   * What becomes of entries outside the essential directories, whatever they are; paths that lead elsewhere apart. Where
   * they are passed over, paths may begin with `./`: nobody here wrote that archive.
   */
  readonly others: 'reject' | 'skip';
  /** Bytes that must stay free on the disk while an archive is unpacked whose size nobody knows. */
  readonly floor?: number;
  /** Whose it is, for messages: `Backup 2026… of session "main"`. */
  readonly subject: string;
  readonly signal: AbortSignal;
  /** Bytes of the files so far; told again while they are flushed. */
  readonly progress?: (done: number) => void;
}

export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
}

/** For an archive without a manifest. */
const unknownLimits: ArchiveLimits = { bytes: 4 * 1_024 ** 3, entries: 200_000 };
const flushedAtOnce = 8;
const lookEvery = 16 * 1_048_576;

export async function unpack(request: UnpackRequest, disk: Disk): Promise<Unpacked> {
  const { archive, encryption, signal, subject } = request;
  const profile = new UnpackedProfile(request, disk);
  const opened = (bytes: AsyncIterable<Uint8Array>) => encryption?.open(bytes, signal) ?? bytes;
  let reading: Promise<void> | undefined;
  try {
    await pipeline(
      createReadStream(archive),
      opened,
      createGunzip({ chunkSize: 262_144 }),
      (chunks: AsyncIterable<Uint8Array>) => {
        reading = profile.takeAll(tarEntries(chunks, limitsOf(request)));
        return reading;
      },
      { signal },
    );
  } catch (error) {
    // It ends with the fault that is thrown below; nothing is written any more once it has.
    await reading?.catch(() => {});
    signal.throwIfAborted();
    throw explained(error, archive, subject);
  }
  await profile.flush();
  return profile.taken;
}

function limitsOf({ files, layout }: UnpackRequest): ArchiveLimits {
  if (!files) return unknownLimits;
  // Every file may lie in directories of its own, and every entry may have another before it for its long name.
  const entries = 2 * (deepest * (files.length + layout.essential.length) + 1);
  const bytes = files.reduce((sum, file) => sum + file.bytes + 512, 0);
  return { bytes: bytes + entries * 2_048 + 65_536, entries };
}

function explained(error: unknown, archive: string, subject: string): unknown {
  if (error instanceof VigilError) return error;
  if (error instanceof ArchiveFault) return damaged(subject, error.message);
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (code.startsWith('Z_')) {
    return damaged(
      subject,
      code === 'Z_BUF_ERROR' ? 'its archive ends in the middle' : 'its archive is not gzip, or is torn',
    );
  }
  return diskError(error, archive, 'unpack:read');
}

export function damaged(subject: string, problem: string): VigilError {
  return new VigilError('backup_damaged', `${subject} is damaged: ${problem}.`, { subject });
}

/** The profile as it comes to lie on the disk. */
class UnpackedProfile {
  readonly #request: UnpackRequest;
  readonly #disk: Disk;
  readonly #listed: ReadonlyMap<string, BackupFile> | null;
  readonly #directories = new Set<string>();
  readonly #files = new Set<string>();
  #root: string | null = null;
  #bytes = 0;
  #looksAt = 0;

  constructor(request: UnpackRequest, disk: Disk) {
    this.#request = request;
    this.#disk = disk;
    this.#listed = request.files && new Map(request.files.map((file) => [file.path, file]));
  }

  get taken(): Unpacked {
    return { files: this.#files.size, bytes: this.#bytes };
  }

  async takeAll(entries: AsyncIterable<ArchiveEntry>): Promise<void> {
    for await (const entry of entries) await this.#take(entry);
    const missing = this.#listed ? this.#listed.size - this.#files.size : 0;
    if (missing > 0) {
      throw new ArchiveFault(
        `its manifest lists ${this.#listed?.size} files, and its archive holds ${this.#files.size} of them`,
      );
    }
  }

  async #take(entry: ArchiveEntry): Promise<void> {
    const isDirectory = entry.type === 'Directory';
    const path = this.#pathOf(entry);
    if (path === null) return;
    const place = placeOf(path, this.#request.layout);
    if (place === 'outside') {
      if (this.#request.others === 'skip') return;
      throw new ArchiveFault(`its archive holds ${quoted(entry.path)}, which belongs to no backup`);
    }
    if (!isDirectory && !['File', 'OldFile', 'ContiguousFile'].includes(entry.type))
      throw new ArchiveFault(
        `${quoted(entry.path)} in its archive is a ${entry.type}, and only files and directories are taken`,
      );
    if (isDirectory) return await this.#makeDirectory(path);
    if (place === 'parent')
      throw new ArchiveFault(`${quoted(entry.path)} in its archive should be a directory`);
    await this.#takeFile(path, entry);
  }

  /** Relative to the profile; empty for the profile itself, null for what the profile lies in. */
  #pathOf({ path: written, type }: ArchiveEntry): string | null {
    const path = this.#request.others === 'skip' ? withoutDot(written) : written;
    if (path === '' && written !== '' && type === 'Directory') return null;
    const whole = type === 'Directory' ? path.replace(/\/$/, '') : path;
    if (!isProfilePath(whole)) throw new ArchiveFault(`its archive holds the path ${quoted(path)}`);
    const [root = '', ...rest] = whole.split('/');
    if (!/^session-[A-Za-z0-9_-]{1,64}$/.test(root))
      throw new ArchiveFault(`its archive holds ${quoted(path)}, which is in no session's directory`);
    this.#root ??= root;
    if (root !== this.#root) throw new ArchiveFault('its archive holds more than one session');
    if (rest.length === 0 && type !== 'Directory')
      throw new ArchiveFault(`${quoted(path)} in its archive should be a directory`);
    return rest.join('/');
  }

  async #makeDirectory(path: string): Promise<void> {
    if (path === '' || this.#directories.has(path)) return;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    await this.#makeDirectory(parent);
    if (
      this.#files.has(path) ||
      !(await this.#disk.mkdir(join(this.#request.into, path), 'unpack:directory'))
    )
      throw new ArchiveFault(`its archive holds ${quoted(path)} twice`);
    this.#directories.add(path);
  }

  async #takeFile(path: string, { bytes, body }: ArchiveEntry): Promise<void> {
    const listed = this.#listed?.get(path);
    if (this.#listed && !listed)
      throw new ArchiveFault(`its archive holds ${quoted(path)}, and its manifest does not`);
    if (listed && listed.bytes !== bytes)
      throw new ArchiveFault(
        `${quoted(path)} has ${bytes} bytes in its archive, and ${listed.bytes} by its manifest`,
      );
    if (this.#files.has(path) || this.#directories.has(path))
      throw new ArchiveFault(`its archive holds ${quoted(path)} twice`);
    await this.#makeDirectory(path.slice(0, path.lastIndexOf('/')));
    this.#files.add(path);
    const digest = new Digest();
    const target = join(this.#request.into, path);
    await this.#disk.createFileFrom(target, this.#passing(body, digest), 'unpack:file', { flush: false });
    if (listed && digest.sha256() !== listed.sha256)
      throw new ArchiveFault(`${quoted(path)} holds something else than its manifest says`);
  }

  async *#passing(body: AsyncIterable<Uint8Array>, digest: Digest): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      digest.update(chunk);
      this.#bytes += chunk.byteLength;
      await this.#requireRoom();
      this.#request.progress?.(this.#bytes);
      yield chunk;
    }
  }

  /** Every so often, over all files: nobody said before how much it would be. */
  async #requireRoom(): Promise<void> {
    const { floor, into, subject } = this.#request;
    if (floor === undefined || this.#bytes < this.#looksAt) return;
    this.#looksAt = this.#bytes + lookEvery;
    await requireRoom({ disk: this.#disk, floor }, into, {
      bytes: lookEvery,
      purpose: `${subject}, unpacked,`,
    });
  }

  /** All at once and not one by one: a file system that commits a journal commits many for the price of one. */
  async flush(): Promise<void> {
    const { into, progress, signal } = this.#request;
    const flush = async (paths: Iterable<string>, step: (path: string) => Promise<void>) => {
      const left = [...paths];
      const one = async () => {
        for (let path = left.pop(); path !== undefined; path = left.pop()) {
          signal.throwIfAborted();
          await step(join(into, path));
          progress?.(this.#bytes);
        }
      };
      await Promise.all(Array.from({ length: flushedAtOnce }, one));
    };
    await flush(this.#files, (path) => this.#disk.syncFile(path, 'unpack:flush'));
    await flush([...this.#directories, ''], (path) => this.#disk.syncDirectory(path, 'unpack:flush'));
  }
}

type Place = 'essential' | 'parent' | 'outside';

/** `parent`: the profile itself, an essential directory, and what leads to one. */
function placeOf(path: string, { essential }: ProfileLayout): Place {
  if (path === '' || essential.some((directory) => isWithin(path, directory.path))) return 'parent';
  return essential.some((directory) => isWithin(directory.path, path)) ? 'essential' : 'outside';
}
