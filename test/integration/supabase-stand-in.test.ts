/**
 * The stand-in says and does what the real server was observed to, row by row, each through supabase-js (or through
 * tus-js-client), which is what its answers have to mean something to.
 */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createClient } from '@supabase/supabase-js';
import { type DetailedError, Upload, type UploadOptions } from 'tus-js-client';
import { describe, expect, it } from 'vitest';
import { FaultProxy, gatewayFaults } from '../doubles/fault-proxy.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { keys } from '../doubles/supabase-storage/roles.ts';
import { SupabaseStandIn } from '../doubles/supabase-storage/stand-in.ts';

const MiB = 1024 * 1024;

async function world({ limit = null as number | null, mimeTypes = null as string[] | null } = {}) {
  const server = await SupabaseStandIn.start();
  server.stored.buckets.set('backups', { id: 'backups', public: false, limit, mimeTypes });
  const storage = (key: string = keys.service, url = server.url) => {
    const accessToken = () => Promise.resolve(null);
    return createClient(url, key, { accessToken }).storage;
  };
  const objects = (key?: string, bucket = 'backups') => storage(key).from(bucket);
  return { server, storage, objects };
}

/** As supabase-js shows a refusal of the server. */
const refused = (statusCode: string, message: string | RegExp, status = 400) => ({
  data: null,
  error: expect.objectContaining({ status, statusCode, message: expect.stringMatching(message) }),
});
const unanswered = expect.objectContaining({ name: 'StorageUnknownError', message: 'fetch failed' });

/** Ends in its last request's size, or in what the library throws. */
function resumable(
  url: string,
  file: Buffer | Readable,
  more: Partial<UploadOptions> & { objectName?: string } = {},
) {
  const { objectName = 'big', ...options } = more;
  return new Promise<string>((resolve, reject) => {
    const upload = new Upload(file as Buffer, {
      endpoint: `${url}/storage/v1/upload/resumable`,
      headers: { authorization: `Bearer ${keys.service}` },
      metadata: { bucketName: 'backups', objectName, contentType: 'application/gzip', cacheControl: '0' },
      chunkSize: 6 * MiB,
      retryDelays: null,
      storeFingerprintForResuming: false,
      onSuccess: () => resolve(upload.url ?? ''),
      onError: reject,
      ...options,
    });
    upload.start();
  });
}
const status = async (upload: Promise<unknown>) => {
  const error = await upload.then(
    () => null,
    (thrown: DetailedError) => thrown,
  );
  return { status: error?.originalResponse?.getStatus(), body: error?.originalResponse?.getBody() };
};

