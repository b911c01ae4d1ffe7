import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import {
  type BackupWorld,
  backupWorld,
  evidence,
  filesOf,
  main,
  never,
  wordOf,
} from '../../test/doubles/backup-world.ts';
import { VigilError } from '../errors.ts';
import type { DirectoryVault } from '../vault/directory-vault.ts';
import { archiveName, manifestName } from './backup-names.ts';
import { listBackups } from './catalogue.ts';
import type { BackupManifest } from './manifest.ts';
import { parseManifest } from './manifest-format.ts';
import { sweepStaging } from './staging.ts';
import { takeBackup } from './take-backup.ts';
import type { Progress } from './tools.ts';
import { verifyBackup } from './verify-backup.ts';

const idsIn = async ({ vault }: BackupWorld) => (await listBackups(vault, main, never)).map(({ id }) => id);

describe('a backup', () => {
  it('is an archive that was read back, and then a manifest that says what it holds', async () => {
    const world = await backupWorld();
    const { manifest, warnings } = await takeBackup(await world.request('hello', { epoch: 3 }), world.tools);
    const { id, archive } = manifest;
    expect(id).toBe(`20260101T000000Z-3-${archive.sha256.slice(0, 12)}`);
    expect(manifest).toMatchObject({
      session: main,
      epoch: 3,
      createdAt: '2026-01-01T00:00:00.000Z',
      phone: '4917012345678',
      engine: { name: 'plain', layout: 1, library: '1.34.7', browser: '156.0.8078.79', web: '2.3000.1' },
      copy: { method: 'frozen', pause: 12 },
      evidence,
      archive: { name: archiveName(main, id) },
    });
    expect(manifest.files.map(({ path }) => path)).toEqual(Object.keys(filesOf('')).sort());
    expect(warnings).toEqual([]);
    const text = await readFile(join(world.layout.vault, manifestName(main, id)), 'utf8');
    expect(parseManifest(text)).toEqual({ manifest });
    expect(await verifyBackup(manifest, { signal: never }, world.tools)).toMatchObject({
      soundness: 'sound',
    });
  });

  it('leaves nothing in staging', async () => {
    const world = await backupWorld();
    await takeBackup(await world.request('hello'), world.tools);
    expect(await world.names(world.layout.staging)).toEqual([]);
  });

  it('bears the time of the copy', async () => {
    const world = await backupWorld();
    const request = await world.request('hello', { copiedAt: Date.UTC(2025, 5, 1, 12) });
    const { manifest } = await takeBackup(request, world.tools);
    expect(manifest.createdAt).toBe('2025-06-01T12:00:00.000Z');
    expect(manifest.id).toMatch(/^20250601T120000Z-/);
  });

  it('is the newest also where the clock was ahead once, and that is told', async () => {
    const { clock, request, tools } = await backupWorld();
    const now = clock.now();
    const years = 4 * 365 * 86_400_000;
    const at = async (copiedAt: number, epoch: number) =>
      takeBackup(await request(`word ${copiedAt} ${epoch}`, { copiedAt, epoch }), tools);
    const ahead = await at(now + years, 3);
    const back = await at(now, 3);
    const later = await at(now + 60_000, 4);
    const lost = await at(now + 120_000, 1);
    const newest = [lost, later, back, ahead].map(({ manifest }) => manifest.id);
    expect((await listBackups(tools.vault, main, never)).map(({ id }) => id)).toEqual(newest);
    expect(back.manifest.createdAt).toBe(new Date(now).toISOString());
    expect(back.warnings).toEqual([expect.stringContaining('the clock was ahead then, or is behind now')]);
    expect([ahead, later, lost].flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  it('says what it is at, from the look at the copy to the last byte that was read back', async () => {
    const world = await backupWorld();
    const told: Progress[] = [];
    await takeBackup(await world.request('hello', { progress: (one) => told.push(one) }), world.tools);
    expect([...new Set(told.map(({ step }) => step))]).toEqual(['verify', 'archive', 'put', 'read-back']);
    for (const { done, total } of told) expect(done ?? 0).toBeLessThanOrEqual(total ?? 0);
    expect(told.at(-1)).toMatchObject({ done: told.at(-1)?.total });
  });

  it('is looked at as deeply as can be, against what was recorded, before anything is put', async () => {
    const world = await backupWorld();
    const seen: unknown[] = [];
    const tools = {
      ...world.tools,
      verify: async (profile: string, options: object) => {
        seen.push({ ...options, profile });
        throw new Error('looked');
      },
    };
    const request = await world.request('hello');
    await expect(takeBackup(request, tools)).rejects.toThrow('looked');
    expect(seen).toMatchObject([{ profile: request.directory, depth: 'counted', expected: evidence }]);
    expect(await world.names(world.layout.vault)).toEqual([]);
  });
});

describe('no backup is taken', () => {
  it.each([
    ['wiped', 'no login', 'Local Storage lacks last-wid-md.'],
    ['strange', 'unverifiable', 'It is of a later format.'],
  ])('of a copy that is %s', async (word, soundness, problem) => {
    const world = await backupWorld();
    await expect(takeBackup(await world.request(word), world.tools)).rejects.toMatchObject({
      code: 'profile_damaged',
      message: `No backup of session "main" was taken, since its profile is ${soundness}: ${problem}`,
    });
    expect(await world.names(world.layout.vault)).toEqual([]);
    expect(await world.names(world.layout.staging)).toEqual([]);
  });

  it('below the floor of free space', async () => {
    const world = await backupWorld();
    const request = await world.request('hello');
    world.disk.free(1_000);
    await expect(takeBackup(request, world.tools)).rejects.toMatchObject({ code: 'disk_full' });
    expect(await world.names(world.layout.vault)).toEqual([]);
  });

  it('when it is called off', async () => {
    const world = await backupWorld();
    const stop = new AbortController();
    const progress = ({ step }: Progress) => step === 'put' && stop.abort(new Error('enough'));
    const request = await world.request('hello', { signal: stop.signal, progress });
    await expect(takeBackup(request, world.tools)).rejects.toThrow('enough');
    expect(await idsIn(world)).toEqual([]);
    expect(await world.names(world.layout.staging)).toEqual([]);
  });

  it('by a vault that does not give back what it was given; the bad object is not left', async () => {
    const world = await backupWorld();
    const { vault } = world;
    const bad = Object.assign(Object.create(vault) as typeof vault, {
      get: async () => Readable.from([Buffer.from('something else')]),
      put: vault.put.bind(vault),
      list: vault.list.bind(vault),
      remove: vault.remove.bind(vault),
    });
    const taking = takeBackup(await world.request('hello'), { ...world.tools, vault: bad });
    await expect(taking).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('gave back'),
    });
    expect(await vault.list('', never)).toEqual([]);
  });

  it('by a vault that does not say what it holds, since nobody could tell which is the newest', async () => {
    const world = await backupWorld();
    const list = async () => {
      throw new VigilError('vault_unavailable', 'It is far away.');
    };
    const tools = { ...world.tools, vault: alteredVault(world.vault, { list }) };
    const taking = takeBackup(await world.request('x'), tools);
    await expect(taking).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await world.names(world.layout.vault)).toEqual([]);
    expect(await world.names(world.layout.staging)).toEqual([]);
  });

  it('by a vault that breaks off while it is read back', async () => {
    const world = await backupWorld();
    const { vault } = world;
    async function* broken() {
      yield Buffer.from('some');
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    }
    const bad = alteredVault(vault, { get: async () => Readable.from(broken()) });
    await expect(
      takeBackup(await world.request('hello'), { ...world.tools, vault: bad }),
    ).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('ECONNRESET'),
    });
    expect(await idsIn(world)).toEqual([]);
  });
});

