/** Whatever happens between the vault and the service: a put leaves one whole object or says what went wrong. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { VaultSource } from '../../src/backup/vault.ts';
import type { Clock } from '../../src/system/clock.ts';
import { systemClock } from '../../src/system/clock.ts';
import { SupabaseVault } from '../../src/vault/supabase/supabase-vault.ts';
import { FakeClock } from '../doubles/fake-clock.ts';
import { type Fault, FaultProxy, gatewayFaults } from '../doubles/fault-proxy.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { keys } from '../doubles/supabase-storage/roles.ts';
import { SupabaseStandIn } from '../doubles/supabase-storage/stand-in.ts';

const never = new AbortController().signal;
const MiB = 1024 * 1024;
const name = 'sessions/main/20260101T000000Z-1-0123456789ab.tar.gz';

/** Time as it is, but nobody waits for long before trying again. */
const impatient: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 25, signal) };

async function world({ key = keys.service as string, clock = impatient, bucket = 'backups' } = {}) {
  const server = await SupabaseStandIn.start();
  const proxy = await FaultProxy.before(server.url);
  const open = (more: { key?: string; bucket?: string; url?: string } = {}) =>
    new SupabaseVault({ url: proxy.url, key, bucket, prefix: '', clock, ...more });
  const names = () => server.stored.rowsOf('backups').map((row) => row.key);
  /** What is there under the name, by the server itself. */
  const stored = (of = name) => server.stored.row('backups', of)?.bytes ?? null;
  return { server, proxy, open, vault: open(), names, stored };
}

async function source(contents: Buffer): Promise<VaultSource> {
  const path = join(await scratchDirectory(), 'source');
  await writeFile(path, contents);
  return { path, bytes: contents.length, sha256: createHash('sha256').update(contents).digest('hex') };
}

const read = async (from: Promise<Readable>) => buffer(await from);
const small = Buffer.from('a small object');
/** Two pieces. */
const large = Buffer.concat([randomBytes(MiB), Buffer.alloc(5 * MiB, 1), randomBytes(10_000)]);

const faults: Readonly<Record<string, Fault>> = {
  reset: { kind: 'reset' },
  'lost answer': { kind: 'lost' },
  'cut answer': { kind: 'cut', afterBytes: 1 },
  'slow drip': { kind: 'drip', bytes: 7 },
  ...gatewayFaults,
};

