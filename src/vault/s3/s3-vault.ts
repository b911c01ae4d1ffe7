/**
 * A vault in a bucket of any S3-compatible store (AWS, MinIO, R2, Supabase's S3 and others).
 *
 * Nothing is overwritten: a name is looked up before it is put, put with `If-None-Match: *` where the store knows that,
 * and looked at afterwards by our own hash in its metadata. What remains is a store that ignores the condition (Supabase's
 * S3 does) and two writers with different bytes for one name within one request's time: then the later one stays, and the
 * other is told. Names hold a part of the hash of what they name, so that two such writers are none of ours.
 *
 * A request whose answer was lost may have been carried out: the object's hash says so.
 */

import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Vault, VaultObject, VaultSource } from '../../backup/vault.ts';
import { VigilError } from '../../errors.ts';
import type { Clock } from '../../system/clock.ts';
import { Digest } from '../../system/digest.ts';
import { requireObjectName, requirePrefix } from '../object-name.ts';
import { type S3Access, s3Client } from './s3-client.ts';
import { download } from './s3-download.ts';
import {
  isAbsent,
  isAmbiguous,
  isTaken,
  knowsNoCondition,
  requireAnswer,
  s3Failure,
  s3Said,
  unavailable,
} from './s3-failure.ts';
import { type Listing, listObjects, lookInto, toSecond } from './s3-listing.ts';
import { hashField, upload } from './s3-upload.ts';

export interface S3VaultOptions extends S3Access {
  readonly bucket: string;
  /** Whole parts without a `/` around them; empty for the bucket itself. */
  readonly prefix: string;
  readonly clock: Clock;
}

/** What an object says of itself. */
interface Head {
  readonly bytes: number;
  readonly modifiedAt: string;
  /** Null where somebody else put it, or a store forgot it. */
  readonly sha256: string | null;
}

export class S3Vault implements Vault {
  readonly name: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #region: string | null;
  readonly #clock: Clock;
  readonly #endpoint: string | null;
  readonly #secrets: readonly string[];
  /** Until the store has said that it knows no conditions. */
  #conditional = true;