describe('errors, as the server words them', () => {
  it('refuses a path that is taken with 400, and says 409 in the body', async () => {
    const { objects } = await world();
    expect(await objects().upload('a', Buffer.from('1'))).toMatchObject({ error: null });
    expect(await objects().upload('a', Buffer.from('2'))).toEqual(refused('409', /already exists/));
    expect(await objects().upload('a', Buffer.from('2'))).toMatchObject({
      error: { code: 'KeyAlreadyExists' },
    });
  });

  it('refuses what is over the limit where a length is said: buffer, blob, stream', async () => {
    const { objects } = await world({ limit: 10 });
    const large = Buffer.alloc(11, 1);
    const tooLarge = refused('413', /exceeded the maximum allowed size/);
    expect(await objects().upload('a', large)).toEqual(tooLarge);
    expect(await objects().upload('a', new Blob([large]))).toEqual(tooLarge);
    const headers = { 'content-length': '11' };
    expect(await objects().upload('a', Readable.from([large]), { headers })).toEqual(tooLarge);
  });

  it('lets a stream without a length past the limit', async () => {
    const { objects } = await world({ limit: 10 });
    const sent = await objects().upload('a', Readable.from([Buffer.alloc(11, 1)]));
    expect(sent.error).toBeNull();
    expect((await objects().info('a')).data?.size).toBe(11);
  });

  it('refuses a type that is not allowed', async () => {
    const { objects } = await world({ mimeTypes: ['application/gzip'] });
    expect(await objects().upload('a', Buffer.from('1'))).toEqual(refused('415', /mime type/));
    const options = { contentType: 'application/gzip' };
    expect((await objects().upload('a', Buffer.from('1'), options)).error).toBeNull();
  });

  it.each([
    [keys.opaque, 'Invalid Compact JWS'],
    [keys.foreign, 'signature verification failed'],
    [keys.expired, '"exp" claim timestamp check failed'],
  ])('refuses the key %s with 403, and for a file with 404', async (key, message) => {
    const { objects, storage } = await world();
    const denied = refused('403', message);
    expect(await objects(key).upload('a', Buffer.from('1'))).toEqual(denied);
    expect(await objects(key).list()).toEqual(denied);
    expect(await objects(key).remove(['a'])).toEqual(denied);
    expect(await storage(key).listBuckets()).toEqual(denied);
    expect(await storage(key).getBucket('backups')).toEqual(denied);
    const missing = refused('404', 'Bucket not found');
    expect(await objects(key).download('a')).toEqual(missing);
    expect(await objects(key).info('a')).toEqual(missing);
    await expect(objects(key).exists('a')).rejects.toThrow('Bucket not found');
  });

  it('shows nothing to whom no policy lets see, and says no only to what is written', async () => {
    const { objects, storage } = await world();
    await objects().upload('a', Buffer.from('1'));
    const anonymous = objects(keys.anonymous);
    expect(await anonymous.upload('b', Buffer.from('1'))).toEqual(refused('403', /row-level security/));
    expect(await anonymous.list()).toEqual({ data: [], error: null });
    expect(await anonymous.remove(['a'])).toEqual({ data: [], error: null });
    expect(await storage(keys.anonymous).listBuckets()).toEqual({ data: [], error: null });
    const missing = refused('404', 'Object not found');
    expect(await anonymous.download('a')).toEqual(missing);
    expect(await anonymous.info('a')).toEqual(missing);
    expect(await anonymous.createSignedUrl('a', 60)).toEqual(missing);
    expect(await storage(keys.anonymous).getBucket('backups')).toEqual(refused('404', 'Bucket not found'));
  });

  it('lists a bucket that is not there as an empty one', async () => {
    const { objects, storage } = await world();
    const missing = refused('404', 'Bucket not found');
    expect(await objects(keys.service, 'nowhere').list()).toEqual({ data: [], error: null });
    expect(await objects(keys.service, 'nowhere').upload('a', Buffer.from('1'))).toEqual(missing);
    expect(await storage().getBucket('nowhere')).toEqual(missing);
  });

  it('removes what is not there without a word', async () => {
    const { objects } = await world();
    expect(await objects().remove(['a'])).toEqual({ data: [], error: null });
    const missing = refused('404', 'Object not found');
    expect(await objects().download('a')).toEqual(missing);
    expect(await objects().info('a')).toEqual(missing);
    expect(await objects().remove([])).toEqual(refused('400', /fewer than 1/));
  });

  it('creates a bucket once', async () => {
    const { storage } = await world();
    const made = await Promise.all([1, 2, 3].map(() => storage().createBucket('new')));
    expect(made.filter(({ error }) => error === null)).toHaveLength(1);
    expect(made.find(({ error }) => error)).toEqual(refused('409', /already exists/));
  });

  it('takes a colon and a space in a key, and no umlaut', async () => {
    const { objects } = await world();
    expect((await objects().upload('put:1 2', Buffer.from('1'))).error).toBeNull();
    expect(await objects().upload('ü', Buffer.from('1'))).toEqual(refused('400', 'Invalid key: ü'));
  });

  it('drops a key from its `?` or `#` on, echoes it whole, and decodes what is encoded', async () => {
    const { objects, server } = await world();
    expect(await objects().upload('a?b', Buffer.from('1'))).toMatchObject({ data: { path: 'a?b' } });
    expect((await objects().upload('c#d', Buffer.from('1'))).error).toBeNull();
    await objects().upload('e%20f', Buffer.from('1'));
    expect(server.stored.rowsOf('backups').map(({ key }) => key)).toEqual(['a', 'c', 'e f']);
  });

  it('says 500 while its database is away, and 404 for a route that it has not', async () => {
    const { objects, server } = await world();
    const unknown = await fetch(`${server.url}/storage/v1/nothing`, {
      headers: { authorization: `Bearer ${keys.service}` },
    });
    expect(unknown.status).toBe(404);
    server.databaseDown = true;
    expect(await objects().list()).toEqual(refused('500', 'Internal Server Error', 500));
  });

  it('refuses an expired signed URL with 400', async () => {
    const { objects, server } = await world();
    await objects().upload('a', Buffer.from('1'));
    const good = await objects().createSignedUrl('a', 60);
    expect(await (await fetch(good.data?.signedUrl ?? '')).text()).toBe('1');
    const gone = await fetch(`${server.url}/storage/v1/object/sign/backups/a?token=1`);
    expect([gone.status, await gone.json()]).toMatchObject([400, { error: 'InvalidJWT' }]);
  });

  it('has room for so much beside an object in a header, and for more beside a blob', async () => {
    const { objects } = await world();
    const metadata = (kilobytes: number) => ({ note: 'x'.repeat(kilobytes * 1_000) });
    const one = Buffer.from('1');
    expect((await objects().upload('a', one, { metadata: metadata(11) })).error).toBeNull();
    expect(await objects().upload('b', one, { metadata: metadata(13) })).toMatchObject({
      error: { status: 431, statusCode: 431 },
    });
    expect((await objects().upload('c', new Blob([one]), { metadata: metadata(100) })).error).toBeNull();
  });
});