/** Every kind of request that a put makes. */
const requestsOfPut = {
  'the look at the name': { method: 'GET', path: /\/object\/info\// },
  'the look at the bucket': { method: 'GET', path: /\/bucket\// },
  'the sweep': { method: 'POST', path: /\/object\/list\// },
  'the upload': { method: 'POST', path: /\/object\/backups\/uploads\// },
  'the move': { method: 'POST', path: /\/object\/move$/ },
} as const;
const requestsOfLargePut = {
  'the creation of the upload': { method: 'POST', path: /\/upload\/resumable$/ },
  'the first piece': { method: 'PATCH' },
  'the last piece': { method: 'PATCH', nth: 2 },
} as const;

/** What a large put is tried with again and again: the rest is told apart in no other way. */
const lasting = ['reset', 'lost answer', 'badGateway', 'empty'];

describe.each([
  ['small', small, requestsOfPut],
  ['large', large, requestsOfLargePut],
] as const)('a put of a %s object', (_size, bytes, requests) => {
  const cases = Object.entries(requests)
    .flatMap(([what, request]) =>
      Object.entries(faults).map(([fault, kind]) => ({ what, request, fault, kind })),
    )
    .flatMap((one) => (['once', 'always'] as const).map((times) => ({ ...one, times })))
    .filter(({ fault, times }) => bytes === small || times === 'once' || lasting.includes(fault));

  it.each(cases)(
    'ends whole or in a typed error: $fault $times, in $what',
    async ({ request, kind, times }) => {
      const { proxy, vault, names, stored } = await world();
      proxy.script({ ...request, ...(times === 'once' ? { times: 1 } : {}), fault: kind });
      const put = await vault.put(name, await source(bytes), never).then(
        () => null,
        (error: unknown) => error,
      );
      // Also where nobody was told so, what is there is whole.
      const there = stored();
      if (there) expect(there.equals(bytes)).toBe(true);
      if (put === null) expect(there).not.toBeNull();
      else expect(put).toMatchObject({ code: expect.stringMatching(/^vault_(unavailable|refused)$/) });
      expect(names().filter((key) => key !== name && !key.startsWith('uploads/put:'))).toEqual([]);
      expect(proxy.seen.some(({ fault }) => fault === kind.kind)).toBe(true);
      // Once it is over, the same put is done, whatever the one before left.
      proxy.mend();
      await vault.put(name, await source(bytes), never);
      expect(stored()?.equals(bytes)).toBe(true);
      expect(await vault.list('', never)).toMatchObject([{ name, bytes: bytes.length }]);
    },
  );
});

describe('a put', () => {
  it.each(['reset', 'lost'] as const)(
    'is settled by itself where the answer of its upload or its move is lost (%s)',
    async (kind) => {
      const { proxy, vault, names } = await world();
      if (kind === 'reset')
        proxy.script({ method: 'PATCH', times: 2, fault: { kind, afterRequestBytes: MiB } });
      else
        for (const path of [/uploads\/put:/, /\/move$/])
          proxy.script({ method: 'POST', path, times: 1, fault: { kind } });
      await vault.put(name, await source(kind === 'reset' ? large : small), never);
      expect(proxy.done).toBe(true);
      expect(names()).toEqual([name]);
    },
  );

  it('that is tried again after a lost answer is done, with nothing sent a second time', async () => {
    const { proxy, vault, open } = await world();
    const one = await source(small);
    proxy.script({ method: 'POST', path: /\/move$/, fault: { kind: 'lost' } });
    proxy.script({ method: 'GET', path: /\/info\//, nth: 2, fault: { kind: 'reset' } });
    await expect(vault.put(name, one, never)).rejects.toMatchObject({ code: 'vault_unavailable' });
    proxy.mend();
    const before = proxy.seen.length;
    await open().put(name, one, never);
    expect(proxy.seen.slice(before).filter(({ what }) => what.includes('put:'))).toEqual([]);
  });

  it('goes on with what has arrived, as long as it gets on', async () => {
    const { proxy, vault, stored } = await world();
    // More breaks than tries: each of them comes after some more bytes.
    proxy.script({ method: 'PATCH', times: 5, fault: { kind: 'reset', afterRequestBytes: MiB } });
    await vault.put(name, await source(large), never);
    expect(proxy.done).toBe(true);
    expect(
      proxy.seen.filter(({ what }) => what.startsWith('POST') && what.endsWith('/resumable')),
    ).toHaveLength(1);
    expect(stored()?.equals(large)).toBe(true);
  });

  it('that ends before its time takes back what has arrived of it', async () => {
    const { proxy, vault, names } = await world();
    proxy.script({ method: 'PATCH', nth: 2, fault: { kind: 'hang' } });
    const [met, stop] = [proxy.meets('hang'), new AbortController()];
    const putting = vault.put(name, await source(large), stop.signal);
    await met;
    stop.abort(new Error('enough'));
    await expect(putting).rejects.toThrow('enough');
    expect(proxy.seen.filter(({ what }) => /^DELETE .*resumable/.test(what))).toHaveLength(1);
    expect(names()).toEqual([]);
  });

  it('is not tried again where the server has something under that name', async () => {
    const { proxy, vault } = await world();
    const conflict: Fault = { kind: 'answer', status: 409, body: 'The resource already exists' };
    proxy.script({ method: 'POST', path: /\/resumable$/, fault: conflict });
    await expect(vault.put(name, await source(large), never)).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
    expect(proxy.seen.filter(({ fault }) => fault === 'answer')).toHaveLength(1);
  });

  it('has one winner of two with different bytes, twenty times', async () => {
    const { open, stored, names } = await world();
    for (let round = 0; round < 20; round++) {
      const key = `sessions/main/${round}.tar.gz`;
      const both = [randomBytes(40_000), randomBytes(40_000)];
      const sources = await Promise.all(both.map(source));
      const ended = await Promise.allSettled(sources.map((one) => open().put(key, one, never)));
      const winner = ended.findIndex(({ status }) => status === 'fulfilled');
      const loser = ended[1 - winner];
      expect(loser).toMatchObject({ status: 'rejected', reason: { code: 'vault_refused' } });
      expect(stored(key)?.equals(both[winner] ?? Buffer.alloc(0))).toBe(true);
    }
    expect(names().filter((key) => key.startsWith('uploads/'))).toEqual([]);
  });

  it('compares bytes where nobody put a hash beside them', async () => {
    const { server, vault } = await world();
    await vault.put(name, await source(small), never);
    server.stored.change('backups', name, { metadata: null });
    await vault.put(name, await source(small), never);
    const other = Buffer.from(small).fill('b');
    await expect(vault.put(name, await source(other), never)).rejects.toMatchObject({
      code: 'vault_refused',
    });
  });

  it('says why it is refused: too large, a type that is not allowed', async () => {
    const { server, vault } = await world();
    server.stored.buckets.set('backups', { id: 'backups', public: false, limit: 10, mimeTypes: null });
    for (const bytes of [small, large]) {
      await expect(vault.put(name, await source(bytes), never)).rejects.toMatchObject({
        code: 'vault_refused',
        remedy: expect.stringContaining('file size limit'),
      });
    }
    server.stored.buckets.set('backups', {
      id: 'backups',
      public: false,
      limit: null,
      mimeTypes: ['image/png'],
    });
    await expect(vault.put(name, await source(small), never)).rejects.toMatchObject({
      remedy: expect.stringContaining('MIME'),
    });
  });

  it('follows no redirection, which would take the key along', async () => {
    const { server, proxy, vault } = await world();
    const elsewhere = await FaultProxy.before(server.url);
    proxy.script({ fault: { kind: 'answer', status: 307, body: '', headers: { location: elsewhere.url } } });
    await expect(vault.list('', never)).rejects.toMatchObject({
      code: 'vault_refused',
      remedy: expect.stringContaining('SUPABASE_URL'),
    });
    expect(elsewhere.seen).toEqual([]);
  });

  it('sends the key to no other host, whatever address the server gives', async () => {
    const { server, proxy, vault } = await world();
    const elsewhere = await FaultProxy.before(server.url);
    const location = `${elsewhere.url}/storage/v1/upload/resumable/1`;
    proxy.script({
      method: 'POST',
      path: /\/resumable$/,
      times: 1,
      fault: { kind: 'answer', status: 201, body: '', headers: { location } },
    });
    await vault.put(name, await source(large), never).catch(() => {});
    expect(elsewhere.seen).toEqual([]);
  });
});

describe('what is asked of it', () => {
  const calls = {
    get: (vault: SupabaseVault) => read(vault.get(name, never)),
    stat: (vault: SupabaseVault) => vault.stat(name, never),
    list: (vault: SupabaseVault) => vault.list('sessions/', never),
    remove: (vault: SupabaseVault) => vault.remove('sessions/main/other', never),
    check: (vault: SupabaseVault) => vault.check(never),
    create: (vault: SupabaseVault) => vault.create(never),
    sweep: (vault: SupabaseVault) => vault.sweep(never),
  };
  const cases = Object.entries(calls).flatMap(([call, ask]) =>
    Object.entries(faults)
      .filter(([fault]) => fault !== 'slow drip')
      .map(([fault, kind]) => ({ call, ask, fault, kind })),
  );

  it.each(cases)(
    '$call is a typed error under $fault, and right again after it',
    async ({ call, ask, fault, kind }) => {
      const { proxy, vault, server } = await world();
      await vault.put(name, await source(small), never);
      if (call === 'create') server.stored.buckets.delete('backups');
      proxy.script({ fault: kind });
      const answer = await ask(vault).catch((error: unknown) => error);
      // Of a file no answer says what it should be: whoever asked for it compares its hash.
      if (call === 'get' && (fault === 'empty' || fault === 'loginPage'))
        expect(answer).toBeInstanceOf(Buffer);
      else expect(answer).toMatchObject({ code: expect.stringMatching(/^vault_(unavailable|refused)$/) });
      proxy.mend();
      await ask(vault);
    },
  );

  it('is never told that there is nothing by a key that may not see', async () => {
    const { open, vault } = await world();
    await vault.put(name, await source(small), never);
    for (const key of [keys.anonymous, keys.expired, keys.foreign, keys.opaque, keys.writer]) {
      for (const ask of [calls.get, calls.stat, calls.list, calls.remove, calls.check]) {
        await expect(ask(open({ key }))).rejects.toMatchObject({
          code: 'vault_refused',
          remedy: expect.stringMatching(/"backups".*SUPABASE_SECRET_KEY|SUPABASE_SECRET_KEY.*"backups"/s),
        });
      }
    }
    expect(await vault.list('', never)).toHaveLength(1);
  });

  it('has no key in what it says', async () => {
    const { open, proxy } = await world();
    for (const key of [keys.anonymous, keys.foreign]) {
      const error = await open({ key })
        .list('', never)
        .catch((thrown: unknown) => thrown);
      expect(JSON.stringify([String(error), error])).not.toContain(key);
    }
    const echo = JSON.stringify({ statusCode: '403', message: `no such key: ${keys.service}` });
    proxy.script({ fault: { kind: 'answer', status: 400, body: echo } });
    await expect(open().list('', never)).rejects.toThrow('no such key: [secret]');
    expect(() => open({ key: 'a secret\nkey' })).toThrow(/^(?!.*a secret)/s);
    expect(() => open({ url: 'not an address' })).toThrow('SUPABASE_URL');
  });

  it('is a bucket that is there, and private', async () => {
    const { open, server } = await world();
    const missing = open({ bucket: 'other' });
    await expect(missing.list('', never)).rejects.toMatchObject({
      code: 'vault_refused',
      remedy: expect.stringContaining('vigil doctor --create'),
    });
    expect(await missing.create(never)).toBe(true);
    expect(await missing.create(never)).toBe(false);
    expect(server.stored.buckets.get('other')).toMatchObject({ public: false });
    await missing.check(never);
    server.stored.buckets.set('other', { id: 'other', public: true, limit: null, mimeTypes: null });
    await expect(missing.check(never)).rejects.toMatchObject({ code: 'vault_refused' });
  });

  it('breaks off with an error where a file does', async () => {
    const { server, proxy, vault } = await world();
    await vault.put(name, await source(large), never);
    proxy.script({ method: 'GET', path: /\/object\/backups\//, fault: { kind: 'cut', afterBytes: 5 * MiB } });
    await expect(read(vault.get(name, never))).rejects.toMatchObject({ code: 'vault_unavailable' });
    proxy.mend();
    expect((await read(vault.get(name, never))).equals(large)).toBe(true);
    // The row is there, and the file behind it is not.
    server.stored.change('backups', name, { bytes: null });
    await expect(read(vault.get(name, never))).rejects.toMatchObject({ code: 'vault_unavailable' });
  });

  it('is waited for within bounds, whoever asks', async () => {
    const clock = new FakeClock();
    const { proxy, vault } = await world({ clock });
    await vault.put(name, await source(small), never);
    for (const ask of [calls.get, calls.stat, calls.list, calls.remove, calls.check, calls.sweep]) {
      proxy.script({ fault: { kind: 'hang' } });
      const met = proxy.meets('hang');
      const answer = ask(vault).catch((error: unknown) => error);
      await met;
      await clock.advance(61_000);
      expect(await answer).toMatchObject({
        code: 'vault_unavailable',
        message: expect.stringContaining('in time'),
      });
      proxy.mend();
    }
    proxy.script({ fault: { kind: 'stall', afterBytes: 3 } });
    const met = proxy.meets('stall');
    const reading = (await vault.get(name, never))[Symbol.asyncIterator]();
    await met;
    expect(String((await reading.next()).value)).toBe('a s');
    const next = reading.next().catch((error: unknown) => error);
    await clock.advance(61_000);
    expect(await next).toMatchObject({ code: 'vault_unavailable' });
  });

  it('removes for good, or says that it could not', async () => {
    const { proxy, vault } = await world();
    await vault.put(name, await source(small), never);
    const denied: Fault = { kind: 'answer', status: 200, body: '[]' };
    proxy.script({ method: 'DELETE', times: 1, fault: denied });
    await expect(vault.remove(name, never)).rejects.toMatchObject({ code: 'vault_refused' });
    proxy.script({ method: 'DELETE', times: 1, fault: { kind: 'lost' } });
    await expect(vault.remove(name, never)).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await vault.remove(name, never)).toBe(false);
  });
});

describe('a listing', () => {
  const row = { bucket: 'backups', bytes: Buffer.from('1'), mimeType: '', cacheControl: '', metadata: null };

  it('of 2,500 objects is whole, most of them being of others', async () => {
    const { server, vault } = await world();
    const keyOf = (one: number) => {
      if (one % 10 === 0) return `sessions/main/${String(one).padStart(5, '0')}.json`;
      return one % 3 === 0 ? `photos/holiday ${one}.jpg` : `sessions/flat-${one}.tar.gz`;
    };
    for (let one = 0; one < 2_500; one++) server.stored.write({ ...row, key: keyOf(one) });
    for (const key of ['sessions/.emptyFolderPlaceholder', 'sessions/main/with space', 'uploads/put:1'])
      server.stored.write({ ...row, key });
    const listed = await vault.list('', never);
    const expected = Array.from({ length: 2_500 }, (_, one) => keyOf(one)).filter(
      (key) => !key.includes(' '),
    );
    expect(listed.map((object) => object.name)).toEqual(expected.sort());
    expect(await vault.list('sessions/main/', never)).toHaveLength(250);
  });

  it('is whole where a server gives less than it is asked for', async () => {
    const { server, vault } = await world();
    server.pageCap = 150;
    for (let one = 0; one < 700; one++) server.stored.write({ ...row, key: `sessions/main/${one}` });
    expect(await vault.list('', never)).toHaveLength(700);
  });

  it('passes over nothing that was there while something before it was removed', async () => {
    const { server, vault } = await world();
    const all = Array.from({ length: 1_200 }, (_, one) => `sessions/main/${String(one).padStart(4, '0')}`);
    for (const key of all) server.stored.write({ ...row, key });
    let pages = 0;
    server.onRequest = (what) => {
      if (what.includes('/list/') && ++pages === 4) server.stored.remove('backups', 'sessions/main/0000');
    };
    const listed = await vault.list('', never);
    expect(listed.map((object) => object.name)).toEqual(all.slice(1));
  });
});

describe('uploads that nobody moved', () => {
  it('are swept after a day, and nothing else is', async () => {
    const { server, vault, names } = await world();
    const write = (key: string, hoursAgo: number) => {
      const createdAt = Date.now() - hoursAgo * 3_600_000;
      server.stored.write({
        bucket: 'backups',
        key,
        bytes: small,
        mimeType: '',
        cacheControl: '',
        metadata: null,
      });
      server.stored.change('backups', key, { createdAt });
    };
    const hex = (one: number) => one.toString(16).padStart(24, '0');
    for (let one = 0; one < 1_100; one++) write(`uploads/put:20260101T000000Z-${hex(one)}`, 25);
    const young = `uploads/put:20260101T000000Z-${hex(5_000)}`;
    write(young, 23);
    write('uploads/of-somebody-else', 100);
    await vault.put(name, await source(small), never);
    expect(names().sort()).toEqual([name, 'uploads/of-somebody-else', young].sort());
  });

  it('that may not be removed are no reason to put nothing, and are said when they are asked for', async () => {
    const { server, proxy, vault, stored } = await world();
    const key = `uploads/put:20260101T000000Z-${'0'.repeat(24)}`;
    server.stored.write({
      bucket: 'backups',
      key,
      bytes: small,
      mimeType: '',
      cacheControl: '',
      metadata: null,
    });
    server.stored.change('backups', key, { createdAt: 0 });
    proxy.script({ method: 'DELETE', fault: { kind: 'answer', status: 200, body: '[]' } });
    await expect(vault.sweep(never)).rejects.toMatchObject({ code: 'vault_refused' });
    await vault.put(name, await source(small), never);
    expect(stored()).not.toBeNull();
  });
});
