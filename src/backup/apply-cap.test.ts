import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { type SessionId, sessionId } from '../session/id.ts';
import { applyCap, type CapRequest, type CapTools } from './apply-cap.ts';
import { archiveName, manifestName, markName } from './backup-names.ts';
import { listBackups } from './catalogue.ts';
import type { BackupManifest } from './manifest.ts';
import { markBackup } from './marks.ts';
import type { KnownBackups } from './retained.ts';
import { takeBackup } from './take-backup.ts';
import type { Vault } from './vault.ts';

const day = 86_400_000;
const other = sessionId('other');

/** Two sessions with a backup a night each, `main`’s always the later one. */
async function world(nights = 5) {
  const found = await backupWorld();
  const taken = new Map<SessionId, BackupManifest[]>([
    [main, []],
    [other, []],
  ]);
  for (let night = 0; night < nights; night++)
    for (const session of [other, main]) {
      await found.clock.advance(day / 2);
      const request = await found.request(`${session} ${night}`, { session });
      taken.get(session)?.push((await takeBackup(request, found.tools)).manifest);
    }
  const id = (session: SessionId, night: number) => taken.get(session)?.at(night)?.id ?? '';
  const known = (session: SessionId, changes: Partial<KnownBackups> = {}): [SessionId, KnownBackups] => [
    session,
    { known: id(session, -1), inUse: [], rejected: [], ...changes },
  ];
  const apply = (changes: Partial<CapRequest> = {}, tools: Partial<CapTools> = {}) =>
    applyCap(
      {
        taken: { session: main, id: id(main, -1) },
        cap: 1,
        known: new Map([known(main), known(other)]),
        now: found.clock.now(),
        signal: never,
        ...changes,
      },
      { vault: found.vault, encryption: null, ...tools },
    );
  const left = async (session: SessionId) =>
    (await listBackups(found.vault, session, never)).map((one) => one.id).toReversed();
  const ids = (session: SessionId, ...nights: readonly number[]) => nights.map((night) => id(session, night));
  const file = (name: string) => join(found.layout.vault, name);
  /** Of the length that it had. */
  const flip = async (session: SessionId, night: number) => {
    const { name, bytes } = taken.get(session)?.at(night)?.archive ?? { name: '', bytes: 0 };
    await writeFile(file(name), 'x'.repeat(bytes));
  };
  return { ...found, taken, id, ids, known, apply, left, file, flip };
}

