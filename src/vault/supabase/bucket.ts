/**
 * One bucket, as supabase-js sees it: each request bounded, each answer read, each failure a `StorageFailure`. Keys here
 * are whole, with whatever stands in front of the vault's names. Nothing is ever uploaded over something that is there.
 */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { VaultSource } from '../../backup/vault.ts';
import { VigilError } from '../../errors.ts';
import type { Clock } from '../../system/clock.ts';
import { alarm } from '../../system/deadline.ts';
import { BoundedFetch } from './bounded-fetch.ts';
import {
  type Entry,
  type Info,
  readBucket,
  readEntries,
  readInfo,
  readRemoved,
  requireSaid,
} from './bucket-answers.ts';
import { uploadResumably } from './resumable-upload.ts';
import { StorageFailure, storageFailure } from './storage-failure.ts';

export interface BucketOptions {
  /** Of the project: `https://….supabase.co`. */
  readonly url: string;
  readonly key: string;
  readonly bucket: string;
  readonly clock: Clock;
}

interface Uploaded {
  readonly key: string;
  readonly contentType: string;
  readonly sha256: string;
}

type Answer = PromiseLike<{ readonly data: unknown; readonly error: unknown }>;

/** Asked for; more than the server gives without being asked, and less than it ever gives. */
export const pageSize = 1_000;
/** Milliseconds for cleaning up, which goes on when the signal has ended everything else. */
export const cleaning = 10_000;
/** Answered from what the server has, not from what something in between once saw. */
const uncached = '0';

export class Bucket {
  readonly id: string;
  readonly #options: BucketOptions;
  readonly #bounds: BoundedFetch;
  readonly #client: SupabaseClient;

  constructor(options: BucketOptions) {
    const { url, key, bucket, clock } = options;
    this.id = bucket;
    this.#options = options;
    this.#bounds = new BoundedFetch(clock);
    this.#client = client(url, key, this.#bounds.fetch);
  }

  async describe(signal: AbortSignal): Promise<{ readonly public: boolean }> {
    return readBucket(await this.#ask(signal, () => this.#client.storage.getBucket(this.id)));
  }

  /** Private. Throws with 409 where there is one. */
  async create(signal: AbortSignal): Promise<void> {
    const ask = () => this.#client.storage.createBucket(this.id, { public: false });
    requireSaid(await this.#ask(signal, ask), 'name');
  }

  /** Null where the server says that there is none, which it also says to a key that may not see it. */
  async info(key: string, signal: AbortSignal): Promise<Info | null> {
    try {
      return readInfo(await this.#ask(signal, () => this.#objects.info(key)));
    } catch (error) {
      if (error instanceof StorageFailure && error.code === 404) return null;
      throw error;
    }
  }

  /** What lies directly in a folder, sorted by name, from so many entries on. `[]` may mean anything. */
  async page(folder: string, offset: number, signal: AbortSignal): Promise<Entry[]> {
    const sortBy = { column: 'name', order: 'asc' };
    return readEntries(
      await this.#ask(signal, () => this.#objects.list(folder, { limit: pageSize, offset, sortBy })),
    );
  }

  /** The keys of what was removed; nothing of what was not there, or may not be removed. */
  async remove(keys: readonly string[], signal: AbortSignal): Promise<string[]> {
    return readRemoved(await this.#ask(signal, () => this.#objects.remove([...keys])));
  }

  /** Once and only once for one source and one destination. */
  async move(from: string, to: string, signal: AbortSignal): Promise<void> {
    requireSaid(await this.#ask(signal, () => this.#objects.move(from, to)), 'message');
  }

  async upload({ key, contentType, sha256 }: Uploaded, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const options = { contentType, cacheControl: uncached, upsert: false, metadata: { sha256 } };
    // Without an id in it, an answer of success is none.
    requireSaid(await this.#ask(signal, () => this.#objects.upload(key, bytes, options)), 'id');
  }

  async uploadResumably(
    { key, contentType, sha256 }: Uploaded,
    source: VaultSource,
    signal: AbortSignal,
  ): Promise<void> {
    const { url, key: secret, bucket, clock } = this.#options;
    const target = {
      endpoint: new URL('storage/v1/upload/resumable', url.endsWith('/') ? url : `${url}/`).href,
      headers: { authorization: `Bearer ${secret}`, apikey: secret },
      fetch: this.#bounds.fetch,
      clock,
      metadata: {
        bucketName: bucket,
        objectName: key,
        contentType,
        cacheControl: uncached,
        metadata: JSON.stringify({ sha256 }),
      },
      onAddress: (at: string) => {
        address = at;
      },
    };
    let address: string | null = null;
    try {
      await this.#bounds.during({ signal, streamed: false }, () => uploadResumably(source, target, signal));
    } catch (error) {
      if (address !== null) await this.#giveUp(new URL(address).pathname);
      throw error;
    }
  }

  /** What has arrived of it is of no use. In vain where nobody answers; the service forgets it after a day. */
  async #giveUp(path: string): Promise<void> {
    const { url, key, clock } = this.#options;
    const late = alarm(clock, cleaning, 'give up an upload');
    const headers = { authorization: `Bearer ${key}`, apikey: key, 'tus-resumable': '1.0.0' };
    const asked = () => this.#bounds.fetch(new URL(path, url), { method: 'DELETE', headers });
    await this.#bounds.during({ signal: late.signal, streamed: false }, asked).catch(() => null);
    late.cancel();
  }

  /** Its pieces end with the signal too, but without a bound on the time between them. */
  async download(key: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const builder = () => this.#objects.download(key, {}, { cache: 'no-store' }).asStream();
    return (await this.#ask(signal, builder, true)) as ReadableStream<Uint8Array>;
  }

  get #objects() {
    return this.#client.storage.from(this.id);
  }

  async #ask(signal: AbortSignal, ask: () => Answer, streamed = false): Promise<unknown> {
    let answer: Awaited<Answer>;
    try {
      // Awaited within: what is thenable asks only when it is waited for.
      answer = await this.#bounds.during({ signal, streamed }, async () => await ask());
    } catch (error) {
      signal.throwIfAborted();
      throw storageFailure(error);
    }
    signal.throwIfAborted();
    if (answer.error) throw storageFailure(answer.error);
    return answer.data;
  }
}

/** Throws `invalid_config`. The library throws too, and what a header cannot carry it says aloud. */
function client(url: string, key: string, bounded: typeof fetch): SupabaseClient {
  const invalid = (problem: string) => new VigilError('invalid_config', problem);
  if (!/^[\x21-\x7e]+$/.test(key)) throw invalid('SUPABASE_SECRET_KEY is empty, or holds what no key does.');
  if (!URL.canParse(url) || !/^https?:/i.test(url))
    throw invalid('SUPABASE_URL is not the URL of a project.');
  // Nobody logs in: the key is the whole authority, and nothing is kept, renewed or listened to.
  const accessToken = () => Promise.resolve(null);
  return createClient(url, key, { accessToken, global: { fetch: bounded } });
}
