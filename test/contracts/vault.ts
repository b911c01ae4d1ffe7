/** What every vault adapter promises (src/backup/vault.ts). */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Vault, VaultSource } from '../../src/backup/vault.ts';
import { scratchDirectory } from '../doubles/scratch.ts';

export interface VaultUnderTest {
  /** Over storage of its own that is empty. */
  readonly vault: Vault;
  /** Another one over the same storage, as a program that is started later would have it. */
  reopen(): Promise<Vault>;
  /** Makes it impossible to look into `sessions/main/`. */
  blind(): Promise<void>;
  /** One whose own place (its directory, its bucket) is not there yet. */
  readonly missing: Vault;
  /** Lets every later write fail. */
  refuseWrites(how: 'full' | 'forbidden' | 'down'): Promise<void>;
  mend(): Promise<void>;
  /** Puts as far as the bytes being there and dies: whatever that leaves behind. */
  dieInPut(name: string, source: VaultSource): Promise<void>;
}

const never = new AbortController().signal;
const name = 'sessions/main/20260101T000000Z-1-0123456789ab.tar.gz';

/** A file to put, and its description. */
export async function source(contents: string | Uint8Array): Promise<VaultSource> {
  const path = join(await scratchDirectory(), 'source');
  await writeFile(path, contents);
  const bytes = Buffer.byteLength(contents);
  return { path, bytes, sha256: createHash('sha256').update(contents).digest('hex') };
}

export async function contents(vault: Vault, of: string): Promise<Buffer> {
  return buffer(await vault.get(of, never));
}

