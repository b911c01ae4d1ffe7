/** The contract over a real S3 server, and what networks do to it; over a real bucket too where one is named. */

import { buffer } from 'node:stream/consumers';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vault } from '../../src/backup/vault.ts';
import { S3Vault, type S3VaultOptions } from '../../src/vault/s3/s3-vault.ts';
import { FakeClock } from '../doubles/fake-clock.ts';
import { type Fault, FaultProxy, gatewayFaults } from '../doubles/fault-proxy.ts';
import { contents, source, type VaultUnderTest, vaultContract } from './vault.ts';

const never = new AbortController().signal;
const name = 'sessions/main/object';
const keys = { accessKeyId: 'AKIDOFTHISTEST', secretAccessKey: 'the-secret-of-this-test' };
const credentials = { ...keys, sessionToken: null };

let server: FauxqsServer;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
});
afterAll(() => server.stop());

/** An answer of a store that is no success. */
const says = (status: number, code: string, message = 'It is so.'): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

/** Another program with the same server. */
const stranger = () =>
  new S3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    forcePathStyle: true,
    credentials: keys,
  });

let buckets = 0;

async function s3World(options: Partial<S3VaultOptions> = {}) {
  const bucket = `bucket-${++buckets}`;
  server.createBucket(bucket);
  const proxy = await FaultProxy.before(`http://127.0.0.1:${server.port}`);
  const open = (more: Partial<S3VaultOptions> = {}) =>
    new S3Vault({
      bucket,
      prefix: '',
      region: 'us-east-1',
      endpoint: proxy.url,
      pathStyle: true,
      credentials,
      clock: new FakeClock(Date.now()),
      ...options,
      ...more,
    });
  return { bucket, proxy, open, vault: open(), asked: () => proxy.seen.map(({ what }) => what) };
}

async function underTest(options: Partial<S3VaultOptions> = {}): Promise<VaultUnderTest> {
  const { vault, open, proxy } = await s3World(options);
  const refusals = {
    full: says(507, 'InsufficientStorage'),
    forbidden: says(403, 'AccessDenied'),
    down: says(503, 'SlowDown'),
  };
  return {
    vault,
    missing: open({ bucket: `missing-${++buckets}` }),
    reopen: async () => open(),
    blind: async () => proxy.script({ path: /list-type=2/, fault: says(403, 'AccessDenied') }),
    refuseWrites: async (how) => proxy.script({ method: 'PUT', fault: refusals[how] }),
    mend: async () => proxy.mend(),
    dieInPut: async (object, what) => {
      proxy.script({ method: 'PUT', times: 1, fault: { kind: 'reset', afterRequestBytes: 2 } });
      await expect(vault.put(object, what, never)).rejects.toMatchObject({ code: 'vault_unavailable' });
    },
  };
}

vaultContract('s3', () => underTest());
vaultContract('s3, below a prefix', () => underTest({ prefix: 'staging/of-mine' }));

