import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from '../session/id.ts';
import { archiveName, manifestName } from './backup-names.ts';
import { backupsOf, findBackup, listBackups } from './catalogue.ts';
import { purgeBackups } from './purge.ts';
import { takeBackup } from './take-backup.ts';
import { verifyBackup } from './verify-backup.ts';

const sales = sessionId('sales');
const minute = 60_000;

/** Three backups of `main`, a minute apart, the oldest first, and one of `sales`. */
async function world() {
  const found = await backupWorld();
  const manifests = [];
  for (const word of ['one', 'two', 'three']) {
    manifests.push((await takeBackup(await found.request(word), found.tools)).manifest);
    await found.clock.advance(minute);
  }
  await takeBackup(await found.request('other', { session: sales }), found.tools);
  const [one, two, three] = manifests;
  if (!one || !two || !three) throw new Error('three backups were taken');
  const file = (name: string) => join(found.layout.vault, name);
  const find = (id: string) => findBackup(found.vault, main, id, never);
  return { ...found, one, two, three, file, find };
}

describe('the backups in a vault', () => {
  it('are listed by their manifests, the newest first', async () => {
    const { vault, one, two, three } = await world();
    const mine = await listBackups(vault, main, never);
    expect(mine).toEqual(
      [three, two, one].map((manifest) => ({ session: main, id: manifest.id, marks: [], manifest })),
    );
    const all = await listBackups(vault, null, never);
    expect(all.map(({ session }) => session)).toEqual([main, main, main, sales]);
    expect(all.slice(0, 3)).toEqual(mine);
    expect(await listBackups(vault, sessionId('nobody'), never)).toEqual([]);
  });

  it('are found by their ids', async () => {
    const { find, one, two } = await world();
    expect(await find(one.id)).toEqual(one);
    expect(await find(two.id)).toEqual(two);
  });

  it.each(['20260101T000000Z-1-000000000000', '../../etc', ''])('hold none that is called %j', async (id) => {
    const { find } = await world();
    await expect(find(id)).rejects.toMatchObject({ code: 'backup_not_found', subject: 'main' });
  });

  it('are none without a manifest, as a put leaves them that was broken off', async () => {
    const { vault, file, two } = await world();
    await rm(file(manifestName(main, two.id)));
    expect((await listBackups(vault, main, never)).map(({ id }) => id)).not.toContain(two.id);
  });
});

describe('a backup that cannot be used', () => {
  const ways: readonly (readonly [
    string,
    string,
    (path: { manifest: string; archive: string }) => Promise<unknown>,
  ])[] = [
    ['its manifest is not JSON', 'it is not JSON', ({ manifest }) => writeFile(manifest, '{')],
    [
      'its manifest is not text',
      'not text',
      ({ manifest }) => writeFile(manifest, Buffer.from([0xff, 0xfe, 0xfd])),
    ],
    [
      'its manifest is another one’s',
      'belongs to another backup',
      async ({ manifest }) => {
        const text = await readFile(manifest, 'utf8');
        const id = /"id": "([^"]+)"/.exec(text)?.[1] ?? '';
        await writeFile(manifest, text.replaceAll(id, id.replace('20260101T', '20250101T')));
      },
    ],
    ['its archive is not there', 'is not there', ({ archive }) => rm(archive)],
    ['its archive is cut', 'has 5 bytes', ({ archive }) => writeFile(archive, 'short')],
  ];

  it.each(ways)('since %s is told with why', async (_what, problem, damage) => {
    const { vault, find, file, three } = await world();
    await damage({
      manifest: file(manifestName(main, three.id)),
      archive: file(archiveName(main, three.id)),
    });
    const [newest] = await listBackups(vault, main, never);
    expect(newest).toMatchObject({ session: main, id: three.id, problem: expect.stringContaining(problem) });
    await expect(find(three.id)).rejects.toMatchObject({
      code: 'backup_damaged',
      message: expect.stringContaining(problem),
    });
  });
});

describe('what is in the way in a vault', () => {
  it('hides no backup that lies beside it, and is named', async () => {
    const { vault, file, one, two, three } = await world();
    await rename(file(manifestName(main, three.id)), file('elsewhere'));
    await symlink(file('elsewhere'), file(manifestName(main, three.id)));
    await rm(file(two.archive.name));
    await symlink('/nonexistent', file(two.archive.name));
    await symlink('/etc', file('sessions/main/stray'));
    const listed = await listBackups(vault, main, never);
    expect(listed).toEqual([
      {
        session: main,
        id: three.id,
        marks: [],
        bytes: three.archive.bytes,
        problem: 'its manifest is a symbolic link, and none is followed',
        unread: true,
      },
      {
        session: main,
        id: two.id,
        marks: [],
        bytes: 0,
        problem: 'its archive is a symbolic link, and none is followed',
        unread: true,
      },
      { session: main, id: one.id, marks: [], manifest: one },
    ]);
    const inTurn: unknown[] = [];
    for await (const one of backupsOf(vault, main, never)) inTurn.push(one);
    const stray = { id: 'sessions/main/stray', problem: 'it is a symbolic link, and none is followed' };
    expect(inTurn).toEqual([expect.objectContaining(stray), ...listed]);
  });

  it('is not said to be damaged where it was only not to be read', async () => {
    const { vault, find, three } = await world();
    const get: typeof vault.get = (name, signal) => {
      if (name === manifestName(main, three.id)) throw new VigilError('vault_refused', 'You may not.');
      return vault.get(name, signal);
    };
    const closed = Object.assign(Object.create(vault) as typeof vault, {
      get,
      list: vault.list.bind(vault),
    });
    const [newest] = await listBackups(closed, main, never);
    expect(newest).toMatchObject({ id: three.id, problem: 'its manifest cannot be read: You may not' });
    await expect(findBackup(closed, main, three.id, never)).rejects.toMatchObject({ code: 'vault_refused' });
    expect(await find(three.id)).toEqual(three);
  });

  it('ends the listing where it is the directory of a session: all that it holds would be missing', async () => {
    const { vault, layout } = await world();
    const place = join(layout.vault, 'sessions', 'main');
    await rename(place, join(layout.vault, 'moved'));
    await symlink(join(layout.vault, 'moved'), place);
    for (const session of [main, null])
      await expect(listBackups(vault, session, never)).rejects.toMatchObject({
        code: 'vault_refused',
        message: expect.stringContaining('sessions/main'),
      });
    expect(await listBackups(vault, sales, never)).toHaveLength(1);
  });
});

