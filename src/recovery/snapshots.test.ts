/** Snapshots of an installation, from its records into a vault and back. */
import { createHash } from 'node:crypto';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { type BackupWorld, backupWorld, never } from '../../test/doubles/backup-world.ts';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { AgeEncryption } from '../encryption/age-encryption.ts';
import { type Keys, recipientOf } from '../encryption/keys.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { Registry } from '../registry/registry.ts';
import { SqliteRegistry } from '../registry/sqlite.ts';
import { copyHistory } from './copy-history.ts';
import { lastSnapshots } from './last-snapshots.ts';
import { removeOldSnapshots } from './old-snapshots.ts';
import { readNewestSnapshot } from './read-snapshot.ts';
import { formatSnapshotManifest, parseSnapshotManifest, type SnapshotManifest } from './snapshot-format.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { stateDigest } from './state-digest.ts';
import { takeSnapshot } from './take-snapshot.ts';

const installation = 'ab'.repeat(16);
const records = [
  savedRecord('main', { settings: { presence: false } }),
  savedRecord('sales', { wanted: 'stopped' }),
];

async function open(path: string): Promise<Registry> {
  const registry = new SqliteRegistry({ path, clock: new FakeClock(), onReplaced: () => {} });
  await registry.open();
  return registry;
}

async function world() {
  const volume = await backupWorld();
  const tools = { ...volume.tools, vault: volume.vault, installation };
  const take = async (
    some = records,
    registry: Pick<Registry, 'snapshot'> | null = null,
    by = installation,
  ) => {
    // The vault's clock is the disk's: two in one millisecond would be in no order.
    await new Promise((resolve) => setImmediate(resolve));
    const taken = await takeSnapshot(
      { records: some, registry, signal: never },
      { ...tools, installation: by },
    );
    await volume.clock.advance(60_000);
    return taken;
  };
  const passed: string[] = [];
  const read = (onRegistry?: (path: string) => Promise<void>) =>
    readNewestSnapshot(
      {
        signal: never,
        onPassedOver: (id, why) => passed.push(`${id} ${why}`),
        ...(onRegistry ? { onRegistry } : {}),
      },
      tools,
    );
  return { volume, take, read, passed };
}

const names = ({ names: of, layout }: BackupWorld) => of(join(layout.vault, 'registry'));

describe('a snapshot', () => {
  it('comes back as it was: records, and the history', async () => {
    const { volume, take, read } = await world();
    const registry = await open(volume.layout.registry);
    await registry.putSession(records[0] as (typeof records)[0]);
    const entry = {
      session: records[0]?.id ?? ('' as never),
      at: '2026-01-01T00:00:00.000Z',
      from: 'a',
      to: 'b',
      cause: 'c',
      epoch: 1,
    };
    await registry.addTransitions([entry]);
    await take(records, registry);
    const other = await open(join(volume.layout.ours, 'other.db'));
    const found = await read(async (path) => {
      const copy = await open(path);
      await copyHistory(copy, other);
      await copy.close();
    });
    expect(found?.records).toEqual(records);
    expect(await other.transitions(entry.session, 10)).toEqual([entry]);
    expect(await readdir(volume.layout.staging)).toEqual([]);
  });

  it('goes without the registry where that is lost', async () => {
    const { take, read } = await world();
    const lost = { snapshot: () => Promise.reject(new VigilError('registry_unavailable', 'lost')) };
    expect(await take(records, lost)).toMatchObject({ registry: false });
    expect((await read())?.records).toEqual(records);
  });

  it('that is damaged is passed over for the one before it', async () => {
    const { volume, take, read, passed } = await world();
    const first = await take();
    const second = await take(records.slice(0, 1));
    await volume.vault.remove(second.archive.name, never);
    expect((await read())?.manifest.id).toBe(first.id);
    expect(passed).toEqual([expect.stringContaining(second.id)]);
  });

  it('is none where the vault holds none, and nobody says so for one that does not answer', async () => {
    const { read } = await world();
    expect(await read()).toBeNull();
    const vault = { list: () => Promise.reject(new VigilError('vault_unavailable', 'down')) };
    const reading = { signal: never, onPassedOver: () => {} };
    await expect(readNewestSnapshot(reading, { vault } as never)).rejects.toMatchObject({
      code: 'vault_unavailable',
    });
  });

  it('is kept by days and by what it holds, and those of others are left alone', async () => {
    const { volume, take } = await world();
    const other = await take(records, null, 'cd'.repeat(16));
    const registry = await open(volume.layout.registry);
    const withHistory = await take(records.slice(0, 1), registry);
    const more = await take();
    for (let count = 0; count < 9; count++) await take([savedRecord(`s${count}`)]);
    const newest = await take([savedRecord('last')]);
    const expected = [other, withHistory, more, newest].flatMap(({ id }) => [`${id}.json`, `${id}.tar.gz`]);
    expect(await names(volume)).toEqual(expected.sort());
  });

  it('comes after the one before it, whatever the clock says meanwhile', async () => {
    const { volume, take, read } = await world();
    const year = 365 * 86_400_000;
    await volume.clock.advance(year);
    const ahead = await take();
    // Its file is of that year as well, where the vault is a disk beside us.
    const path = join(volume.layout.vault, `registry/${ahead.id}.json`);
    await utimes(path, (Date.now() + year) / 1_000, (Date.now() + year) / 1_000);
    volume.clock.set(volume.clock.now() - year);
    const newest = await take([...records, savedRecord('third')]);
    expect((await read())?.manifest.id).toBe(newest.id);
    expect(Date.parse(newest.createdAt)).toBeLessThan(Date.parse(ahead.createdAt));
    const last = await lastSnapshots(volume.vault, installation, never);
    expect(last).toEqual({ state: newest.state, withRegistry: null });
    expect(await names(volume)).toContain(`${newest.id}.json`);
  });

  it('is none to remove others by where a listing lacks it, or a manifest cannot be had', async () => {
    const { volume, take } = await world();
    for (let count = 0; count < 3; count++) await take([savedRecord(`s${count}`)]);
    const before = await names(volume);
    const { vault } = volume;
    const [first] = before;
    const newest = { id: `20260101T000000Z-${installation}-0123456789ab`, installation };
    await removeOldSnapshots(vault, newest, never);
    const get = async () => {
      throw new VigilError('vault_unavailable', 'It is far away.');
    };
    const its = { id: (before.at(-1) ?? '').split('.')[0] ?? '', installation };
    await expect(removeOldSnapshots(alteredVault(vault, { get }), its, never)).rejects.toThrow('far away');
    expect(await names(volume)).toEqual(before);
    expect(first).toBeDefined();
  });

  it('that dies at any step leaves the ones before it, and no manifest without its archive', async () => {
    const { volume, take, read } = await world();
    const before = await take();
    volume.disk.steps.length = 0;
    await take([savedRecord('probe')]);
    const steps = volume.disk.steps.length;
    expect(steps).toBeGreaterThan(8);
    for (let step = 0; step < steps; step++) {
      volume.disk.dieAfter(step);
      await take([savedRecord(`dead${step}`)]).catch(() => {});
      volume.disk.mend();
      expect((await read())?.records, `step ${step}`).toBeTruthy();
    }
    for (const name of await names(volume))
      if (name.endsWith('.json')) expect(await names(volume)).toContain(name.replace('.json', '.tar.gz'));
    expect(before.sessions).toBe(2);
  });
});