describe('a vault in a bucket', () => {
  it('has the name that its setting has', async () => {
    const { open, bucket } = await s3World();
    expect(open().name).toBe(`s3:${bucket}`);
    expect(open({ prefix: 'a/b' }).name).toBe(`s3:${bucket}/a/b`);
  });

  it('sees nothing of others in the same bucket', async () => {
    const { open } = await s3World();
    const [here, there] = [open({ prefix: 'a' }), open({ prefix: 'ab' })];
    await here.put(name, await source('mine'), never);
    expect(await there.list('', never)).toEqual([]);
    expect(await there.stat(name, never)).toBeNull();
    expect((await open().list('', never)).map((object) => object.name)).toEqual([`a/${name}`]);
  });

  it('is listed to the end, and what no object can be called is passed over', async () => {
    const { vault, bucket, open } = await s3World({ prefix: 'p' });
    const all = open({ prefix: '' });
    const client = stranger();
    const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    for (let from = 0; from < 2_500; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, i) => put(`p/sessions/a/${from + i}.json`)));
    for (const foreign of ['p/', 'p/folder/', 'p/with space', 'p/ünicode', 'other']) await put(foreign);
    const found = await vault.list('', never);
    expect(found).toHaveLength(2_500);
    expect(new Set(found.map((object) => object.name)).size).toBe(2_500);
    expect((await all.list('', never)).map((object) => object.name)).toContain('other');
  });

  it('is never half a listing', async () => {
    const { vault, proxy } = await s3World();
    await vault.put(name, await source('a'), never);
    proxy.script({
      method: 'GET',
      fault: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/xml' },
        body: '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>',
      },
    });
    await expect(vault.list('', never)).rejects.toMatchObject({ code: 'vault_unavailable' });
  });

  it('of which the bucket is gone never says that there is nothing', async () => {
    const { open, proxy } = await s3World();
    const gone = open({ bucket: 'gone-bucket' });
    const refused = {
      code: 'vault_refused',
      message: expect.stringContaining('no bucket gone-bucket'),
      remedy: expect.stringContaining('vigil doctor --create'),
    };
    await expect(gone.list('', never)).rejects.toMatchObject(refused);
    await expect(gone.check(never)).rejects.toMatchObject({
      remedy: expect.stringContaining(
        `aws --endpoint-url ${proxy.url} s3api create-bucket --bucket gone-bucket`,
      ),
    });
    await expect(gone.stat(name, never)).rejects.toMatchObject(refused);
    await expect(gone.get(name, never)).rejects.toMatchObject(refused);
    await expect(gone.remove(name, never)).rejects.toMatchObject(refused);
    await expect(gone.put(name, await source('a'), never)).rejects.toMatchObject(refused);
  });

  it('puts what somebody else has put already, by its bytes where it has no hash of ours', async () => {
    const { vault, bucket } = await s3World();
    const client = stranger();
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: 'mine' }));
    await vault.put(name, await source('mine'), never);
    await expect(vault.put(name, await source('hers'), never)).rejects.toMatchObject({
      code: 'vault_refused',
    });
  });
});

describe('what is large', () => {
  const large = Buffer.alloc(20 * 1024 ** 2, 'a large file, ');

  it('goes in parts, and comes back whole', async () => {
    const { vault, asked } = await s3World();
    await vault.put(name, await source(large), never);
    expect(asked().filter((one) => one.includes('partNumber='))).toHaveLength(3);
    expect((await contents(vault, name)).equals(large)).toBe(true);
  });

  it('leaves no parts behind when it fails, and none that killed programs left', async () => {
    const { vault, proxy, asked } = await s3World();
    proxy.script({ path: /partNumber=2/, times: 1, fault: { kind: 'reset' } });
    await expect(vault.put(name, await source(large), never)).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
    expect(asked().at(-2)).toMatch(/^DELETE .*uploadId=/);
    expect(await vault.list('', never)).toEqual([]);
    await vault.put(name, await source(large), never);
  });

  it('is there although the answer to its last part was lost', async () => {
    const { vault, proxy } = await s3World();
    proxy.script({ method: 'POST', path: /uploadId=/, times: 1, fault: { kind: 'lost' } });
    await vault.put(name, await source(large), never);
    expect(proxy.done).toBe(true);
  });
});

