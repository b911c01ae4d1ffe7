/**
 * A vault in a bucket of Supabase Storage. It makes no name appear but by moving a whole upload onto it (put-once.ts), and
 * takes no "nothing" for an answer before it has seen the bucket (seen-bucket.ts).
 */
import { Readable } from 'node:stream';
import type { Vault, VaultObject, VaultSource } from '../../backup/vault.ts';
import { VigilError } from '../../errors.ts';
import type { Clock } from '../../system/clock.ts';
import { isObjectName, requireObjectName, requirePrefix } from '../object-name.ts';
import { Bucket } from './bucket.ts';
import { everyEntry, walkFolders } from './folder-walk.ts';
import { putOnce } from './put-once.ts';
import { SeenBucket } from './seen-bucket.ts';
import { asVigilError, StorageFailure } from './storage-failure.ts';
import { abandoned, temporaryKey, uploadFolder } from './temporary-upload.ts';

export interface SupabaseVaultOptions {
  /** Of the project: `https://….supabase.co`. */
  readonly url: string;
  /** The secret key, or that of the role service_role. */
  readonly key: string;
  readonly bucket: string;
  /** Whole parts of names without a `/` around them; empty for the bucket itself. */
  readonly prefix: string;
  readonly clock: Clock;
}

/** The dashboard keeps a folder open with it. */
const placeholder = '.emptyFolderPlaceholder';
/** Milliseconds between two looks for uploads that nobody moved. */
const sweepEvery = 86_400_000;
/** The most that is removed by one request. */
const removedAtOnce = 500;

export class SupabaseVault implements Vault {
  readonly name: string;
  readonly #bucket: Bucket;
  readonly #seen: SeenBucket;
  readonly #prefix: string;
  readonly #clock: Clock;
  #sweptAt: number | null = null;

  constructor({ url, key, bucket, prefix, clock }: SupabaseVaultOptions) {
    if (prefix !== '') requireObjectName(prefix);
    this.name = `supabase:${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.#bucket = new Bucket({ url, key, bucket, clock });
    this.#seen = new SeenBucket(
      this.#bucket,
      { vault: this.name, bucket, url: new URL(url).origin, key },
      clock,
    );
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#clock = clock;
  }

  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    requireObjectName(name);
    return this.#answer(`take ${name}`, signal, async () => {
      await this.#sweepNowAndThen(signal);
      const keys = { name, key: this.#key(name), temporary: this.#key(temporaryKey(this.#clock)) };
      await putOnce(this.#seen, keys, source, { clock: this.#clock, signal });
    });
  }

  get(name: string, signal: AbortSignal): Promise<Readable> {
    requireObjectName(name);
    const doing = `give ${name}`;
    return this.#answer(doing, signal, async () => {
      const pieces = await this.#seen.read(this.#key(name), signal);
      if (pieces) return Readable.from(this.#saying(doing, pieces), { objectMode: false });
      const missing = `The vault ${this.name} holds no ${name}.`;
      throw new VigilError('backup_not_found', missing, { subject: name });
    });
  }

  stat(name: string, signal: AbortSignal): Promise<VaultObject | null> {
    requireObjectName(name);
    return this.#answer(`show ${name}`, signal, async () => {
      const found = await this.#seen.look(this.#key(name), signal);
      return found && { name, bytes: found.bytes, modifiedAt: found.modifiedAt, problem: null };
    });
  }

  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]> {
    requirePrefix(prefix);
    return this.#answer('list what it holds', signal, async () => {
      const folder = this.#key(prefix).slice(0, -1);
      const { objects, sawNothing } = await walkFolders(folder, this.#pages(signal), isObjectName);
      if (sawNothing) await this.#seen.require(signal);
      const found: VaultObject[] = [];
      for (const { key, bytes, modifiedAt } of objects) {
        const name = key.slice(this.#prefix.length);
        if (!isObjectName(name) || name.split('/').at(-1) === placeholder) continue;
        found.push({ name, bytes, modifiedAt, problem: null });
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  remove(name: string, signal: AbortSignal): Promise<boolean> {
    requireObjectName(name);
    return this.#answer(`remove ${name}`, signal, async () => {
      const key = this.#key(name);
      if ((await this.#bucket.remove([key], signal)).includes(key)) return true;
      // Nothing was there, or nothing may be removed.
      if (!(await this.#seen.look(key, signal))) return false;
      throw new StorageFailure(403, 'it is still there afterwards');
    });
  }

  /** Refuses a public bucket too: whoever knows a name could download it. */
  check(signal: AbortSignal): Promise<void> {
    return this.#answer('show its bucket', signal, async () => {
      if (!(await this.#seen.require(signal)).public) return;
      const { bucket, url } = this.#seen.place;
      throw new VigilError(
        'vault_refused',
        `The bucket "${bucket}" of the vault ${this.name} at ${url} is public: whoever knows a name can download a backup.`,
        { subject: bucket, remedy: `Make the bucket "${bucket}" private in the dashboard of the project.` },
      );
    });
  }

  /** A private one. */
  create(signal: AbortSignal): Promise<boolean> {
    return this.#answer('make its bucket', signal, async () => {
      try {
        await this.#bucket.create(signal);
        return true;
      } catch (error) {
        if (!(error instanceof StorageFailure && (error.leavesOpen || error.code === 409))) throw error;
        // It may have been made by the request whose answer did not come, and before it by nobody.
        await this.#seen.require(signal);
        return error.leavesOpen;
      }
    });
  }

  /** Removes uploads that nobody moved for a day, and returns how many there were. */
  sweep(signal: AbortSignal): Promise<number> {
    return this.#answer('sweep its uploads', signal, async () => {
      const entries = await everyEntry(this.#key(uploadFolder), this.#pages(signal));
      const uploads = entries.flatMap(({ name, object }) =>
        object ? [{ name, createdAt: object.createdAt }] : [],
      );
      // All of them first: removing while paging would pass over some.
      const keys = abandoned(uploads, this.#clock.now()).map((key) => this.#key(key));
      for (let from = 0; from < keys.length; from += removedAtOnce) {
        const { left } = await this.#seen.remove(keys.slice(from, from + removedAtOnce), signal);
        if (left.length > 0) throw new StorageFailure(403, `${left.length} are still there afterwards`);
      }
      return keys.length;
    });
  }

  /** Nobody's put fails because of what somebody else left. */
  async #sweepNowAndThen(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    if (this.#sweptAt !== null && now - this.#sweptAt < sweepEvery) return;
    this.#sweptAt = now;
    await this.sweep(signal).catch(() => 0);
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  #pages(signal: AbortSignal) {
    return (folder: string, offset: number) => this.#bucket.page(folder, offset, signal);
  }

  async *#saying(doing: string, pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces;
    } catch (error) {
      throw this.#said(error, doing);
    }
  }

  async #answer<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw this.#said(error, doing);
    }
  }

  #said(error: unknown, doing: string): unknown {
    return error instanceof StorageFailure ? asVigilError(error, this.#seen.place, doing) : error;
  }
}