describe('semantics', () => {
  it('lets two that overlap both succeed under one name, and keeps the bytes of the later', async () => {
    const { objects, server } = await world();
    const [slow, quick] = [new PassThrough(), new PassThrough()];
    const first = objects().upload('a', slow);
    const second = objects().upload('a', quick);
    slow.write('slow');
    quick.write('quick');
    await expect.poll(() => server.requests.length).toBe(2);
    quick.end();
    const won = await second;
    slow.end();
    const also = await first;
    expect([won.error, also.error, also.data?.id]).toEqual([null, null, won.data?.id]);
    expect(await (await objects().download('a')).data?.text()).toBe('slow');
  });

  it('moves onto a name once, keeps the date, and says 404 when it is asked again', async () => {
    const { objects, server } = await world();
    for (let one = 0; one < 8; one++) await objects().upload(`from/${one}`, Buffer.from(String(one)));
    const moves = await Promise.all(
      Array.from({ length: 8 }, (_, one) => objects().move(`from/${one}`, 'to')),
    );
    expect(moves.filter(({ error }) => error === null)).toHaveLength(1);
    const winner = moves.findIndex(({ error }) => error === null);
    expect(moves[(winner + 1) % 8]).toEqual(refused('409', /already exists/));
    expect(await objects().move(`from/${winner}`, 'to')).toEqual(refused('404', 'Object not found'));
    const row = server.stored.row('backups', 'to');
    expect(row?.updatedAt).toBeGreaterThan(row?.createdAt ?? 0);
    expect(await (await objects().download('to')).data?.text()).toBe(String(winner));
  });

  it('copies onto a name more than once', async () => {
    const { objects, server } = await world();
    for (const key of ['a', 'b']) await objects().upload(key, Buffer.from(key));
    const { promise, resolve } = Promise.withResolvers<void>();
    let begun = 0;
    server.copying = () => {
      if (++begun === 2) resolve();
      return promise;
    };
    const copies = await Promise.all(['a', 'b'].map((from) => objects().copy(from, 'to')));
    expect(copies.map(({ error }) => error)).toEqual([null, null]);
  });

  it('keeps id and date of creation over an upsert, and forgets what was put beside it', async () => {
    const { objects } = await world();
    await objects().upload('a', Buffer.from('1'), { metadata: { sha256: 'x', two_words: 'y' } });
    const before = (await objects().info('a')).data;
    expect(before?.metadata).toEqual({ sha256: 'x', twoWords: 'y' });
    await objects().upload('a', Buffer.from('22'), { upsert: true });
    const after = (await objects().info('a')).data;
    expect(after).toMatchObject({ id: before?.id, createdAt: before?.createdAt, size: 2, metadata: {} });
    expect(after?.lastModified).not.toBe(before?.lastModified);
    expect((await objects().update('new', Buffer.from('1'))).error).toBeNull();
  });

  it('lists one folder, folders without an id, and nothing that people put beside', async () => {
    const { objects } = await world();
    await objects().upload('top/a', Buffer.from('1'), { metadata: { sha256: 'x' } });
    await objects().upload('top/deep/b', Buffer.from('1'));
    const { data } = await objects().list('top');
    expect(data).toMatchObject([
      { name: 'a', id: expect.any(String), metadata: { size: 1, mimetype: 'text/plain;charset=UTF-8' } },
      { name: 'deep', id: null, created_at: null, metadata: null },
    ]);
    expect(JSON.stringify(data)).not.toContain('sha256');
    expect(await objects().list('/top')).toEqual({ data: [], error: null });
  });

  it('gives a hundred unasked, and never more than 1500', async () => {
    const { objects, server } = await world();
    const row = { bucket: 'backups', bytes: Buffer.alloc(0), mimeType: '', cacheControl: '', metadata: null };
    for (let one = 0; one < 2_500; one++) server.stored.write({ ...row, key: `many/${one}` });
    expect((await objects().list('many')).data).toHaveLength(100);
    expect((await objects().list('many', { limit: 5_000 })).data).toHaveLength(1_500);
    const names = new Set<string>();
    for (const offset of [0, 1_000, 2_000]) {
      const { data } = await objects().list('many', { limit: 1_000, offset });
      for (const { name } of data ?? []) names.add(name);
    }
    expect(names.size).toBe(2_500);
    const sortBy = { column: 'created_at', order: 'desc' };
    expect((await objects().list('many', { limit: 1, sortBy })).data).toMatchObject([{ name: '2499' }]);
  });

  it('lists by cursor too, whole names below plain text', async () => {
    const { objects } = await world();
    for (const key of ['a/1', 'a/b/2', 'ab/3']) await objects().upload(key, Buffer.from('1'));
    const first = (await objects().listV2({ prefix: 'a', limit: 2 })).data;
    expect(first).toMatchObject({ hasNext: true, objects: [{ name: 'a/1' }, { name: 'a/b/2' }] });
    const cursor = first?.nextCursor ?? '';
    expect((await objects().listV2({ prefix: 'a', limit: 2, cursor })).data).toMatchObject({
      hasNext: false,
      objects: [{ name: 'ab/3' }],
    });
  });

  it('shows a size for a file that is gone, and says 500 when it is asked for', async () => {
    const { objects, server } = await world();
    await objects().upload('a', Buffer.from('123'));
    server.stored.change('backups', 'a', { bytes: null });
    expect((await objects().info('a')).data?.size).toBe(3);
    expect((await objects().list()).data).toMatchObject([{ metadata: { size: 3 } }]);
    expect((await objects().exists('a')).data).toBe(true);
    expect(await objects().download('a')).toEqual(refused('500', /./, 500));
  });

  it('lets a role that may only insert upload, and nothing else', async () => {
    const { objects } = await world();
    const writer = objects(keys.writer);
    expect((await writer.upload('a', Buffer.from('1'))).error).toBeNull();
    expect(await writer.upload('a', Buffer.from('1'), { upsert: true })).toEqual(refused('403', /security/));
    expect((await writer.move('a', 'b')).error).not.toBeNull();
    expect(await writer.remove(['a'])).toEqual({ data: [], error: null });
  });

  it('returns the rows that it removed', async () => {
    const { objects } = await world();
    await objects().upload('a/b', Buffer.from('1'));
    expect((await objects().remove(['a/b', 'a/c'])).data).toMatchObject([{ name: 'a/b' }]);
  });

  it('shows nothing of an upload before its end, nor of one that broke off', async () => {
    const { objects, server } = await world();
    const body = new PassThrough();
    const sending = objects().upload('a', body, { headers: { 'content-length': '10' } });
    body.write('half');
    await expect.poll(() => server.requests).toContain('POST /object/backups/a');
    expect((await objects().list()).data).toEqual([]);
    body.destroy(new Error('gone'));
    expect((await sending).error).not.toBeNull();
    expect((await objects().list()).data).toEqual([]);
  });
});