describe('a put of which nobody knows what came', () => {
  it('is done where the object is there with its hash', async () => {
    const { vault, proxy } = await s3World();
    proxy.script({ method: 'PUT', times: 1, fault: { kind: 'lost' } });
    await vault.put(name, await source('mine'), never);
    expect(String(await contents(vault, name))).toBe('mine');
    expect(proxy.done).toBe(true);
  });

  it('failed where it is not there, and can be put again', async () => {
    const { vault, proxy } = await s3World();
    proxy.script({ method: 'PUT', times: 1, fault: { kind: 'reset' } });
    await expect(vault.put(name, await source('mine'), never)).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
    await vault.put(name, await source('mine'), never);
  });

  it('is another’s where the store says that the name was taken meanwhile', async () => {
    for (const [theirs, code] of [
      ['mine', null],
      ['hers', 'vault_refused'],
    ] as const) {
      const { vault, proxy, open } = await s3World();
      // Nobody was there when it was looked for.
      proxy.script({ method: 'HEAD', times: 1, fault: { kind: 'answer', status: 404, body: '' } });
      await open({ endpoint: `http://127.0.0.1:${server.port}` }).put(name, await source(theirs), never);
      proxy.script({ method: 'PUT', times: 1, fault: says(412, 'PreconditionFailed') });
      const putting = vault.put(name, await source('mine'), never);
      if (code === null) await putting;
      else await expect(putting).rejects.toMatchObject({ code });
    }
  });

  it('is put without a condition where the store knows none', async () => {
    const { vault, proxy, asked } = await s3World();
    proxy.script({ method: 'PUT', times: 1, fault: says(501, 'NotImplemented') });
    await vault.put(name, await source('mine'), never);
    await vault.put('another', await source('more'), never);
    expect(asked().filter((one) => one.startsWith('PUT'))).toHaveLength(3);
  });
});

describe('what a store says', () => {
  it.each([
    [
      '403 with keys that it does not know',
      says(403, 'InvalidAccessKeyId'),
      'vault_refused',
      'AWS_ACCESS_KEY_ID',
    ],
    ['403 with a wrong secret', says(403, 'SignatureDoesNotMatch'), 'vault_refused', 'AWS_SECRET_ACCESS_KEY'],
    ['400 with a token that ended', says(400, 'ExpiredToken'), 'vault_refused', 'AWS_SESSION_TOKEN'],
    ['403 with what is not allowed', says(403, 'AccessDenied'), 'vault_refused', 'the right to list'],
    ['301 to another region', says(301, 'PermanentRedirect'), 'vault_refused', 'AWS_REGION'],
    ['403 by its clock', says(403, 'RequestTimeTooSkewed'), 'vault_unavailable', 'clock'],
    ['400 that is none of ours', says(400, 'RequestTimeout'), 'vault_unavailable', 'tried again'],
    ['429', gatewayFaults.tooMany, 'vault_unavailable', 'tried again'],
    ['502 with a page', gatewayFaults.badGateway, 'vault_unavailable', 'tried again'],
    ['503 with a page', gatewayFaults.unavailable, 'vault_unavailable', 'tried again'],
    ['200 with a page to log in', gatewayFaults.loginPage, 'vault_unavailable', ''],
    ['a reset', { kind: 'reset' }, 'vault_unavailable', 'tried again'],
    ['507', says(507, 'InsufficientStorage'), 'disk_full', 'quota'],
  ] as readonly (readonly [string, Fault, string, string])[])(
    '%s is understood',
    async (_what, fault, code, remedy) => {
      const { vault, proxy, bucket } = await s3World();
      proxy.script({ fault });
      for (const call of [() => vault.check(never), () => vault.list('', never)]) {
        await expect(call()).rejects.toMatchObject({
          code,
          message: expect.stringContaining(`s3:${bucket}`),
          remedy: expect.stringContaining(remedy),
        });
      }
    },
  );

  it('is told without keys, whatever it repeats of the request', async () => {
    const { vault, proxy } = await s3World();
    const { accessKeyId, secretAccessKey } = credentials;
    proxy.script({ fault: says(400, 'Odd', `What ${accessKeyId} with ${secretAccessKey} wants`) });
    const error: unknown = await vault.list('', never).catch((thrown: unknown) => thrown);
    const told = JSON.stringify([
      error,
      String(error),
      (error as Error).cause ?? null,
      Object.entries(error as Error),
    ]);
    expect(told).toContain('[secret]');
    for (const secret of [accessKeyId, secretAccessKey]) expect(told).not.toContain(secret);
  });

  it('is no object and no end of one where a page answers in its place', async () => {
    const { vault, proxy } = await s3World();
    proxy.script({ fault: gatewayFaults.loginPage });
    for (const call of [
      () => vault.stat(name, never),
      () => vault.get(name, never),
      () => vault.remove(name, never),
      async () => vault.put(name, await source('a'), never),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'vault_unavailable' });
  });

  it('is no answer where nothing listens', async () => {
    const { vault, proxy } = await s3World();
    await proxy.refuse();
    await expect(vault.check(never)).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await proxy.accept();
    await vault.check(never);
  });

  it('comes never, and is waited for no longer than the signal says', async () => {
    const { vault, proxy } = await s3World();
    for (const call of [
      (signal: AbortSignal) => vault.check(signal),
      (signal: AbortSignal) => vault.get(name, signal),
      async (signal: AbortSignal) => vault.put(name, await source('a'), signal),
      (signal: AbortSignal) => vault.remove(name, signal),
    ]) {
      const stop = new AbortController();
      proxy.script({ times: 1, fault: { kind: 'hang' } });
      const hung = proxy.meets('hang');
      const asked = expect(call(stop.signal)).rejects.toThrow('enough');
      await hung;
      stop.abort(new Error('enough'));
      await asked;
    }
  });

  it('breaks off in the middle of an object, and is not taken for its end', async () => {
    const { vault, proxy } = await s3World();
    await vault.put(name, await source(Buffer.alloc(300_000, 'x')), never);
    proxy.script({ method: 'GET', path: /object/, times: 1, fault: { kind: 'cut', afterBytes: 1_000 } });
    await expect(contents(vault, name)).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await contents(vault, name)).toHaveLength(300_000);
  });

  it('stops in the middle of an object, and the connection goes with its reader', async () => {
    const { vault, proxy } = await s3World();
    await vault.put(name, await source(Buffer.alloc(300_000, 'x')), never);
    proxy.script({ method: 'GET', path: /object/, times: 1, fault: { kind: 'stall', afterBytes: 1_000 } });
    const met = proxy.meets('stall');
    const stop = new AbortController();
    const reading = expect(vault.get(name, stop.signal).then(buffer)).rejects.toThrow('enough');
    await met;
    stop.abort(new Error('enough'));
    await reading;
  });
});