  constructor(options: S3VaultOptions) {
    const { bucket, prefix, region, endpoint, credentials, clock } = options;
    this.name = `s3:${prefix === '' ? bucket : `${bucket}/${prefix}`}`;
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    // What a bucket is made in is a word of AWS; others have one place, or words of their own.
    this.#region = endpoint === null && region !== 'us-east-1' ? region : null;
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#secrets = credentials
      ? [credentials.secretAccessKey, credentials.accessKeyId, credentials.sessionToken ?? ''].filter(Boolean)
      : [];
    this.#client = s3Client(options);
  }

  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      const there = await this.#head(name, signal);
      if (there) return this.#requireSame(name, there, source, signal);
      try {
        await this.#upload(name, source, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof VigilError || !(isTaken(error) || isAmbiguous(error))) throw error;
        const settled = await this.#head(name, signal).catch(() => null);
        if (!settled) throw error;
        return this.#requireSame(name, settled, source, signal);
      }
      const put = await this.#head(name, signal);
      if (!put) throw unavailable(this.name, `it took ${name} and does not have it`);
      await this.#requireSame(name, put, source, signal);
    });
  }

  get(name: string, signal: AbortSignal): Promise<Readable> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      const request = new GetObjectCommand({ Bucket: this.#bucket, Key: this.#key(name) });
      const found = await this.#unlessAbsent(this.#client.send(request, { abortSignal: signal }));
      if (!found) {
        throw new VigilError('backup_not_found', `The vault ${this.name} holds no ${name}.`, {
          subject: name,
        });
      }
      requireAnswer(this.name, found.ETag);
      const body = found.Body as Readable;
      return download(
        {
          body,
          bytes: found.ContentLength ?? null,
          failure: (error) => this.#failure(error),
          brokenOff: (words) => unavailable(this.name, words),
        },
        signal,
      );
    });
  }

  stat(name: string, signal: AbortSignal): Promise<VaultObject | null> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      const head = await this.#head(name, signal);
      if (head) return { name, bytes: head.bytes, modifiedAt: head.modifiedAt, problem: null };
      await lookInto(this.#listing, signal);
      return null;
    });
  }

  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]> {
    requirePrefix(prefix);
    return this.#answer(signal, () => listObjects(this.#listing, prefix, signal));
  }

  remove(name: string, signal: AbortSignal): Promise<boolean> {
    requireObjectName(name);
    return this.#answer(signal, async () => {
      // A store says the same whether it had anything to remove or not.
      if (!(await this.#head(name, signal))) {
        await lookInto(this.#listing, signal);
        return false;
      }
      const request = new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#key(name) });
      await this.#client.send(request, { abortSignal: signal });
      return true;
    });
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#answer(signal, () => lookInto(this.#listing, signal));
  }

  create(signal: AbortSignal): Promise<boolean> {
    return this.#answer(signal, async () => {
      try {
        await lookInto(this.#listing, signal);
        return false;
      } catch (error) {
        if (s3Said(error).name !== 'NoSuchBucket') throw error;
      }
      // Private unless somebody opens it: no store makes a public one unasked.
      const where = this.#region as never;
      const request = new CreateBucketCommand({
        Bucket: this.#bucket,
        ...(where === null ? {} : { CreateBucketConfiguration: { LocationConstraint: where } }),
      });
      try {
        await this.#client.send(request, { abortSignal: signal });
        return true;
      } catch (error) {
        if (s3Said(error).name === 'BucketAlreadyOwnedByYou') return false;
        throw error;
      }
    });
  }

  async #answer<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    return s3Failure(error, {
      vault: this.name,
      bucket: this.#bucket,
      endpoint: this.#endpoint,
      secrets: this.#secrets,
    });
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  get #listing(): Listing {
    return { client: this.#client, vault: this.name, bucket: this.#bucket, root: this.#prefix };
  }

  /** Null where there is no such object, or no bucket. */
  async #head(name: string, signal: AbortSignal): Promise<Head | null> {
    const request = new HeadObjectCommand({ Bucket: this.#bucket, Key: this.#key(name) });
    const found = await this.#unlessAbsent(this.#client.send(request, { abortSignal: signal }));
    if (!found) return null;
    requireAnswer(this.name, found.ETag);
    return {
      bytes: found.ContentLength ?? 0,
      modifiedAt: toSecond(found.LastModified),
      sha256: found.Metadata?.[hashField] ?? null,
    };
  }

  async #unlessAbsent<T>(answer: Promise<T>): Promise<T | null> {
    try {
      return await answer;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  async #upload(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    const one = {
      client: this.#client,
      clock: this.#clock,
      bucket: this.#bucket,
      key: this.#key(name),
      source,
    };
    try {
      await upload({ ...one, ifAbsent: this.#conditional }, signal);
    } catch (error) {
      if (!this.#conditional || !knowsNoCondition(error)) throw error;
      this.#conditional = false;
      await upload({ ...one, ifAbsent: false }, signal);
    }
  }

  async #requireSame(name: string, there: Head, source: VaultSource, signal: AbortSignal): Promise<void> {
    if (there.bytes === source.bytes) {
      const sha256 = there.sha256 ?? (await this.#hashOf(name, signal));
      if (sha256 === source.sha256) return;
    }
    throw new VigilError(
      'vault_refused',
      `The vault ${this.name} holds something else as ${name}: ${there.bytes} bytes where ${source.bytes} were to be put.`,
      { subject: name, remedy: 'Nothing was overwritten. Move what is there away once you know what it is.' },
    );
  }

  async #hashOf(name: string, signal: AbortSignal): Promise<string> {
    const digest = new Digest();
    for await (const chunk of await this.get(name, signal)) digest.update(chunk as Uint8Array);
    return digest.sha256();
  }
}