export function vaultContract(kind: string, make: () => Promise<VaultUnderTest>): void {
  describe(`vault: ${kind}`, () => {
    it('is empty at first', async () => {
      const { vault } = await make();
      expect(await vault.list('', never)).toEqual([]);
      expect(await vault.list('sessions/', never)).toEqual([]);
      expect(await vault.stat(name, never)).toBeNull();
      expect(await vault.remove(name, never)).toBe(false);
    });

    it('has a name for people', async () => {
      const { vault } = await make();
      expect(vault.name).toMatch(/^[a-z0-9]+:./);
    });

    it('gives back what was put, to whoever comes later too', async () => {
      const { vault, reopen } = await make();
      const bytes = Buffer.alloc(3_000_000, 'some bytes that repeat ');
      await vault.put(name, await source(bytes), never);
      expect((await contents(vault, name)).equals(bytes)).toBe(true);
      const later = await reopen();
      expect((await contents(later, name)).equals(bytes)).toBe(true);
      expect(await later.stat(name, never)).toMatchObject({ name, bytes: bytes.length });
    });

    it('takes an object of no bytes for an object', async () => {
      const { vault } = await make();
      await vault.put(name, await source(''), never);
      expect(await contents(vault, name)).toHaveLength(0);
      expect(await vault.list('', never)).toMatchObject([{ name, bytes: 0 }]);
    });

    it('dates its objects', async () => {
      const { vault } = await make();
      await vault.put(name, await source('a'), never);
      const found = await vault.stat(name, never);
      expect(found?.modifiedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      expect((await vault.list('', never))[0]).toEqual(found);
    });

    it('takes the same bytes again for done', async () => {
      const { vault } = await make();
      await vault.put(name, await source('same'), never);
      await vault.put(name, await source('same'), never);
      expect(await vault.list('', never)).toHaveLength(1);
    });

    it('never overwrites, not even with as many bytes', async () => {
      const { vault } = await make();
      await vault.put(name, await source('mine'), never);
      for (const other of ['hers', 'longer', '']) {
        await expect(vault.put(name, await source(other), never)).rejects.toMatchObject({
          code: 'vault_refused',
          message: expect.stringContaining(name),
        });
      }
      expect(String(await contents(vault, name))).toBe('mine');
    });

    it('refuses a source that is not what it is said to be, and keeps nothing of it', async () => {
      const { vault } = await make();
      const said = await source('one');
      await writeFile(said.path, 'two');
      await expect(vault.put(name, said, never)).rejects.toThrow();
      await writeFile(said.path, 'one and more');
      await expect(vault.put(name, said, never)).rejects.toThrow();
      expect(await vault.list('', never)).toEqual([]);
    });

    it('says that there is no such object', async () => {
      const { vault } = await make();
      await vault.put(name, await source('a'), never);
      for (const other of ['sessions/main/other', 'sessions/main', 'sessions', `${name}/deeper`]) {
        await expect(contents(vault, other)).rejects.toMatchObject({
          code: expect.stringMatching(/backup_not_found|vault_refused/),
        });
      }
      await expect(contents(vault, 'sessions/main/other')).rejects.toMatchObject({
        code: 'backup_not_found',
      });
    });

    it('lists by whole parts of names, sorted', async () => {
      const { vault } = await make();
      const names = [
        'sessions/b/1.json',
        'sessions/a/2.tar.gz',
        'sessions/a/10.json',
        'sessions/ab/1.json',
        'owner.json',
        'sessions/flat.tar.gz',
      ];
      for (const one of names) await vault.put(one, await source(one), never);
      const listed = async (prefix: string) => (await vault.list(prefix, never)).map((object) => object.name);
      expect(await listed('')).toEqual([...names].sort());
      expect(await listed('sessions/a/')).toEqual(['sessions/a/10.json', 'sessions/a/2.tar.gz']);
      expect(await listed('sessions/c/')).toEqual([]);
      expect((await vault.list('owner.json/', never)).length).toBe(0);
    });

    it('removes one object and leaves the others', async () => {
      const { vault, reopen } = await make();
      await vault.put(name, await source('a'), never);
      await vault.put('sessions/main/other', await source('b'), never);
      expect(await vault.remove(name, never)).toBe(true);
      expect(await vault.remove(name, never)).toBe(false);
      expect((await (await reopen()).list('', never)).map((object) => object.name)).toEqual([
        'sessions/main/other',
      ]);
      await vault.put(name, await source('again'), never);
      expect(String(await contents(vault, name))).toBe('again');
    });

    it.each([
      '../outside',
      '/etc/passwd',
      'a//b',
      'a/./b',
      'a/../b',
      '',
      'a/',
      'with space',
      'ünicode',
      'new\nline',
      'nul\0',
      'a/'.padEnd(400, 'x'),
    ])('takes no name like %j', async (bad) => {
      const { vault } = await make();
      const one = await source('a');
      const calls = [
        async () => vault.put(bad, one, never),
        async () => vault.get(bad, never),
        async () => vault.stat(bad, never),
        async () => vault.remove(bad, never),
        async () => vault.list(bad === '' ? '/' : bad.endsWith('/') ? `${bad}/` : bad, never),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'internal' });
      expect(await vault.list('', never)).toEqual([]);
    });

    it.each([
      ['full', 'disk_full'],
      ['forbidden', 'vault_refused'],
      ['down', 'vault_unavailable'],
    ] as const)('that is %s says %s, and has what it had', async (how, code) => {
      const { vault, refuseWrites, mend } = await make();
      await vault.put('kept', await source('kept'), never);
      await refuseWrites(how);
      await expect(vault.put(name, await source('a'), never)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(vault.name),
      });
      await mend();
      expect((await vault.list('', never)).map((object) => object.name)).toEqual(['kept']);
      await vault.put(name, await source('a'), never);
      expect(await vault.list('', never)).toHaveLength(2);
    });

    it('says that it cannot see everything, and never that there is nothing', async () => {
      const { vault, blind } = await make();
      await vault.put(name, await source('a'), never);
      await blind();
      const refused = { code: expect.stringMatching(/vault_unavailable|vault_refused/) };
      await expect(vault.list('sessions/main/', never)).rejects.toMatchObject(refused);
      // Seen from above it is one thing among others, which may all be there.
      const above = await vault.list('sessions/', never).catch((error: unknown) => error);
      if (above instanceof Error) expect(above).toMatchObject(refused);
      else expect(above).toMatchObject([{ name: 'sessions/main', problem: expect.any(String) }]);
    });

    it('lists nothing of a put that died, and takes the same one again', async () => {
      const { vault, reopen, dieInPut } = await make();
      await dieInPut(name, await source('half'));
      const later = await reopen();
      expect(await later.list('', never)).toEqual([]);
      expect(await later.stat(name, never)).toBeNull();
      await later.put(name, await source('half'), never);
      expect(String(await contents(vault, name))).toBe('half');
    });

    it('is there, and says so; to create it once more changes nothing', async () => {
      const { vault } = await make();
      await vault.put(name, await source('a'), never);
      await vault.check(never);
      expect(await vault.create(never)).toBe(false);
      expect(String(await contents(vault, name))).toBe('a');
    });

    it('that is not there says what to do, is created when that is asked for, and is one then', async () => {
      const { missing } = await make();
      for (let once = 0; once < 2; once++) {
        await expect(missing.check(never)).rejects.toMatchObject({
          code: expect.stringMatching(/^vault_(refused|unavailable)$/),
          message: expect.stringContaining(missing.name),
          remedy: expect.stringContaining('vigil doctor --create'),
        });
      }
      expect(await missing.create(never)).toBe(true);
      expect(await missing.create(never)).toBe(false);
      await missing.check(never);
      expect(await missing.list('', never)).toEqual([]);
      await missing.put(name, await source('a'), never);
      expect(String(await contents(missing, name))).toBe('a');
    });

    it('stops when it is told to, with the reason it is given', async () => {
      const { vault } = await make();
      await vault.put(name, await source('a'), never);
      const gone = AbortSignal.abort(new Error('enough'));
      const one = await source('b');
      const calls = [
        () => vault.put('other', one, gone),
        () => vault.get(name, gone),
        () => vault.stat(name, gone),
        () => vault.list('', gone),
        () => vault.remove(name, gone),
        () => vault.check(gone),
        () => vault.create(gone),
      ];
      for (const call of calls) await expect(call()).rejects.toThrow('enough');
      expect((await vault.list('', never)).map((object) => object.name)).toEqual([name]);
    });

    it('gives up a put in the middle, and keeps nothing of it', async () => {
      const { vault } = await make();
      const stop = new AbortController();
      const putting = vault.put(name, await source(Buffer.alloc(20_000_000, 1)), stop.signal);
      stop.abort(new Error('enough'));
      await expect(putting).rejects.toThrow('enough');
      expect(await vault.list('', never)).toEqual([]);
    });

    it('gives up a get in the middle', async () => {
      const { vault } = await make();
      await vault.put(name, await source(Buffer.alloc(5_000_000, 1)), never);
      const stop = new AbortController();
      const stream = await vault.get(name, stop.signal);
      stop.abort(new Error('enough'));
      await expect(buffer(stream)).rejects.toThrow();
    });

    it('takes the same put from two at once, and of two different ones never a mixture', async () => {
      const { vault } = await make();
      const same = await source(Buffer.alloc(1_000_000, 3));
      await Promise.all([vault.put(name, same, never), vault.put(name, same, never)]);
      expect((await contents(vault, name)).every((byte) => byte === 3)).toBe(true);
      const two = [await source(Buffer.alloc(900_000, 1)), await source(Buffer.alloc(900_000, 2))];
      await Promise.allSettled(two.map((one) => vault.put('sessions/x/other', one, never)));
      expect(new Set(await contents(vault, 'sessions/x/other')).size).toBe(1);
    });
  });
}
