import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BackupWorld, backupWorld, evidence, main, never } from '../../test/doubles/backup-world.ts';
import { caseless } from '../../test/doubles/caseless.ts';
import { decoy } from '../../test/doubles/decoy.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { listBackups } from '../backup/catalogue.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { whatsappWebProfile } from '../engine/whatsapp-web/profile-layout.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { findProfiles } from '../profile/adopt.ts';
import { verifyProfile } from '../profile/verification/verify-profile.ts';
import { writeJournal } from '../restore/journal.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { type SessionId, sessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import { requireDistinctId } from '../volume/distinct-id.ts';
import { logPath, recordPath } from '../volume/layout.ts';
import { bootRecords } from './boot-records.ts';
import { eraseSession } from './erase-session.ts';
import { holdVolume } from './hold-volume.ts';

const sales = sessionId('sales');
const quarantined = '20251231T000000Z-replaced';

interface Had {
  readonly recorded: boolean;
  /** A restore stands between its two renames: there is no profile, and a journal that says where both are. */
  readonly restoring: boolean;
}

/** A volume with everything that there can be of a session, and another session beside it. */
async function volume({ recorded, restoring }: Had) {
  const world = await backupWorld();
  const { layout, clock, tools } = world;
  for (const path of [layout.records, layout.logs, layout.cache, layout.restores, layout.staging])
    await mkdir(path, { recursive: true });
  const records = new RecordStore(layout, world.disk, clock);
  const online = (recorded ? [main, sales] : [sales]).map((id) => savedRecord(id, { evidence }));
  for (const record of online) await records.write(record);
  for (const session of [main, main, sales]) {
    await takeBackup(await world.request(`word of ${session}`, { session }), tools);
    await clock.advance(60_000);
  }
  const staged = 'restore-main-0123456789ab';
  const profile = restoring ? join(layout.quarantine, main, quarantined) : world.profile;
  await storeLogin(profile);
  await storeLogin(join(layout.sessions, 'session-sales'), { device: 'another' });
  if (restoring) {
    await storeLogin(join(layout.staging, staged, 'profile'));
    const backup = { id: '20260101T000000Z-1-0123456789ab', at: '2026-01-01T00:00:00.000Z' };
    await writeJournal(
      { version: 1, session: main, backup, staged, quarantine: quarantined, evidence },
      tools,
    );
  } else await storeLogin(join(layout.quarantine, main, quarantined));
  await writeFile(logPath(layout, main), 'line');
  await writeFile(`${logPath(layout, main)}.1`, 'line');
  return eraser(world, online);
}

/** Another one that holds the same, which costs less than making it. */
async function copyOf({ layout: { root }, online }: Volume) {
  const world = await backupWorld();
  await cp(root, world.layout.root, { recursive: true, verbatimSymlinks: true });
  return eraser(world, online);
}

function eraser(world: BackupWorld, online: readonly SessionRecord[]) {
  const { layout, disk, clock, tools } = world;
  const records = new RecordStore(layout, disk, clock);
  const remembered = new Map<string, SessionRecord>(online.map((record) => [record.id, record]));
  const registry = { removeSession: async (gone: string) => void remembered.delete(gone) };
  const requireDistinct = (id: SessionId) => requireDistinctId(id, layout, caseless);
  const erase = (id = main, changes: Partial<RestoreTools> = {}) =>
    eraseSession(id, { tools: { ...tools, ...changes }, records, registry, requireDistinct }, never);
  disk.steps.length = 0;
  return { ...world, online, records, remembered, erase };
}

type Volume = ReturnType<typeof eraser>;

/** What the next daemon finds and would do about it. */
async function booted({ layout, disk, clock, records, remembered, vault, profile }: Volume) {
  disk.mend();
  const lock = await holdVolume(layout, {
    clock,
    disk,
    waitMs: 0,
    signal: never,
    pid: process.pid,
    version: '1.2.3',
    command: 'vigil (a test)',
  });
  await lock.release();
  const found = await bootRecords({
    read: await records.readAll(),
    registry: { sessions: async () => [...remembered.values()] },
    wanted: [],
    adopt: async (known) =>
      (
        await findProfiles({
          layout,
          profileLayout: whatsappWebProfile,
          known,
          now: clock.now(),
          signal: never,
        })
      ).adopted,
    now: clock.now(),
    log: createLogger({ level: 'silent', clock, write: () => {} }),
  });
  const backups = await listBackups(vault, main, never);
  const verdict = await verifyProfile(profile, {
    layout: whatsappWebProfile,
    depth: 'deep',
    expected: null,
    scratch: layout.ours,
    signal: never,
  });
  return {
    wanted: found.find(({ id }) => id === main)?.wanted ?? null,
    profile: existsSync(profile) ? verdict.soundness : 'none',
    quarantined: (await readdir(join(layout.quarantine, main)).catch(() => [])).length,
    backups: backups.map((one) => ('manifest' in one ? 'good' : one.problem)),
    staged: await readdir(layout.staging),
  };
}

