import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, main, never, wordOf } from '../../test/doubles/backup-world.ts';
import { type MarkKind, manifestName } from '../backup/backup-names.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { markBackup } from '../backup/marks.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { VigilError } from '../errors.ts';
import { climb, type LadderRequest, type PassedOver } from './ladder.ts';

/** Three backups a minute apart, and a profile that is no good. */
async function world() {
  const found = await backupWorld();
  const manifests: BackupManifest[] = [];
  for (const word of ['oldest', 'older', 'newest']) {
    manifests.push((await takeBackup(await found.request(word), found.tools)).manifest);
    await found.clock.advance(60_000);
  }
  await found.write('wiped');
  const [oldest, older, newest] = manifests;
  if (!oldest || !older || !newest) throw new Error('three backups were taken');
  const ladder = (changes: Partial<LadderRequest> = {}) =>
    climb({ session: main, refuse: () => null, signal: never, ...changes }, found.tools);
  const damage = (manifest: BackupManifest) =>
    writeFile(join(found.layout.vault, manifest.archive.name), 'torn');
  const damageWithin = async (manifest: BackupManifest) => {
    const bytes = Buffer.alloc(manifest.archive.bytes, 'x');
    await writeFile(join(found.layout.vault, manifest.archive.name), bytes);
  };
  return { ...found, oldest, older, newest, ladder, damage, damageWithin };
}

describe('the ladder', () => {
  it('takes the newest backup', async () => {
    const { ladder, newest, profile, quarantined } = await world();
    expect(await ladder()).toMatchObject({
      outcome: 'restored',
      restored: { backup: newest },
      passedOver: [],
    });
    expect(await wordOf(profile)).toBe('newest');
    expect(await quarantined()).toEqual(['wiped']);
  });

  it('takes the next one when one is damaged, whatever shows it', async () => {
    const { ladder, oldest, older, newest, damage, damageWithin, profile, names, layout } = await world();
    await damage(newest);
    await damageWithin(older);
    const outcome = await ladder();
    expect(outcome).toMatchObject({ outcome: 'restored', restored: { backup: oldest } });
    expect(outcome.passedOver).toEqual([
      { id: newest.id, damaged: true, why: expect.stringContaining('4 bytes') },
      { id: older.id, damaged: true, why: expect.stringContaining('another hash') },
    ]);
    expect(await wordOf(profile)).toBe('oldest');
    expect(await names(layout.staging)).toEqual([]);
  });

  it('says why there is none, and leaves the profile where it is', async () => {
    const { ladder, oldest, older, newest, damage, profile, layout } = await world();
    await damage(newest);
    await rm(join(layout.vault, older.archive.name));
    await writeFile(join(layout.vault, manifestName(main, oldest.id)), '{');
    const { outcome, passedOver } = await ladder();
    expect(outcome).toBe('none');
    expect(passedOver.map(({ id, damaged }) => [id, damaged])).toEqual(
      [newest, older, oldest].map(({ id }) => [id, true]),
    );
    expect(await wordOf(profile)).toBe('wiped');
  });

  it('ends at once where no backup was ever taken', async () => {
    const { tools } = await backupWorld();
    const request = { session: main, refuse: () => null, signal: never };
    expect(await climb(request, tools)).toEqual({ outcome: 'none', passedOver: [] });
  });

  it('never takes one that is marked as rejected, and a demoted one after all others', async () => {
    const { ladder, oldest, older, newest, tools, write, profile } = await world();
    const mark = (manifest: BackupManifest, kind: MarkKind) =>
      markBackup(manifest, kind, { why: 'It was found out.' }, tools, never);
    await mark(newest, 'demoted');
    expect(await ladder()).toMatchObject({ restored: { backup: older }, passedOver: [] });
    await write('wiped');
    await mark(older, 'rejected');
    await mark(oldest, 'demoted');
    const outcome = await ladder();
    expect(outcome).toMatchObject({ outcome: 'restored', restored: { backup: newest } });
    expect(outcome.passedOver).toEqual([{ id: older.id, damaged: false, why: 'WhatsApp did not take it' }]);
    await write('wiped');
    await mark(newest, 'rejected');
    expect(await ladder()).toMatchObject({ restored: { backup: oldest } });
    await write('wiped');
    await mark(oldest, 'rejected');
    expect(await ladder()).toMatchObject({ outcome: 'none' });
    expect(await wordOf(profile)).toBe('wiped');
  });

  it('does not ask twice of a demoted one, nor takes it where it is refused', async () => {
    const { ladder, older, newest, tools, damage } = await world();
    for (const one of [older, newest]) await markBackup(one, 'demoted', { why: 'Less.' }, tools, never);
    await damage(newest);
    const outcome = await ladder({ refuse: ({ id }) => (id === newest.id ? null : 'no') });
    expect(outcome.outcome).toBe('none');
    expect(outcome.passedOver.map(({ id }) => id).toSorted()).toHaveLength(3);
  });

  it('passes over what it is told to, without fetching it', async () => {
    const { ladder, older, newest, damage } = await world();
    await damage(newest);
    const refuse = ({ id }: BackupManifest) => (id === newest.id ? 'the server rejected it' : null);
    expect(await ladder({ refuse })).toMatchObject({
      outcome: 'restored',
      restored: { backup: older },
      passedOver: [{ id: newest.id, damaged: true }],
    });
  });

  it('passes over a backup from a newer Chromium', async () => {
    const { tools } = await world();
    const older = { ...tools, browserVersion: async () => '150.0.0.0' };
    const { outcome, passedOver } = await climb({ session: main, refuse: () => null, signal: never }, older);
    expect(outcome).toBe('none');
    expect(passedOver[0]).toMatchObject({ damaged: false, why: expect.stringContaining('Chromium 156') });
  });
});

