/** Objects over REST, in the order in which the server looks at things: what is checked before the bytes may be wrong after. */
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Answer, Asking } from './answer.ts';
import { type Asked, listAll, listFolder, rowShown } from './listing.ts';
import { refusals } from './refusal.ts';
import type { Row } from './stored.ts';

const validKey = /^(?:\w|\/|!|-|\.|\*|'|\(|\)| |&|\$|@|=|;|:|\+|,|\?)*$/;

export function requireUpload(
  { stored, role }: Asking,
  upload: {
    readonly bucket: string;
    readonly key: string;
    readonly upsert: boolean;
    readonly size: number | null;
  },
): void {
  const { bucket, key, upsert, size } = upload;
  if (!validKey.test(key)) throw refusals.invalidKey(key);
  const place = stored.buckets.get(bucket);
  if (!place) throw refusals.noBucket();
  if (!role.inserts || (upsert && !role.sees)) throw refusals.policy();
  if (!upsert && stored.row(bucket, key)) throw refusals.duplicate();
  // Only of what says its length.
  if (size !== null && place.limit !== null && size > place.limit) throw refusals.tooLarge();
}

export async function upload(asking: Asking, bucket: string, key: string): Promise<Answer> {
  const { request, stored } = asking;
  const upsert = request.method === 'PUT' || request.headers['x-upsert'] === 'true';
  const length = request.headers['content-length'];
  const form = request.headers['content-type']?.startsWith('multipart/form-data') ?? false;
  requireUpload(asking, { bucket, key, upsert, size: length === undefined || form ? null : Number(length) });
  const { bytes, mimeType, cacheControl, metadata } = form ? await formOf(request) : await bodyOf(request);
  const { limit = null, mimeTypes = null } = stored.buckets.get(bucket) ?? {};
  if (form && limit !== null && bytes.length > limit) throw refusals.tooLarge();
  if (mimeTypes && !mimeTypes.includes(mimeType)) throw refusals.mimeType(mimeType);
  // Nobody looks again whether the key is still free.
  const row = stored.write({ bucket, key, bytes, mimeType, cacheControl, metadata });
  return { json: { Id: row.id, Key: `${bucket}/${key}` } };
}

interface Body {
  readonly bytes: Buffer;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const {
    'x-metadata': encoded,
    'content-type': mimeType = '',
    'cache-control': cacheControl = '',
  } = request.headers;
  const bytes = await buffer(request);
  const text = typeof encoded === 'string' ? String(Buffer.from(encoded, 'base64')) : null;
  return { bytes, mimeType, cacheControl, metadata: text === null ? null : JSON.parse(text) };
}

/** Of a Blob. */
async function formOf(request: IncomingMessage): Promise<Body> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(await buffer(request), { headers }).formData();
  const file = form.get('');
  if (!(file instanceof File)) throw refusals.invalidKey('');
  const metadata = form.get('metadata');
  return {
    bytes: Buffer.from(await file.arrayBuffer()),
    mimeType: file.type,
    cacheControl: `max-age=${form.get('cacheControl')}`,
    metadata: typeof metadata === 'string' ? JSON.parse(metadata) : null,
  };
}

export function download(asking: Asking, bucket: string, key: string): Answer {
  const row = visible(asking, bucket, key);
  if (!row.bytes) throw refusals.lostFile();
  const headers = { 'content-type': row.mimeType, 'cache-control': row.cacheControl, etag: row.etag };
  return { bytes: row.bytes, headers };
}

export function info(asking: Asking, bucket: string, key: string): Answer {
  const row = visible(asking, bucket, key);
  return {
    json: {
      id: row.id,
      name: row.key,
      version: row.id,
      size: row.size,
      content_type: row.mimeType,
      cache_control: row.cacheControl,
      etag: row.etag,
      metadata: row.metadata ?? {},
      last_modified: new Date(row.updatedAt).toISOString(),
      created_at: new Date(row.createdAt).toISOString(),
    },
  };
}

export function list({ stored, role, pageCap }: Asking, bucket: string, asked: Asked): Answer {
  return { json: role.sees ? listFolder(stored, bucket, asked, pageCap) : [] };
}

export function listV2({ stored, role }: Asking, bucket: string, asked: object): Answer {
  return { json: role.sees ? listAll(stored, bucket, asked) : { hasNext: false, folders: [], objects: [] } };
}

export interface Move {
  readonly bucketId: string;
  readonly sourceKey: string;
  readonly destinationKey: string;
}

export function move({ stored, role }: Asking, asked: Move): Answer {
  if (!stored.buckets.has(asked.bucketId)) throw refusals.noBucket();
  if (!role.sees || !role.changes) throw refusals.noObject();
  stored.move(asked.bucketId, asked.sourceKey, asked.destinationKey);
  return { json: { message: 'Successfully moved' } };
}

/** Not in one step: between the look and the copy there is time for others. */
export async function copy(asking: Asking, { bucketId, sourceKey, destinationKey }: Move): Promise<Answer> {
  const { bytes, mimeType, cacheControl, metadata } = visible(asking, bucketId, sourceKey);
  if (asking.stored.row(bucketId, destinationKey)) throw refusals.duplicate();
  await asking.copying();
  const content = { bytes: bytes ?? Buffer.alloc(0), mimeType, cacheControl, metadata };
  const row = asking.stored.write({ bucket: bucketId, key: destinationKey, ...content });
  return { json: { Id: row.id, Key: `${bucketId}/${destinationKey}` } };
}

export function remove({ stored, role }: Asking, bucket: string, keys: readonly string[]): Answer {
  if (keys.length === 0) throw refusals.nothingToRemove();
  if (!role.sees || !role.changes) return { json: [] };
  const removed = keys.flatMap((key) => stored.remove(bucket, key) ?? []);
  return { json: removed.map((row) => ({ name: row.key, bucket_id: bucket, ...rowShown(row) })) };
}

export function sign(asking: Asking, bucket: string, key: string, expiresIn: number): Answer {
  visible(asking, bucket, key);
  const token = Date.now() + expiresIn * 1_000;
  return { json: { signedURL: `/object/sign/${bucket}/${key}?token=${token}` } };
}

export function downloadSigned(asking: Asking, bucket: string, key: string, token: string | null): Answer {
  if (Number(token) <= Date.now()) throw refusals.expiredUrl();
  return download({ ...asking, role: { sees: true, inserts: false, changes: false } }, bucket, key);
}

/** Of what may not be seen the server says that it is not there. */
function visible({ stored, role }: Asking, bucket: string, key: string): Row {
  if (!stored.buckets.has(bucket)) throw refusals.noBucket();
  const row = role.sees ? stored.row(bucket, key) : undefined;
  if (!row) throw refusals.noObject();
  return row;
}
