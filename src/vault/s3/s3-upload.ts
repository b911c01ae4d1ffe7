/**
 * Puts a source into a store, whole or not at all: in one request where it is small, else in parts that become an object
 * with the last request. Its hash is checked before the request that makes the object, so that a source which is not
 * what it was said to be leaves none. One part is in memory at a time, and parts go one after the other: each has the
 * signal and the deadline of its own request, which the SDK's own helper gives none.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { VaultSource } from '../../backup/vault.ts';
import type { Clock } from '../../system/clock.ts';
import { alarm } from '../../system/deadline.ts';
import { hashed } from '../hash.ts';

/** More than the 5 MB that every store wants of a part; and no store takes more than 10,000 parts. */
const smallestPart = 8 * 1024 ** 2;
const mostParts = 10_000;
/** Milliseconds for calling an upload off, whose caller has gone already. */
const callingOff = 10_000;
/** Milliseconds after which an upload in parts is nobody's. */
const abandonedAfter = 24 * 3_600_000;

export interface Upload {
  readonly client: S3Client;
  readonly clock: Clock;
  readonly bucket: string;
  readonly key: string;
  readonly source: VaultSource;
  /** Only where nothing has this key. Stores that know no such condition are not asked for it. */
  readonly ifAbsent: boolean;
}

/** What a store keeps beside the bytes: theirs is no hash that could be compared (an ETag is none for parts). */
export const hashField = 'sha256';

const described = ({ bucket, key, source }: Upload) => ({
  Bucket: bucket,
  Key: key,
  ContentType: 'application/octet-stream',
  Metadata: { [hashField]: source.sha256 },
});
const condition = ({ ifAbsent }: Upload) => (ifAbsent ? { IfNoneMatch: '*' } : {});

export async function upload(one: Upload, signal: AbortSignal): Promise<void> {
  const { client, source } = one;
  if (source.bytes > smallestPart) return uploadInParts(one, signal);
  let body: Buffer = Buffer.alloc(0);
  for await (const part of parts(source, smallestPart, signal)) body = part;
  await client.send(
    new PutObjectCommand({ ...described(one), ...condition(one), Body: body, ContentLength: body.length }),
    { abortSignal: signal },
  );
}

async function uploadInParts(one: Upload, signal: AbortSignal): Promise<void> {
  const { client, bucket, key, source } = one;
  await sweep(one, signal);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(described(one)), {
    abortSignal: signal,
  });
  const place = { Bucket: bucket, Key: key, UploadId };
  const done: { PartNumber: number; ETag: string | undefined }[] = [];
  try {
    const size = Math.max(smallestPart, Math.ceil(source.bytes / mostParts));
    for await (const part of parts(source, size, signal)) {
      const PartNumber = done.length + 1;
      const { ETag } = await client.send(
        new UploadPartCommand({ ...place, PartNumber, Body: part, ContentLength: part.length }),
        { abortSignal: signal },
      );
      done.push({ PartNumber, ETag });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ ...place, ...condition(one), MultipartUpload: { Parts: done } }),
      { abortSignal: signal },
    );
  } catch (error) {
    await callOff(one, UploadId);
    throw error;
  }
}

/** Pieces of this size, the last one shorter, all in the same memory. Throws before the last one where the hash is another. */
async function* parts(source: VaultSource, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, source.bytes)));
  let filled = 0;
  for await (const piece of hashed(source, signal)) {
    let at = 0;
    while (at < piece.length) {
      if (filled === buffer.length) {
        yield buffer;
        filled = 0;
      }
      const taken = Math.min(piece.length - at, buffer.length - filled);
      buffer.set(piece.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
    }
  }
  yield buffer.subarray(0, filled);
}

/** Its parts cost as much as an object, and nobody sees them. Whatever goes wrong here, the next sweep comes by. */
async function callOff({ client, clock, bucket, key }: Upload, UploadId: string | undefined): Promise<void> {
  const late = alarm(clock, callingOff, 'calling an upload off');
  await client
    .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId }), {
      abortSignal: late.signal,
    })
    .catch(() => {});
  late.cancel();
}

/** Uploads that killed programs left, beside the place of this one. Not every store lists them. */
async function sweep({ client, clock, bucket, key }: Upload, signal: AbortSignal): Promise<void> {
  const Prefix = key.slice(0, key.lastIndexOf('/') + 1);
  const request = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix });
  const { Uploads = [] } = await client.send(request, { abortSignal: signal }).catch(() => ({ Uploads: [] }));
  for (const { Key, UploadId, Initiated } of Uploads) {
    signal.throwIfAborted();
    if (!Key?.startsWith(Prefix) || !Initiated || Initiated.getTime() > clock.now() - abandonedAfter)
      continue;
    await client
      .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), { abortSignal: signal })
      .catch(() => {});
  }
}
