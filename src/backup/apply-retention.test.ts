import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from '../session/id.ts';
import { applyRetention, type RetentionRequest } from './apply-retention.ts';
import { archiveName, manifestName, markName } from './backup-names.ts';
import { listBackups } from './catalogue.ts';
import type { BackupManifest } from './manifest.ts';
import { markBackup } from './marks.ts';
import { takeBackup } from './take-backup.ts';
import type { Vault } from './vault.ts';

const day = 86_400_000;
const rules = { keep: 2 * day, keepLast: 2, keepWeekly: 0 };

/** So many backups a night apart, the newest of this moment. */
async function world(nights = 6) {
  const found = await backupWorld();
  const taken: BackupManifest[] = [];
  for (let night = 0; night < nights; night++) {
    if (night > 0) await found.clock.advance(day);
    taken.push((await takeBackup(await found.request(`night ${night}`), found.tools)).manifest);
  }
  const newest = taken.at(-1);
  const before = taken.at(-2);
  if (!newest || !before) throw new Error('there are at least two');
  const apply = (changes: Partial<RetentionRequest> = {}, vault: Vault = found.vault) => {
    const request = {
      session: main,
      taken: newest.id,
      known: before.id,
      inUse: [],
      rejected: [],
      signal: never,
    };
    const tools = { vault, clock: found.clock, rules, encryption: null };
    return applyRetention({ ...request, ...changes }, tools);
  };
  const ids = async () => (await listBackups(found.vault, main, never)).map(({ id }) => id);
  const objects = async () => (await found.names(found.layout.vault)).filter((name) => name.includes('Z-'));
  const file = (name: string) => join(found.layout.vault, name);
  /** Something that lies there since long before the newest backup. */
  const plant = async (name: string) => {
    await writeFile(file(name), 'left');
    await age(name);
  };
  const age = async (name: string) => {
    const long = (Date.now() - 3 * day) / 1_000;
    await utimes(file(name), long, long);
  };
  return { ...found, age, taken, newest, before, apply, ids, objects, file, plant };
}

const leftOver = '20250101T000000Z-0-0123456789ab';

describe('old backups', () => {
  it('are removed as a whole, marks and all, and told', async () => {
    const { apply, ids, objects, taken, tools } = await world();
    const [oldest, second, third, ...rest] = taken;
    if (!oldest || !second || !third) throw new Error('there are six');
    await markBackup(second, 'demoted', { why: 'Less.' }, tools, never);
    expect(await apply()).toEqual({
      refused: null,
      removed: [oldest.id, second.id, third.id],
      swept: [],
      stayed: [],
      lost: [],
    });
    expect(await ids()).toEqual(rest.map(({ id }) => id).toReversed());
    expect(await objects()).toHaveLength(2 * rest.length);
    expect(await apply()).toMatchObject({ removed: [] });
  });

  it('stay where the record names them', async () => {
    const { apply, ids, taken } = await world();
    const [oldest] = taken;
    await apply({ inUse: [oldest?.id ?? ''] });
    expect(await ids()).toContain(oldest?.id);
  });

  it('stay where those that should hold the fort turn out to be broken', async () => {
    const { apply, ids, taken, before, file } = await world(4);
    // The last two stay for being good, and one of them is not.
    await writeFile(file(manifestName(main, before.id)), '{');
    const [, second] = taken;
    await apply({ known: null });
    expect(await ids()).toContain(second?.id);
  });

  it('stay where those that should hold the fort were refused or demoted, and the listing does not show it', async () => {
    for (const how of ['rejected', 'demoted', 'said by the record']) {
      const { apply, ids, taken, before, vault, tools } = await world(4);
      const [, second] = taken;
      if (how !== 'said by the record')
        await markBackup(before, how === 'rejected' ? how : 'demoted', { why: 'It is.' }, tools, never);
      const list: Vault['list'] = async (prefix, signal) =>
        (await vault.list(prefix, signal)).filter(({ name }) => !name.endsWith('ed.json'));
      const rejected = how === 'said by the record' ? [before.id] : [];
      await apply({ known: null, rejected }, alteredVault(vault, { list }));
      expect(await ids()).toContain(second?.id);
    }
  });

  it('stay where those that should hold the fort are of a later version, and so do those', async () => {
    const { apply, ids, taken, before, file } = await world(4);
    await writeFile(file(manifestName(main, before.id)), JSON.stringify({ ...before, version: 2 }));
    const [, second] = taken;
    await apply({ known: null });
    expect(await ids()).toEqual(expect.arrayContaining([second?.id, before.id]));
  });

  it('stay where they are another session’s, or of a later version, whatever they are called', async () => {
    const { apply, ids, taken, file } = await world();
    const [oldest, second, third] = taken;
    if (!oldest || !second || !third) throw new Error('there are six');
    const theirs = sessionId('Main');
    const archive = { ...oldest.archive, name: archiveName(theirs, oldest.id) };
    await writeFile(
      file(manifestName(main, oldest.id)),
      JSON.stringify({ ...oldest, session: theirs, archive }),
    );
    await writeFile(file(manifestName(main, second.id)), JSON.stringify({ ...second, version: 2 }));
    expect(await apply()).toMatchObject({ removed: [third.id], stayed: [], lost: [] });
    expect(await ids()).toEqual(expect.arrayContaining([oldest.id, second.id]));
  });

  it('of others are not touched, whatever they are called', async () => {
    const { apply, plant, names, layout } = await world();
    const theirs = ['sessions/backup-2024.tar.gz', 'sessions/main/notes.txt', 'sessions/main/old.tar.gz'];
    for (const name of theirs) await plant(name);
    expect((await apply()).removed).not.toEqual([]);
    expect(await names(layout.vault)).toEqual(expect.arrayContaining(theirs));
  });
});