describe('what is between client and server', () => {
  it('is "fetch failed" where nobody listens and where the connection ends', async () => {
    const { server, storage } = await world();
    const proxy = await FaultProxy.before(server.url);
    const objects = storage(keys.service, proxy.url).from('backups');
    proxy.script({ fault: { kind: 'reset' }, times: 1 });
    expect(await objects.list()).toEqual({ data: null, error: unanswered });
    await proxy.refuse();
    const { error } = await objects.list();
    expect(error).toMatchObject({ originalError: { cause: { code: 'ECONNREFUSED' } } });
  });

  it.each([
    ['badGateway', 502, 'Bad Gateway'],
    ['unavailable', 503, 'Service Unavailable'],
    ['tooMany', 429, 'Too Many Requests'],
    ['databaseTimeout', 544, expect.any(String)],
  ] as const)('has the status of the gateway for %s', async (fault, code, message) => {
    const { server, storage } = await world();
    const proxy = await FaultProxy.before(server.url);
    proxy.script({ fault: gatewayFaults[fault] });
    const { error } = await storage(keys.service, proxy.url).from('backups').list();
    expect(error).toMatchObject({ status: code, statusCode: String(code), message });
  });

  it('takes a page for no answer, and an empty object for a success without an id', async () => {
    const { server, storage } = await world();
    const proxy = await FaultProxy.before(server.url);
    const objects = storage(keys.service, proxy.url).from('backups');
    proxy.script({ fault: gatewayFaults.loginPage, times: 1 }, { fault: gatewayFaults.empty });
    expect((await objects.list()).error).toMatchObject({ name: 'StorageUnknownError' });
    expect(await objects.upload('a', Buffer.from('1'))).toMatchObject({
      data: { id: undefined },
      error: null,
    });
    expect(await objects.list()).toEqual({ data: {}, error: null });
  });

  it('has kept what it confirmed to nobody, and says 409 to whoever tries again', async () => {
    const { server, storage } = await world();
    const proxy = await FaultProxy.before(server.url);
    const objects = storage(keys.service, proxy.url).from('backups');
    proxy.script({ method: 'POST', fault: { kind: 'lost' }, times: 1 });
    expect(await objects.upload('a', Buffer.from('1'))).toEqual({ data: null, error: unanswered });
    expect(await objects.upload('a', Buffer.from('1'))).toEqual(refused('409', /already exists/));
  });

  it('throws where a body ends after its headers', async () => {
    const { server, storage, objects: direct } = await world();
    await direct().upload('a', Buffer.alloc(100_000, 1));
    const proxy = await FaultProxy.before(server.url);
    const objects = storage(keys.service, proxy.url).from('backups');
    proxy.script({ method: 'GET', fault: { kind: 'cut', afterBytes: 1_000 } });
    await expect(objects.download('a')).rejects.toThrow('terminated');
    const { data } = await objects.download('a').asStream();
    await expect(buffer(data as ReadableStream)).rejects.toThrow('terminated');
  });
});

