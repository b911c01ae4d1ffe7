/** What comes of drills: marks in the vault, incidents, and what ladder and retention make of them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, evidence, main, never, wordOf } from '../../test/doubles/backup-world.ts';
import { settle } from '../../test/doubles/fake-clock.ts';
import { ScriptedBrowser } from '../../test/doubles/scripted-browser.ts';
import { backupsOf } from '../backup/catalogue.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { clearMark, markBackup, readMark } from '../backup/marks.ts';
import { judge } from '../backup/retention.ts';
import { takeBackup } from '../backup/take-backup.ts';
import type { OfflineFindings } from '../drill/offline-browser.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { climb } from '../restore/ladder.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { BackupChoice } from './backup-choice.ts';
import { Drills } from './drills.ts';
import { RecordedBackupIncidents } from './recorded-backup-incidents.ts';

const start = Date.UTC(2026, 0, 1);

async function scene(overrides: Partial<RestoreTools> = {}) {
  const world = await backupWorld(overrides);
  const { clock, tools } = world;
  const log = createLogger({ level: 'silent', clock, write: () => {} });
  const incidents = new RecordedBackupIncidents({ clock, log, history: { incident() {} } });
  const browser = new ScriptedBrowser();
  const rejected: string[] = [];
  const choice = new BackupChoice({ ...tools, rejectedOf: () => rejected });
  const drills = new Drills({ tools: { ...tools, browser }, choice, incidents, log });
  const backedUp = async (word: string): Promise<BackupManifest> => {
    const { manifest } = await takeBackup(await world.request(word), world.tools);
    await clock.advance(60_000);
    return manifest;
  };
  const drill = (which: Parameters<Drills['run']>[1] = 'latest', signal = never) =>
    drills.run(main, which, { signal });
  const marks = async () => {
    const found: string[] = [];
    for await (const { id, marks } of backupsOf(tools.vault, main, never))
      found.push(`${id} ${marks.join()}`.trim());
    return found;
  };
  const staged = () => world.names(world.layout.staging);
  /** What browsers find from now on in backups that were written with this word. */
  const finding = (word: string, findings: Partial<OfflineFindings>) => {
    browser.opens = async ({ profile }) => ({
      ...evidence,
      problems: [],
      ...((await wordOf(profile)) === word ? findings : {}),
    });
  };
  return { ...world, incidents, browser, drills, drill, backedUp, marks, staged, finding, rejected };
}

const nothing = { loginKeys: ['last-wid-md'], databases: [] };

describe('a backup that passes its drill', () => {
  it('is marked with when, how long it took and what was found', async () => {
    const { backedUp, drill, browser, clock, tools, incidents } = await scene();
    const manifest = await backedUp('good');
    browser.opens = async () => {
      await clock.advance(2_000);
      return { ...evidence, problems: [] };
    };
    incidents.raise('drill_overdue', main, { problem: 'There was no browser.', remedy: null });
    const view = await drill();
    const unpacked = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(view).toMatchObject({
      passed: true,
      problem: null,
      took: 2_000,
      unpacked,
      found: { loginKeys: 1, databases: 1, records: 100 },
      backup: { id: manifest.id, state: 'verified', drilledAt: new Date(start + 62_000).toISOString() },
    });
    expect(await readMark(manifest, 'drilled', tools.vault, never)).toEqual({
      at: new Date(start + 62_000).toISOString(),
      why: expect.stringContaining('found the login'),
      details: { took: 2_000, unpacked, browser: '156.0.8078.79', loginKeys: 1, databases: 1, records: 100 },
    });
    expect(incidents.open).toEqual([]);
  });

  it('has its mark renewed by the next one', async () => {
    const { backedUp, drill, clock, tools } = await scene();
    const manifest = await backedUp('good');
    await drill();
    await clock.advance(60_000);
    await drill();
    expect((await readMark(manifest, 'drilled', tools.vault, never)).at).toBe(
      new Date(start + 120_000).toISOString(),
    );
  });
});