describe('nothing is removed', () => {
  const shortened = (vault: Vault, without: (name: string) => boolean) =>
    alteredVault(vault, {
      list: async (prefix, signal) => (await vault.list(prefix, signal)).filter(({ name }) => !without(name)),
    });

  it.each(['empty', 'without the newest', 'without the one before'])(
    'by a listing that is %s',
    async (how) => {
      const { apply, objects, vault, newest, before } = await world();
      const all = await objects();
      const missing = { empty: '', 'without the newest': newest.id, 'without the one before': before.id }[
        how
      ];
      const outcome = await apply(
        {},
        shortened(vault, (name) => name.includes(missing ?? '')),
      );
      expect(outcome).toMatchObject({ removed: [], swept: [] });
      expect(outcome.refused).toContain(how === 'without the one before' ? before.id : newest.id);
      expect(await objects()).toEqual(all);
    },
  );

  it('by a listing that failed', async () => {
    const { apply, objects, vault } = await world();
    const all = await objects();
    const list = async () => {
      throw new VigilError('vault_unavailable', 'It is far away.');
    };
    await expect(apply({}, alteredVault(vault, { list }))).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
    expect(await objects()).toEqual(all);
  });

  it.each(['demoted', 'rejected'] as const)('after a backup that is %s itself', async (mark) => {
    const { apply, objects, newest, tools } = await world();
    await markBackup(newest, mark, { why: 'It is.' }, tools, never);
    const all = await objects();
    expect((await apply()).refused).toContain(mark);
    expect(await objects()).toEqual(all);
  });

  it('that a listing alone says is half: its other half is asked for by name', async () => {
    const { apply, ids, vault, taken, age } = await world();
    const [, , , fourth] = taken;
    const archive = archiveName(main, fourth?.id ?? '');
    await age(manifestName(main, fourth?.id ?? ''));
    const found = await apply(
      {},
      shortened(vault, (name) => name === archive),
    );
    expect(found.swept).toEqual([]);
    expect(await ids()).toContain(fourth?.id);
  });
});

describe('what interruptions left', () => {
  const leftovers = [
    archiveName(main, leftOver),
    `${archiveName(main, leftOver)}.age`,
    manifestName(main, leftOver),
    markName(main, leftOver, 'rejected'),
  ];

  it.each(leftovers)('is swept: %s', async (name) => {
    const { apply, plant, ids, taken } = await world(2);
    await plant(name);
    expect(await apply()).toMatchObject({ removed: [], swept: [name] });
    expect(await ids()).toEqual(taken.map(({ id }) => id).toReversed());
  });

  it('is not a manifest of a later version, whose archive may be called otherwise', async () => {
    const { apply, age, file, newest, objects } = await world(2);
    const name = manifestName(main, leftOver);
    await writeFile(file(name), JSON.stringify({ ...newest, version: 2 }));
    await age(name);
    expect(await apply()).toMatchObject({ swept: [] });
    expect(await objects()).toContain(name);
  });

  it('is not what may just be on its way', async () => {
    const { apply, file, objects } = await world(2);
    for (const name of leftovers.slice(0, 1)) await writeFile(file(name), 'on its way');
    const all = await objects();
    expect(await apply()).toMatchObject({ swept: [] });
    expect(await objects()).toEqual(all);
  });
});

describe('what was asked is compared with what is there', () => {
  it('says what should be gone and is not', async () => {
    const { apply, vault, taken } = await world(4);
    const remove = async () => true;
    const [oldest] = taken;
    expect(await apply({}, alteredVault(vault, { remove }))).toMatchObject({
      stayed: [manifestName(main, oldest?.id ?? ''), archiveName(main, oldest?.id ?? '')],
      lost: [],
    });
  });

  it('says what is gone and should not be', async () => {
    const { apply, vault, newest } = await world(4);
    const remove: Vault['remove'] = async (name, signal) => {
      await vault.remove(manifestName(main, newest.id), signal);
      return vault.remove(name, signal);
    };
    const outcome = await apply({}, alteredVault(vault, { remove }));
    expect(outcome).toMatchObject({ stayed: [], lost: [manifestName(main, newest.id)] });
  });
});

it('that is killed at any call of the vault leaves whole backups and leftovers, and the next run ends it', async () => {
  const calls = async (most: number) => {
    const found = await world(5);
    const [oldest] = found.taken;
    if (oldest) await markBackup(oldest, 'rejected', { why: 'A QR.' }, found.tools, never);
    await found.plant(archiveName(main, leftOver));
    let left = most;
    const counted =
      <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        if (left-- <= 0) throw new Error('dead');
        return call(...args);
      };
    const { vault } = found;
    const mortal = alteredVault(vault, {
      list: counted(vault.list.bind(vault)),
      get: counted(vault.get.bind(vault)),
      stat: counted(vault.stat.bind(vault)),
      remove: counted(vault.remove.bind(vault)),
    });
    const died = await found.apply({}, mortal).then(
      () => false,
      () => true,
    );
    return { ...found, died };
  };
  let died = true;
  let step = 0;
  for (; died; step++) {
    const after = await calls(step);
    died = after.died;
    const listed = await listBackups(after.vault, main, never);
    for (const one of listed) expect(one).toHaveProperty('manifest');
    const stay = after.taken.slice(2).map(({ id }) => id);
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(stay));
    const again = await after.apply();
    expect(again).toMatchObject({ refused: null, stayed: [], lost: [] });
    expect((await after.ids()).toReversed()).toEqual(stay);
  }
  expect(step).toBeGreaterThan(8);
});