describe('resumable uploads', () => {
  const bytes = Buffer.alloc(13 * MiB, 'not all of it is the same ');

  it('goes on where it stopped, and is visible at its end', async () => {
    const { server, objects } = await world();
    const proxy = await FaultProxy.before(server.url);
    proxy.script({ method: 'PATCH', nth: 2, times: 1, fault: { kind: 'reset', afterRequestBytes: MiB } });
    await resumable(proxy.url, bytes, { retryDelays: [0, 0] });
    expect(proxy.seen.filter(({ what }) => what.startsWith('POST'))).toHaveLength(1);
    const { data } = await objects().download('big');
    expect(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer()).equals(bytes)).toBe(true);
    expect((await objects().info('big')).data).toMatchObject({ contentType: 'application/gzip' });
  });

  it('survives the loss of an answer, of the last piece too', async () => {
    const { server, objects } = await world();
    const proxy = await FaultProxy.before(server.url);
    proxy.script({ method: 'PATCH', fault: { kind: 'lost' }, times: 3 });
    await resumable(proxy.url, bytes, { retryDelays: [0, 0, 0] });
    expect((await objects().info('big')).data?.size).toBe(bytes.length);
  });

  it('refuses with real statuses and plain text', async () => {
    const { server, objects } = await world({ limit: 100 });
    await objects().upload('taken', Buffer.from('1'));
    const small = Buffer.alloc(10, 1);
    const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
    const metadata = { bucketName: 'nowhere', objectName: 'a' };
    expect(await status(resumable(server.url, small, { objectName: 'taken' }))).toMatchObject({
      status: 409,
    });
    expect(await status(resumable(server.url, small, as(keys.anonymous)))).toMatchObject({ status: 403 });
    expect(await status(resumable(server.url, small, { metadata }))).toMatchObject({ status: 404 });
    expect(await status(resumable(server.url, Buffer.alloc(101, 1)))).toMatchObject({ status: 413 });
    const bad = await status(resumable(server.url, small, as(keys.foreign)));
    expect(bad.status).toBe(400);
    expect(JSON.parse(bad.body ?? '')).toMatchObject({ statusCode: '403' });
  });

  it('has no uploads in parallel', async () => {
    const { server } = await world();
    expect(await status(resumable(server.url, bytes, { parallelUploads: 2 }))).toMatchObject({ status: 501 });
  });

  it('lets two under one name both succeed', async () => {
    const { server, objects } = await world();
    const both = [Buffer.alloc(7 * MiB, 1), Buffer.alloc(7 * MiB, 2)];
    await Promise.all(both.map((one) => resumable(server.url, one)));
    expect((await objects().list()).data).toHaveLength(1);
  });

  it('begins again by itself where its address is not known any more', async () => {
    const { server, objects } = await world();
    await resumable(server.url, bytes, { uploadUrl: `${server.url}/storage/v1/upload/resumable/0123456789` });
    expect((await objects().info('big')).data?.size).toBe(bytes.length);
  });

  it('keeps a part as a whole where less was announced, and fails where more was', async () => {
    const { server, objects } = await world();
    const path = join(await scratchDirectory(), 'file');
    await writeFile(path, bytes);
    await resumable(server.url, createReadStream(path), { uploadSize: MiB, objectName: 'short' });
    expect((await objects().info('short')).data?.size).toBe(MiB);
    const long = resumable(server.url, bytes, { uploadSize: bytes.length + 1, objectName: 'long' });
    await expect(long).rejects.toThrow();
    expect((await objects().list()).data).toMatchObject([{ name: 'short' }]);
  });

  it('takes a length that comes last', async () => {
    const { server, objects } = await world();
    const stream = new PassThrough();
    const uploading = resumable(server.url, stream, { uploadLengthDeferred: true });
    stream.end(Buffer.alloc(MiB, 1));
    await uploading;
    expect((await objects().info('big')).data?.size).toBe(MiB);
  });
});