describe('a snapshot that is sealed', () => {
  const none: Keys = { recipients: [], identities: [], passphrases: [] };
  const withKey = async (identity: string, seals = true) =>
    AgeEncryption.with(
      { ...none, recipients: [await recipientOf(identity)], identities: [identity] },
      { seals, place: 'shared:vault' },
    );

  async function sealedWorld() {
    const identity = await generateIdentity();
    const volume = await backupWorld();
    const tools = { ...volume.tools, installation, encryption: await withKey(identity) };
    const taken = await takeSnapshot({ records, registry: null, signal: never }, tools);
    const passed: string[] = [];
    const reading = { signal: never, onPassedOver: (_id: string, why: string) => void passed.push(why) };
    return { identity, volume, tools, taken, passed, reading };
  }

  it('says nothing of what is in it, and opens with its key', async () => {
    const { volume, tools, taken, reading } = await sealedWorld();
    expect(taken).toMatchObject({
      encryption: { keys: [expect.any(String)] },
      archive: { name: expect.stringMatching(/\.tar\.gz\.age$/) },
    });
    const bytes = await readFile(join(volume.layout.vault, taken.archive.name));
    expect(bytes.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect((await readNewestSnapshot(reading, tools))?.records).toEqual(records);
  });

  it('is not taken for none by one who lacks its key', async () => {
    const { tools, reading } = await sealedWorld();
    for (const encryption of [null, await withKey(await generateIdentity())])
      await expect(readNewestSnapshot(reading, { ...tools, encryption })).rejects.toMatchObject({
        code: 'backup_key_missing',
      });
  });

  it('and was torn before it was put is passed over', async () => {
    const { tools, volume, taken, passed, reading } = await sealedWorld();
    const path = join(volume.layout.vault, taken.archive.name);
    const bytes = (await readFile(path)).subarray(0, -40);
    await writeFile(path, bytes);
    const manifest = join(volume.layout.vault, `registry/${taken.id}.json`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const archive = { ...taken.archive, bytes: bytes.length, sha256 };
    await writeFile(manifest, JSON.stringify({ ...taken, archive }));
    expect(await readNewestSnapshot(reading, tools)).toBeNull();
    expect(passed).toHaveLength(1);
  });
});

describe('its manifest', () => {
  const sha256 = createHash('sha256').update('').digest('hex');
  const id = `20260101T000000Z-${installation}-${sha256.slice(0, 12)}`;
  const manifest: SnapshotManifest = {
    version: 1,
    id,
    installation,
    createdAt: '2026-01-01T00:00:00.000Z',
    sessions: 2,
    registry: true,
    state: stateDigest(records),
    encryption: null,
    archive: { name: `registry/${id}.tar.gz`, bytes: 1, sha256 },
  };

  it('is read as it was written, and names nothing but its own archive', () => {
    expect(parseSnapshotManifest(formatSnapshotManifest(manifest))).toEqual({ manifest });
    const wrong = { ...manifest, archive: { ...manifest.archive, name: 'sessions/main/x.tar.gz' } };
    expect(parseSnapshotManifest(JSON.stringify(wrong))).toHaveProperty('problem');
  });

  it('ends in a manifest or a problem, whatever it holds', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseSnapshotManifest(text)));
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(manifest)),
        fc.jsonValue({ maxDepth: 3 }),
        (field, value) => {
          const parsed = parseSnapshotManifest(JSON.stringify({ ...manifest, [field]: value }));
          if ('manifest' in parsed)
            expect(parseSnapshotManifest(formatSnapshotManifest(parsed.manifest))).toEqual(parsed);
        },
      ),
    );
  });
});