describe('a backup that fails its drill', () => {
  it.each<[string, (world: Awaited<ReturnType<typeof scene>>, newest: BackupManifest) => unknown, RegExp]>([
    ['a database is empty', ({ finding }) => finding('newest', nothing), /model-storage/],
    [
      'a byte was flipped',
      async ({ layout }, { archive }) => {
        const path = join(layout.vault, archive.name);
        const bytes = await readFile(path);
        bytes[50] = (bytes[50] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
      /hash/,
    ],
  ])(
    'since %s is demoted, said, and no longer the first: not for the ladder, not for retention',
    async (_what, harm, problem) => {
      const world = await scene();
      const { backedUp, drill, incidents, marks, tools, profile, staged } = world;
      const older = await backedUp('older');
      const newest = await backedUp('newest');
      await harm(world, newest);
      const view = await drill();
      expect(view).toMatchObject({
        passed: false,
        problem: expect.stringMatching(problem),
        backup: {
          id: newest.id,
          state: 'demoted',
          problem: expect.stringMatching(/^A drill found it wanting: /),
        },
      });
      expect(incidents.open).toMatchObject([
        {
          cause: 'drill_failed',
          session: 'main',
          problem: expect.stringMatching(problem),
          remedy: expect.stringContaining(`vigil backups main --clear ${newest.id}`),
        },
      ]);
      expect(await marks()).toEqual([`${newest.id} demoted`, older.id]);
      const known = [
        { id: newest.id, marks: ['demoted'], state: 'usable' },
        { id: older.id, marks: [], state: 'usable' },
      ] as const;
      const rules = { keep: 0, keepLast: 0, keepWeekly: 0 };
      expect(judge(known, rules, { now: start, inUse: new Set() })).toContainEqual({
        id: older.id,
        keep: true,
        reason: 'the newest good one',
      });
      const climbed = await climb({ session: main, refuse: () => null, signal: never }, tools);
      expect(climbed).toMatchObject({ outcome: 'restored', restored: { backup: { id: older.id } } });
      expect(await wordOf(profile)).toBe('older');
      expect(await staged()).toEqual([]);
    },
  );

  it('is said until one that was taken since passes; that an older one passes is not enough', async () => {
    const { backedUp, drill, incidents, finding } = await scene();
    const older = await backedUp('older');
    await backedUp('newest');
    finding('newest', nothing);
    await drill();
    expect(await drill()).toMatchObject({ passed: true, backup: { id: older.id } });
    expect(incidents.open).toMatchObject([{ cause: 'drill_failed' }]);
    await backedUp('later');
    await drill();
    expect(incidents.open).toEqual([]);
  });

  it('is told with its verdict when the vault takes no mark', async () => {
    const world = await scene();
    await world.backedUp('newest');
    world.finding('newest', nothing);
    const vault = alteredVault(world.vault, {
      put: () => Promise.reject(new VigilError('vault_unavailable', 'The vault is away.')),
    });
    const { clock, tools, browser, incidents } = world;
    const choice = new BackupChoice({ ...tools, vault, rejectedOf: () => [] });
    const log = createLogger({ level: 'silent', clock, write: () => {} });
    const drills = new Drills({ tools: { ...tools, vault, browser }, choice, incidents, log });
    expect(await drills.run(main, 'latest', { signal: never })).toMatchObject({
      passed: false,
      warnings: ['That could not be marked in the vault: The vault is away.'],
    });
    expect(incidents.open).toMatchObject([{ cause: 'drill_failed' }]);
  });
});

describe('a drill that says nothing', () => {
  it('marks nothing and raises nothing', async () => {
    const { backedUp, drill, browser, incidents, marks, staged } = await scene();
    const { id } = await backedUp('good');
    browser.opens = () => Promise.reject(new VigilError('drill_incomplete', 'The browser went away.'));
    await expect(drill()).rejects.toMatchObject({ code: 'drill_incomplete' });
    expect(incidents.open).toEqual([]);
    expect(await marks()).toEqual([id]);
    expect(await staged()).toEqual([]);
  });

  it('ends after an hour', async () => {
    const { backedUp, drill, browser, clock, staged } = await scene();
    await backedUp('good');
    browser.opens = (_look, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const failed = expect(drill()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await expect.poll(() => browser.asked.length).toBe(1);
    await clock.advance(3_600_000);
    await failed;
    expect(await staged()).toEqual([]);
  });
});

describe('drills', () => {
  it('come one after the other, whoever asks, and are called off with the daemon', async () => {
    const { backedUp, drill, drills, browser, staged } = await scene();
    await backedUp('good');
    let open = 0;
    let most = 0;
    browser.opens = async (_look, signal) => {
      most = Math.max(most, ++open);
      await settle();
      open--;
      signal.throwIfAborted();
      return { ...evidence, problems: [] };
    };
    await Promise.all([drill(), drill(), drill()]);
    expect(most).toBe(1);
    const controller = new AbortController();
    const [running, left, waiting] = [drill(), drill('latest', controller.signal), drill()].map((one) =>
      one.then(
        () => 'passed',
        (error: unknown) => (error instanceof VigilError ? error.code : String(error)),
      ),
    );
    controller.abort(new Error('enough'));
    expect(await left).toBe('Error: enough');
    await drills.end();
    expect(await Promise.all([running, waiting])).toEqual(['drill_incomplete', 'drill_incomplete']);
    await expect(drill()).rejects.toMatchObject({ code: 'drill_incomplete' });
    expect(await staged()).toEqual([]);
  });
});

describe('what is due', () => {
  it('is known from the marks in the vault', async () => {
    const { backedUp, drill, drills, finding, clock, tools, rejected } = await scene();
    expect(await drills.standing(main, never)).toBeNull();
    const older = await backedUp('older');
    const takenAt = (manifest: BackupManifest) => Date.parse(manifest.createdAt);
    const nobody = { isDrilled: false, lastPassed: null };
    expect(await drills.standing(main, never)).toEqual({
      backup: older.id,
      takenAt: takenAt(older),
      ...nobody,
    });
    await drill();
    const passed = clock.now();
    const newest = await backedUp('newest');
    const next = { backup: newest.id, takenAt: takenAt(newest), isDrilled: false, lastPassed: passed };
    expect(await drills.standing(main, never)).toEqual(next);
    finding('newest', nothing);
    await drill();
    expect(await drills.standing(main, never)).toMatchObject({
      backup: older.id,
      isDrilled: true,
      lastPassed: passed,
    });
    await clearMark(newest, 'demoted', tools.vault, never);
    rejected.push(newest.id);
    expect(await drills.standing(main, never)).toMatchObject({ backup: older.id });
    await markBackup(older, 'rejected', { why: 'A QR.' }, tools, never);
    expect(await drills.standing(main, never)).toBeNull();
  });
});