describe('verifying a backup', () => {
  it('says that it is sound, and leaves nothing', async () => {
    const { tools, three, names, layout } = await world();
    expect(await verifyBackup(three, { signal: never }, tools)).toMatchObject({ soundness: 'sound' });
    expect(await names(layout.staging)).toEqual([]);
  });

  it('finds a flipped byte', async () => {
    const { tools, three, file, names, layout } = await world();
    const path = file(three.archive.name);
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await verifyBackup(three, { signal: never }, tools)).toMatchObject({
      soundness: 'damaged',
      problem: expect.stringContaining('another hash'),
    });
    expect(await names(layout.staging)).toEqual([]);
  });

  it('finds an archive that is missing or longer', async () => {
    const { tools, three, two, file } = await world();
    await rm(file(three.archive.name));
    expect(await verifyBackup(three, { signal: never }, tools)).toMatchObject({ soundness: 'damaged' });
    await writeFile(
      file(two.archive.name),
      Buffer.concat([await readFile(file(two.archive.name)), Buffer.from('x')]),
    );
    expect(await verifyBackup(two, { signal: never }, tools)).toMatchObject({
      soundness: 'damaged',
      problem: expect.stringContaining('more than'),
    });
  });

  it('tells a verdict that is not sound', async () => {
    const { tools, three } = await world();
    const verify = async () => ({ soundness: 'unverifiable' as const, problem: 'Nobody knows.' });
    expect(await verifyBackup(three, { signal: never }, { ...tools, verify })).toEqual({
      soundness: 'unverifiable',
      problem: 'Nobody knows.',
    });
  });

  it('takes no lack of space for damage', async () => {
    const { tools, three, disk } = await world();
    disk.free(1_000);
    await expect(verifyBackup(three, { signal: never }, tools)).rejects.toMatchObject({ code: 'disk_full' });
  });
});

describe('purging a session', () => {
  it('removes all of its backups, half ones included, and nobody else’s', async () => {
    const { vault, file, two, layout, names } = await world();
    await rm(file(manifestName(main, two.id)));
    const foreign = ['sessions/old.tar.gz', 'sessions/main/notes.json'];
    await symlink('/etc/passwd', file(archiveName(main, '20200101T000000Z-1-0123456789ab')));
    for (const name of foreign) await writeFile(join(layout.vault, name), 'theirs');
    expect(await purgeBackups(vault, main, never)).toBe(5);
    expect(await listBackups(vault, main, never)).toEqual([]);
    expect(await listBackups(vault, sales, never)).toHaveLength(1);
    const left = await names(join(layout.vault, 'sessions'));
    expect(left).toEqual(expect.arrayContaining(['main/notes.json', 'old.tar.gz']));
    expect(left.filter((name) => name.startsWith('main/'))).toEqual([
      'main/20200101T000000Z-1-0123456789ab.tar.gz',
      'main/notes.json',
    ]);
    expect(await purgeBackups(vault, main, never)).toBe(0);
  });

  it('leaves those of another whose name differs by capitals alone, where the vault cannot tell', async () => {
    const { vault, file, two } = await world();
    const before = (await vault.list('sessions/main/', never)).length;
    const theirs = sessionId('Main');
    const archive = { ...two.archive, name: archiveName(theirs, two.id) };
    await writeFile(file(manifestName(main, two.id)), JSON.stringify({ ...two, session: theirs, archive }));
    expect(await purgeBackups(vault, main, never)).toBe(before - 2);
    const left = await vault.list('sessions/main/', never);
    expect(left.map(({ name }) => name)).toEqual([manifestName(main, two.id), archiveName(main, two.id)]);
  });

  it('leaves no manifest without its archive wherever it is killed, and is done again', async () => {
    for (let step = 1; ; step++) {
      const { vault, disk } = await world();
      let taken = 0;
      const counted = alteredVault(vault, {
        remove: (name: string, signal: AbortSignal) => {
          if (++taken === step) disk.dieAt('vault:remove');
          return vault.remove(name, signal);
        },
      });
      const wholly = await purgeBackups(counted, main, never).then(
        () => true,
        () => false,
      );
      disk.mend();
      const left = await listBackups(vault, main, never);
      expect(left.filter((one) => 'problem' in one)).toEqual([]);
      await purgeBackups(vault, main, never);
      expect((await vault.list('sessions/main/', never)).length).toBe(0);
      if (wholly) return expect(step).toBe(7);
    }
  });
});