/** Every labelled step of a backup that finds its directories made, in the order in which they come first. */
const steps = [
  'staging:root',
  'staging:open',
  'backup:scratch',
  'backup:archive',
  'backup:archive:end',
  'backup:manifest',
  'vault:directory',
  'vault:write',
  'vault:write:end',
  'vault:rename',
  'vault:sync',
  'staging:close',
];

describe('a backup with another one before it', () => {
  it('takes the steps that are broken below, and no other', async () => {
    const world = await backupWorld();
    await takeBackup(await world.request('first'), world.tools);
    world.disk.steps.length = 0;
    await world.clock.advance(60_000);
    await takeBackup(await world.request('second'), world.tools);
    expect([...new Set(world.disk.steps)]).toEqual(steps);
  });

  it.each(steps)('that is killed at %s leaves the one before it, and itself or nothing', async (step) => {
    const world = await backupWorld();
    const first = await takeBackup(await world.request('first'), world.tools);
    await world.clock.advance(60_000);
    const request = await world.request('second');
    world.disk.dieAt(step);
    // Some steps come after the last that counts: then it was taken.
    await takeBackup(request, world.tools).catch(() => null);
    world.disk.mend();
    const listed = await listBackups(world.vault, main, never);
    expect(listed.filter((one) => 'problem' in one)).toEqual([]);
    expect(listed.at(-1)?.id).toBe(first.manifest.id);
    for (const one of listed) {
      if (!('manifest' in one)) continue;
      expect(await verifyBackup(one.manifest, { signal: never }, world.tools)).toMatchObject({
        soundness: 'sound',
      });
    }
    expect(await wordOf(request.directory)).toBe('second');
    await sweepStaging(world.tools);
    expect(await world.names(world.layout.staging)).toEqual([]);
    const { manifest } = await takeBackup(await world.request('third'), world.tools);
    expect((await idsIn(world)).includes(manifest.id)).toBe(true);
  });

  it.each(steps.filter((step) => !step.startsWith('staging:close')))(
    'that finds the disk full at %s says so, and leaves the one before it',
    async (step) => {
      const world = await backupWorld();
      const first = await takeBackup(await world.request('first'), world.tools);
      await world.clock.advance(60_000);
      const request = await world.request('second');
      world.disk.fail(step, 'ENOSPC');
      await expect(takeBackup(request, world.tools)).rejects.toMatchObject({ code: 'disk_full' });
      world.disk.mend();
      expect((await idsIn(world)).at(-1)).toBe(first.manifest.id);
      expect(await world.names(world.layout.staging)).toEqual([]);
    },
  );
});