describe('a vault on the volume that is over its share', () => {
  it('keeps the two newest good ones of each session', async () => {
    const { apply, left, ids } = await world();
    const { removed, held } = await apply();
    expect(removed).toHaveLength(6);
    expect(removed[0]).toEqual({ session: other, id: ids(other, 0)[0] });
    expect(held).toBeGreaterThan(1);
    expect(await left(main)).toEqual(ids(main, 3, 4));
    expect(await left(other)).toEqual(ids(other, 3, 4));
  });

  it('counts none as good that a record says WhatsApp refused, marked or not', async () => {
    const { apply, left, ids, id, known } = await world();
    const rejected = [id(other, 4), id(other, 3)];
    await apply({ known: new Map([known(main), known(other, { rejected })]) });
    expect(await left(other)).toEqual(expect.arrayContaining(ids(other, 1, 2)));
  });

  it('keeps what records name, of every session', async () => {
    const { apply, left, id, known } = await world();
    const inUse = [id(other, 0)];
    await apply({ known: new Map([known(main), known(other, { inUse })]) });
    expect(await left(other)).toContain(id(other, 0));
  });

  it('believes no archive by its length', async () => {
    const { apply, left, ids, flip } = await world();
    await flip(other, 4);
    await flip(other, 2);
    await apply();
    expect(await left(other)).toEqual(expect.arrayContaining(ids(other, 1, 3)));
  });

  it('asks for marks that a listing does not show', async () => {
    const { apply, left, ids, id, tools, vault } = await world();
    await markBackup({ session: other, id: id(other, 3) }, 'demoted', { why: 'Less.' }, tools, never);
    const hidden = markName(other, id(other, 3), 'demoted');
    const list: Vault['list'] = async (prefix, signal) =>
      (await vault.list(prefix, signal)).filter(({ name }) => name !== hidden);
    await apply({}, { vault: alteredVault(vault, { list }) });
    expect(await left(other)).toEqual(expect.arrayContaining(ids(other, 2, 4)));
  });

  it('leaves a session alone whose newest backup is not listed, or that no record knows', async () => {
    for (const how of ['short', 'unknown']) {
      const { apply, left, ids, id, known, vault } = await world();
      const list: Vault['list'] = async (prefix, signal) =>
        (await vault.list(prefix, signal)).filter(
          ({ name }) => how !== 'short' || !name.includes(id(other, 4)),
        );
      const records = how === 'short' ? [known(main), known(other)] : [known(main)];
      await apply({ known: new Map(records) }, { vault: alteredVault(vault, { list }) });
      expect(await left(other)).toEqual(ids(other, 0, 1, 2, 3, 4));
      expect(await left(main)).toEqual(ids(main, 3, 4));
    }
  });

  it('removes nothing by a listing that is empty, or lacks what was just taken', async () => {
    const { apply, left, ids, id, vault } = await world();
    for (const without of ['', id(main, 4)]) {
      const list: Vault['list'] = async (prefix, signal) =>
        (await vault.list(prefix, signal)).filter(({ name }) => without !== '' && !name.includes(without));
      expect((await apply({}, { vault: alteredVault(vault, { list }) })).removed).toEqual([]);
    }
    expect(await left(main)).toEqual(ids(main, 0, 1, 2, 3, 4));
  });

  it('removes nothing for a listing that tells everything twice, or for what others have put there', async () => {
    const { apply, vault, file, left, ids } = await world();
    const objects = await vault.list('', never);
    const cap = objects.reduce((sum, { bytes }) => sum + bytes, 0);
    const list: Vault['list'] = async (prefix, signal) => {
      const once = await vault.list(prefix, signal);
      return [...once, ...once];
    };
    expect((await apply({ cap }, { vault: alteredVault(vault, { list }) })).removed).toEqual([]);
    await writeFile(file('sessions/backup-2024.tar.gz'), 'x'.repeat(cap));
    expect(await apply({ cap })).toEqual({ removed: [], held: cap });
    expect(await left(main)).toEqual(ids(main, 0, 1, 2, 3, 4));
  });

  it('removes nothing of a session on the strength of what nobody here can open or understand', async () => {
    const { apply, left, ids, id, file, taken } = await world();
    for (const night of [3, 4]) {
      const manifest = taken.get(other)?.at(night);
      await writeFile(
        file(manifestName(other, id(other, night))),
        JSON.stringify({ ...manifest, version: 2 }),
      );
    }
    await apply();
    expect(await left(other)).toEqual(ids(other, 1, 2, 3, 4));
    const sealed = await world();
    for (const night of [3, 4]) {
      const manifest = sealed.taken.get(other)?.at(night);
      if (!manifest) throw new Error('there are five');
      const { archive } = manifest;
      const name = `${archive.name}.age`;
      await writeFile(sealed.file(name), 'x'.repeat(archive.bytes));
      const encryption = { keys: ['age-0123456789ab'] };
      await writeFile(
        sealed.file(manifestName(other, manifest.id)),
        JSON.stringify({ ...manifest, phone: null, encryption, archive: { ...archive, name } }),
      );
    }
    await sealed.apply();
    expect(await sealed.left(other)).toEqual(sealed.ids(other, 1, 2, 3, 4));
  });

  it('leaves what turns out to be another session’s', async () => {
    const { apply, left, id, taken, file } = await world();
    const [oldest] = taken.get(other) ?? [];
    if (!oldest) throw new Error('there are five');
    const session = sessionId('Other');
    const archive = { ...oldest.archive, name: archiveName(session, oldest.id) };
    await writeFile(file(manifestName(other, oldest.id)), JSON.stringify({ ...oldest, session, archive }));
    const { removed } = await apply();
    expect(removed).toHaveLength(5);
    expect(await left(other)).toContain(id(other, 0));
  });

  it('that is killed at any call leaves whole backups and leftovers, and the floor of each', async () => {
    for (let most = 0, died = true; died; most++) {
      const { apply, vault, left, ids } = await world(3);
      let calls = most;
      const counted =
        <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
        async (...args: Args): Promise<T> => {
          if (calls-- <= 0) throw new Error('dead');
          return call(...args);
        };
      const mortal = alteredVault(vault, {
        list: counted(vault.list.bind(vault)),
        get: counted(vault.get.bind(vault)),
        stat: counted(vault.stat.bind(vault)),
        remove: counted(vault.remove.bind(vault)),
      });
      died = await apply({}, { vault: mortal }).then(
        () => false,
        () => true,
      );
      for (const session of [main, other]) {
        for (const one of await listBackups(vault, session, never)) expect(one).toHaveProperty('manifest');
        expect(await left(session)).toEqual(expect.arrayContaining(ids(session, 1, 2)));
      }
      if (died) continue;
      expect(await left(main)).toEqual(ids(main, 1, 2));
      expect(most).toBeGreaterThan(8);
    }
  });
});

it('an archive is not one of the newest good ones where it is gone', async () => {
  const { apply, left, ids, id, vault } = await world();
  await vault.remove(archiveName(other, id(other, 3)), never);
  await apply();
  expect(await left(other)).toEqual(expect.arrayContaining(ids(other, 2, 4)));
});
