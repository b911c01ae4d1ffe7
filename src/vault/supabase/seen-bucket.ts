/**
 * What a bucket says, once it was seen. Storage answers "not found" and "nothing" to whoever may not see anything, and for
 * a bucket that does not exist: no such answer is passed on from here before the bucket itself has shown itself.
 */
import { VigilError } from '../../errors.ts';
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';
import { Digest } from '../../system/digest.ts';
import type { Bucket } from './bucket.ts';
import type { Info } from './bucket-answers.ts';
import { bucketRemedy, type Place, StorageFailure, storageFailure } from './storage-failure.ts';

/** Milliseconds between two pieces of a file. */
const patience = 60_000;

export class SeenBucket {
  readonly bucket: Bucket;
  readonly place: Place;
  readonly #clock: Clock;

  constructor(bucket: Bucket, place: Place, clock: Clock) {
    this.bucket = bucket;
    this.place = place;
    this.#clock = clock;
  }

  /** Null only where nothing is there. */
  async look(key: string, signal: AbortSignal): Promise<Info | null> {
    const found = await this.bucket.info(key, signal);
    if (!found) await this.require(signal);
    return found;
  }

  async require(signal: AbortSignal): Promise<{ readonly public: boolean }> {
    try {
      return await this.bucket.describe(signal);
    } catch (error) {
      if (!(error instanceof StorageFailure && error.code === 404)) throw error;
      const { bucket, url, vault } = this.place;
      throw new VigilError(
        'vault_refused',
        `The vault ${vault} has no bucket "${bucket}" at ${url}, or the key that is set may not see it.`,
        { subject: bucket, remedy: bucketRemedy(bucket, url) },
      );
    }
  }

  /** The file's pieces; null where nothing is there. They may break off with a `StorageFailure`. */
  async read(key: string, signal: AbortSignal): Promise<AsyncGenerator<Uint8Array> | null> {
    try {
      return this.#pieces(await this.bucket.download(key, signal), signal);
    } catch (error) {
      if (!(error instanceof StorageFailure && error.code === 404)) throw error;
      await this.require(signal);
      return null;
    }
  }

  /** Of the bytes, for what says nothing of itself. Null where nothing is there. */
  async hashOf(key: string, signal: AbortSignal): Promise<string | null> {
    const pieces = await this.read(key, signal);
    if (!pieces) return null;
    const digest = new Digest();
    for await (const piece of pieces) digest.update(piece);
    return digest.sha256();
  }

  /** What was asked for and is still there. It may be missing from an answer because somebody else removed it. */
  async remove(keys: readonly string[], signal: AbortSignal): Promise<{ readonly left: string[] }> {
    const removed = new Set(await this.bucket.remove(keys, signal));
    const left: string[] = [];
    for (const key of keys) if (!removed.has(key) && (await this.look(key, signal))) left.push(key);
    return { left };
  }

  async *#pieces(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const reader = body.getReader();
    try {
      for (;;) {
        const { value, done } = await within(this.#clock, patience, 'the next piece', reader.read(), signal);
        if (done) return;
        yield value;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw storageFailure(error);
    } finally {
      // Not waited for: what does not answer does not end either.
      reader.cancel().catch(() => {});
    }
  }
}