describe('what was planted in the vault', () => {
  it('is passed over, and a good backup beside it is taken', async () => {
    const { ladder, layout, newest, older, profile } = await world();
    const session = join(layout.vault, 'sessions', 'main');
    await symlink('/etc/passwd', join(session, 'stray'));
    await symlink('/etc/passwd', join(session, '20991231T000000Z-9-0123456789ab.json'));
    await mkdir(join(session, '20991231T000000Z-8-0123456789ab.json'));
    await rm(join(layout.vault, newest.archive.name));
    await symlink('/dev/zero', join(layout.vault, newest.archive.name));
    const { outcome, passedOver } = await ladder();
    expect(outcome).toBe('restored');
    expect(await wordOf(profile)).toBe('older');
    expect(passedOver.map(({ id, damaged }) => [id, damaged])).toEqual([
      ['sessions/main/stray', true],
      ['20991231T000000Z-9-0123456789ab', false],
      [newest.id, false],
    ]);
    for (const { why } of passedOver) expect(why).toContain('is a symbolic link');
    expect(older.id).not.toBe(newest.id);
  });

  it.each(['.json', '.tar.gz'])('or only cannot be read (%s) is passed over as well', async (ending) => {
    const { tools, vault, newest, profile } = await world();
    const get: typeof vault.get = async (name, signal) => {
      if (name.includes(newest.id) && name.endsWith(ending))
        throw new VigilError('vault_refused', 'This user may not read it.');
      return vault.get(name, signal);
    };
    const closed = Object.assign(Object.create(vault) as typeof vault, { get, list: vault.list.bind(vault) });
    const request = { session: main, refuse: () => null, signal: never };
    const { outcome, passedOver } = await climb(request, { ...tools, vault: closed });
    expect(outcome).toBe('restored');
    expect(await wordOf(profile)).toBe('older');
    expect(passedOver).toMatchObject([
      { id: newest.id, damaged: false, why: expect.stringContaining('may not read it') },
    ]);
  });
});

describe('the ladder never says "none" when nobody knows:', () => {
  it('a backup that is all there is and cannot be read', async () => {
    const { ladder, damage, oldest, older, newest, layout, profile } = await world();
    await damage(newest);
    await damage(older);
    await rm(join(layout.vault, oldest.archive.name));
    await symlink('/nonexistent', join(layout.vault, oldest.archive.name));
    const told: PassedOver[] = [];
    await expect(ladder({ onPassedOver: (one) => told.push(one) })).rejects.toMatchObject({
      code: 'vault_refused',
      message: `Backup ${oldest.id} of session "main" cannot be used: its archive is a symbolic link, and none is followed.`,
    });
    expect(told.map(({ id }) => id)).toEqual([newest, older, oldest].map(({ id }) => id));
    expect(await wordOf(profile)).toBe('wiped');
  });

  const failing = (code: 'vault_unavailable' | 'vault_refused') => async () => {
    throw new VigilError(code, 'It is far away.');
  };

  it.each(['vault_unavailable', 'vault_refused'] as const)(
    'a vault that cannot be listed (%s)',
    async (code) => {
      const { tools, vault, profile } = await world();
      const far = {
        name: vault.name,
        put: failing(code),
        get: failing(code),
        stat: failing(code),
        list: failing(code),
        remove: failing(code),
        check: failing(code),
        create: failing(code),
      };
      const climbing = climb({ session: main, refuse: () => null, signal: never }, { ...tools, vault: far });
      await expect(climbing).rejects.toMatchObject({ code });
      expect(await wordOf(profile)).toBe('wiped');
    },
  );

  it.each(['.json', '.tar.gz'])('a vault that goes away when %s is fetched', async (ending) => {
    const { tools, vault, profile, names, layout } = await world();
    const get: typeof vault.get = (name, signal) =>
      name.endsWith(ending) ? failing('vault_unavailable')() : vault.get(name, signal);
    const far = alteredVault(vault, { get });
    const climbing = climb({ session: main, refuse: () => null, signal: never }, { ...tools, vault: far });
    await expect(climbing).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await wordOf(profile)).toBe('wiped');
    expect(await names(layout.staging)).toEqual([]);
  });

  it('a disk that is full', async () => {
    const { ladder, disk, profile } = await world();
    disk.free(1_000);
    await expect(ladder()).rejects.toMatchObject({ code: 'disk_full' });
    disk.mend().fail('unpack:file', 'ENOSPC');
    await expect(ladder()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await wordOf(profile)).toBe('wiped');
  });

  it('a person who calls it off', async () => {
    const { ladder, profile } = await world();
    const stop = new AbortController();
    const progress = () => stop.abort(new Error('enough'));
    await expect(ladder({ signal: stop.signal, progress })).rejects.toThrow('enough');
    expect(await wordOf(profile)).toBe('wiped');
  });
});