/** Everything on the volume that bears the name of the session, but for the audit and an empty directory of the vault. */
async function traces({ layout, names }: Volume): Promise<readonly string[]> {
  const left = (await names(layout.root)).filter((name) => name.includes('main') && !name.includes('audit'));
  return left.filter((name) => name !== 'vigil/vault/sessions/main');
}

const situations: readonly (readonly [string, Had])[] = [
  ['a session', { recorded: true, restoring: false }],
  ['a session whose restore was broken off', { recorded: true, restoring: true }],
  ['a profile that nothing is known of', { recorded: false, restoring: false }],
];

describe.each(situations)('erasing %s', (_what, had) => {
  it('leaves nothing of it but a line in the audit, and all of the others', async () => {
    const world = await volume(had);
    const { erase, layout, remembered, vault } = world;
    await writeFile(join(layout.restores, 'main.json.damaged-20251231T000000Z'), '{');
    const before = (await world.names(layout.root)).filter((name) => name.includes('sales'));
    const erased = await erase();
    expect(erased.filter((one) => one === recordPath(layout, main))).toHaveLength(had.recorded ? 1 : 0);
    expect(erased).toContain(join(layout.quarantine, main));
    expect(await traces(world)).toEqual([]);
    expect((await world.names(layout.root)).filter((name) => name.includes('sales'))).toEqual(before);
    expect([...remembered.keys()]).toEqual([sales]);
    expect(await listBackups(vault, sales, never)).toHaveLength(1);
    expect(await readdir(layout.audit)).toHaveLength(1);
    expect(await erase()).toEqual([]);
  });

  it('leaves all as it was, or a stopped session that can be erased again, killed at any step', async () => {
    const template = await volume(had);
    const before = await booted(await copyOf(template));
    const complete = await copyOf(template);
    await complete.erase();
    const { steps } = complete.disk;
    expect(steps).toContain('purge:move');
    for (const step of steps.keys()) {
      // A tree is removed file by file; whichever one it dies at, it is in staging by then.
      if (steps[step] === 'purge:remove' && steps[step - 1] === 'purge:remove' && step % 64 > 0) continue;
      const at = `${step} ${steps[step]}`;
      const world = await copyOf(template);
      world.disk.dieAfter(step);
      await expect(world.erase(), at).rejects.toThrow();
      const found = await booted(world);
      // Its last step: the directory of the records is flushed, and the record is gone.
      const isOver = found.wanted === null;
      if (isOver) expect(at).toMatch(/remove-record:sync$/);
      else if (found.wanted !== 'stopped') expect(found, at).toEqual(before);
      expect(found.profile, at).toMatch(/^(?:sound|none)$/);
      expect(new Set(found.backups), at).toEqual(new Set(found.backups.length > 0 ? ['good'] : []));
      expect(found.staged, at).toEqual([]);
      // What was gone is not put back by a boot: no source of it is left before it goes.
      if (found.profile === 'none' && before.profile === 'sound') expect(found.backups, at).toEqual([]);
      await world.erase();
      expect(await traces(world), at).toEqual([]);
      expect(await booted(world), at).toMatchObject({ wanted: null, profile: 'none', quarantined: 0 });
    }
  });
});

describe('nothing is erased', () => {
  const had = { recorded: true, restoring: false };

  it('while a browser runs on the profile', async () => {
    const world = await volume(had);
    await decoy([`--user-data-dir=${world.profile}`]);
    const before = await world.names(world.layout.root);
    const processes = new LinuxProcesses();
    await expect(world.erase(main, { processes })).rejects.toMatchObject({ code: 'profile_in_use' });
    expect(await world.names(world.layout.root)).toEqual(before);
  });

  it('of a session whose name differs by capitals alone, where the volume takes both for one', async () => {
    const world = await volume(had);
    const before = await world.names(world.layout.root);
    await expect(world.erase(sessionId('MAIN'))).rejects.toMatchObject({ code: 'session_refused' });
    expect(await world.names(world.layout.root)).toEqual(before);
  });

  it('but the peace of a session whose vault does not answer', async () => {
    const world = await volume(had);
    const list = async () => {
      throw new VigilError('vault_unavailable', 'It is far away.');
    };
    const vault = Object.assign(Object.create(world.vault) as typeof world.vault, { list });
    await expect(world.erase(main, { vault })).rejects.toMatchObject({ code: 'vault_unavailable' });
    expect(await booted(world)).toMatchObject({
      wanted: 'stopped',
      profile: 'sound',
      quarantined: 1,
      backups: ['good', 'good'],
    });
  });

  it('behind a link that was planted as its profile; the link goes', async () => {
    const world = await volume({ recorded: true, restoring: true });
    const theirs = join(world.layout.sessions, 'session-sales');
    await symlink(theirs, world.profile);
    await world.erase();
    expect(await traces(world)).toEqual([]);
    expect(await readFile(join(theirs, 'Last Version'), 'utf8')).toBe('156.0.8078.79');
  });
});