describe('the keeper of snapshots', () => {
  const second = 1_000;
  const hour = 3_600 * second;

  function kept(last: string | null, first: string | null = 'one', withRegistry: number | null = null) {
    const clock = new FakeClock();
    const taken: boolean[] = [];
    let state = first;
    let refusal: VigilError | null = null;
    const keeper = new SnapshotKeeper({
      clock,
      log: createLogger({ level: 'silent', clock, write: () => {} }),
      digest: () => state,
      last: async () => ({ state: last, withRegistry }),
      due: (before, now) => before === null || now - before >= 24 * hour || before > now,
      async take(withRegistry) {
        if (refusal) throw refusal;
        taken.push(withRegistry);
        return state ?? '';
      },
    });
    return {
      clock,
      taken,
      keeper,
      change(to: string) {
        state = to;
        keeper.changed();
      },
      refuse: (error: VigilError | null) => (refusal = error),
    };
  }
  it('takes one with the history at the start and once a day', async () => {
    const { keeper, clock, taken } = kept('one');
    keeper.start();
    await clock.advance(10 * second);
    expect(taken).toEqual([true]);
    await clock.advance(49 * hour);
    expect(taken).toEqual([true, true, true]);
    keeper.stop();
    await clock.advance(48 * hour);
    expect(taken).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  it('takes none with the history at a start where the one before is young, and makes up for what was missed', async () => {
    const now = new FakeClock().now();
    const young = kept('one', 'one', now - hour);
    young.keeper.start();
    await young.clock.advance(22 * hour);
    expect(young.taken).toEqual([]);
    await young.clock.advance(2 * hour);
    expect(young.taken).toEqual([true]);
    young.keeper.stop();
    const missed = kept('one', 'one', now - 40 * hour);
    missed.keeper.start();
    await missed.clock.advance(10 * second);
    expect(missed.taken).toEqual([true]);
    missed.keeper.stop();
  });

  it('takes the records alone a moment after a change, and one for several in a row', async () => {
    const { keeper, clock, taken, change } = kept('one');
    keeper.start();
    await clock.advance(10 * second);
    change('two');
    await clock.advance(5 * second);
    change('three');
    await clock.advance(5 * second);
    expect(taken).toEqual([true, false]);
    change('three');
    await clock.advance(hour);
    expect(taken).toEqual([true, false]);
    keeper.stop();
  });

  it('says nothing of a volume without sessions: it would hide what a lost one comes back from', async () => {
    const { keeper, clock, taken, change } = kept('one', null);
    keeper.start();
    await clock.advance(49 * hour);
    expect(taken).toEqual([]);
    change('two');
    await clock.advance(10 * second);
    expect(taken).toEqual([true]);
    keeper.stop();
  });

  it('tries again where the vault refused or is not ours', async () => {
    const { keeper, clock, taken, refuse } = kept(null);
    refuse(new VigilError('vault_owned', 'not ours'));
    keeper.start();
    await clock.advance(hour);
    expect(taken).toEqual([]);
    refuse(null);
    await clock.advance(hour);
    expect(taken).toEqual([true]);
    keeper.stop();
    await settle();
  });
});

it('the state of an installation changes with what a recovery must not be behind in, and with nothing else', () => {
  const [main = savedRecord('main')] = records;
  const digest = (change: object) => stateDigest([{ ...main, ...change }]);
  for (const change of [
    { wanted: 'stopped' },
    { failure: 'banned' },
    { pairedAt: 5 },
    { rejected: ['x'] },
    { settings: {} },
  ])
    expect(digest(change)).not.toBe(digest({}));
  for (const change of [
    { lastSeen: '2026-01-01T00:00:00.000Z' },
    { starts: [] },
    { epoch: 9 },
    { updatedAt: 'x' },
  ])
    expect(digest(change)).toBe(digest({}));
});