const real = {
  bucket: process.env['S3_TEST_BUCKET'],
  endpoint: process.env['S3_TEST_ENDPOINT'],
  region: process.env['S3_TEST_REGION'],
  accessKeyId: process.env['S3_TEST_ACCESS_KEY_ID'],
  secretAccessKey: process.env['S3_TEST_SECRET_ACCESS_KEY'],
};

describe('a real bucket', () => {
  const { bucket, accessKeyId, secretAccessKey } = real;
  const missing = 'S3_TEST_BUCKET, S3_TEST_ACCESS_KEY_ID and S3_TEST_SECRET_ACCESS_KEY are not set';
  it('keeps and gives back', async ({ skip }) => {
    if (!bucket || !accessKeyId || !secretAccessKey) return skip(missing);
    const vault: Vault = new S3Vault({
      bucket,
      prefix: `vigil-test-${Date.now()}`,
      region: real.region ?? 'us-east-1',
      endpoint: real.endpoint ?? null,
      pathStyle: real.endpoint !== undefined,
      credentials: { accessKeyId, secretAccessKey, sessionToken: null },
      clock: new FakeClock(Date.now()),
    });
    await vault.check(never);
    for (const text of ['small', 'x'.repeat(20_000_000)]) {
      await vault.put(name, await source(text), never);
      await vault.put(name, await source(text), never);
      await expect(vault.put(name, await source('other'), never)).rejects.toMatchObject({
        code: 'vault_refused',
      });
      expect(String(await contents(vault, name))).toBe(text);
      expect(await vault.list('', never)).toMatchObject([{ name, bytes: text.length }]);
      expect(await vault.remove(name, never)).toBe(true);
    }
    expect(await vault.list('', never)).toEqual([]);
  });
});