/** Every step of a backup that holds much less than the one before it. */
async function stepsOfLess(): Promise<readonly string[]> {
  const world = await backupWorld();
  await takeBackup(await world.request('a long word that makes for a large profile'), world.tools);
  await world.clock.advance(60_000);
  const request = await world.request('x');
  world.disk.steps.length = 0;
  await takeBackup(request, world.tools);
  return [...world.disk.steps];
}

describe('what is suddenly less', () => {
  it('is told and not refused', async () => {
    const world = await backupWorld();
    const request = await world.request('a long word that makes for a large profile');
    const { manifest: before } = await takeBackup(request, world.tools);
    await world.clock.advance(60_000);
    const { warnings, manifest } = await takeBackup(await world.request('x'), world.tools);
    expect(warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `^Backup ${manifest.id} .* holds \\d+ bytes, and the one before it, ${before.id}, held \\d+\\.$`,
        ),
      ),
    ]);
  });

  it('is compared with the newest that can be used', async () => {
    const world = await backupWorld();
    await takeBackup(await world.request('x'), world.tools);
    const broken = `sessions/main/20260101T000100Z-1-0123456789ab.json`;
    await writeFile(join(world.layout.vault, broken), '{');
    await world.clock.advance(120_000);
    expect((await takeBackup(await world.request('y'), world.tools)).warnings).toEqual([]);
  });

  it('keeps it and demotes it, and leaves no mark without a backup to go by wherever it is killed', async () => {
    const steps = await stepsOfLess();
    expect([...new Set(steps)]).toContain('staging:text');
    for (let left = 0; left <= steps.length; left++) {
      const world = await backupWorld();
      const good = await takeBackup(
        await world.request('a long word that makes for a large profile'),
        world.tools,
      );
      await world.clock.advance(60_000);
      const request = await world.request('x');
      world.disk.dieAfter(left);
      await takeBackup(request, world.tools).catch(() => null);
      world.disk.mend();
      const listed = await listBackups(world.vault, main, never);
      expect(listed.filter(({ marks }) => marks.length === 0).map(({ id }) => id)).toEqual([
        good.manifest.id,
      ]);
      for (const one of listed) expect(one).toHaveProperty('manifest');
    }
  });

  it('is no measure by a backup of another login, nor by one that was demoted', async () => {
    const world = await backupWorld();
    const take = async (word: string, login: BackupManifest['login']) => {
      await world.clock.advance(60_000);
      return takeBackup(await world.request(word, { login }), world.tools);
    };
    const long = 'a long word that makes for a large profile';
    const [one, other] = [1, 2].map((epoch) => ({ epoch, at: '2026-01-01T00:00:00.000Z' }));
    if (!one || !other) throw new Error('there are two');
    expect((await take(long, null)).demoted).toBeNull();
    expect((await take('x', one)).demoted).toBeNull();
    expect((await take(long, other)).demoted).toBeNull();
    expect((await take('x', other)).demoted).toContain('bytes');
    expect((await take('y', other)).demoted).toContain('bytes');
    // Nobody knows which login it is, but the phone is the same.
    expect((await take('z', null)).demoted).toContain('bytes');
    expect((await take(long, other)).demoted).toBeNull();
  });

  it('is nothing where the one before cannot be read: what nobody could compare is not known to be good', async () => {
    const world = await backupWorld();
    await takeBackup(await world.request('x'), world.tools);
    const get: DirectoryVault['get'] = (name, signal) => {
      if (name.includes('20260101T000000Z')) throw new VigilError('vault_unavailable', 'It is far away.');
      return world.vault.get(name, signal);
    };
    await world.clock.advance(60_000);
    const tools = { ...world.tools, vault: alteredVault(world.vault, { get }) };
    const taking = takeBackup(await world.request('y'), tools);
    await expect(taking).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await idsIn(world)).toHaveLength(1);
  });
});
