/** Drills over plain profiles, and a browser that finds in them what the test says. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupWorld, evidence, never, wordOf } from '../../test/doubles/backup-world.ts';
import { ScriptedBrowser } from '../../test/doubles/scripted-browser.ts';
import { sweepStaging } from '../backup/staging.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { VigilError } from '../errors.ts';
import { type DrillProgress, drillBackup } from './drill-backup.ts';

async function scene() {
  const world = await backupWorld();
  const browser = new ScriptedBrowser();
  const tools = { ...world.tools, browser };
  const { manifest } = await takeBackup(await world.request('good'), world.tools);
  const told: DrillProgress['step'][] = [];
  const progress = ({ step }: DrillProgress) => void (told.at(-1) === step || told.push(step));
  const staged = () => world.names(world.layout.staging);
  return {
    ...world,
    browser,
    manifest,
    told,
    staged,
    drill: (changes: Partial<typeof tools> = {}, of = manifest) =>
      drillBackup(of, { signal: never, progress }, { ...tools, ...changes }),
  };
}

const away = new VigilError('drill_incomplete', 'The browser went away.');

describe('a drill', () => {
  it('gives a browser the whole profile, says what it came to, and leaves nothing', async () => {
    const { browser, clock, drill, manifest, staged, told } = await scene();
    let seen: string | null = null;
    browser.opens = async ({ profile }) => {
      seen = await wordOf(profile);
      await clock.advance(1_500);
      return { ...evidence, problems: [] };
    };
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const report = {
      problem: null,
      warnings: [],
      took: 1_500,
      unpacked: bytes,
      browser: browser.installed,
      found: evidence,
    };
    expect(await drill()).toEqual(report);
    expect(seen).toBe('good');
    expect(told).toEqual(['download', 'unpack', 'verify', 'open']);
    expect(await staged()).toEqual([]);
  });

  it('asks for the keys of the engine and of the manifest, and for no value', async () => {
    const { browser, drill, manifest } = await scene();
    await drill({}, { ...manifest, evidence: { ...evidence, loginKeys: ['of-old', 'last-wid-md'] } });
    expect(browser.asked[0]).toMatchObject({
      origin: 'https://web.whatsapp.com',
      loginKeys: ['last-wid-md', 'of-old'],
    });
  });

  it('finds a backup wanting that a browser finds wanting twice', async () => {
    const { browser, drill, staged } = await scene();
    browser.opens = async () => ({ loginKeys: ['last-wid-md'], databases: [], problems: [] });
    expect(await drill()).toMatchObject({ problem: expect.stringContaining('model-storage') });
    expect(browser.asked).toHaveLength(2);
    expect(browser.asked[0]?.profile).not.toBe(browser.asked[1]?.profile);
    expect(await staged()).toEqual([]);
  });

  it('believes a browser that finds it whole the second time', async () => {
    const { browser, drill } = await scene();
    browser.opens = async () => ({
      ...evidence,
      problems: browser.asked.length === 1 ? ['model-storage does not open (UnknownError)'] : [],
    });
    expect(await drill()).toMatchObject({ problem: null, found: evidence });
  });

  it('finds out a byte that changed, and starts no browser for it', async () => {
    const { browser, drill, layout, manifest, staged } = await scene();
    const path = join(layout.vault, manifest.archive.name);
    const bytes = await readFile(path);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await drill()).toMatchObject({ problem: expect.stringContaining(manifest.id), found: null });
    expect(browser.asked).toEqual([]);
    expect(await staged()).toEqual([]);
  });

  it.each(['no_login', 'damaged'] as const)(
    'needs no browser for a profile that is %s',
    async (soundness) => {
      const { browser, drill } = await scene();
      const verify = async () => ({
        soundness,
        problem: 'Something.',
        evidence: { loginKeys: [], databases: [] },
      });
      expect(await drill({ verify })).toMatchObject({ problem: 'Something.' });
      expect(browser.asked).toEqual([]);
    },
  );
});

describe('nothing is said of a backup', () => {
  it.each<[string, string, (world: Awaited<ReturnType<typeof scene>>) => Promise<unknown>]>([
    [
      'the browser goes away',
      'drill_incomplete',
      ({ browser, drill }) => {
        browser.opens = () => Promise.reject(away);
        return drill();
      },
    ],
    [
      'there is none',
      'chromium_not_found',
      ({ browser, drill }) => {
        browser.refusal = new VigilError('chromium_not_found', 'There is none.');
        return drill();
      },
    ],
    [
      'it is older than the one before',
      'chromium_too_old',
      ({ browser, drill }) => {
        browser.installed = '12.0.0.1';
        return drill();
      },
    ],
    [
      'there is no room',
      'disk_full',
      ({ disk, drill }) => {
        disk.free(10);
        return drill();
      },
    ],
    [
      'nobody can read what is in it',
      'profile_unverifiable',
      ({ drill }) => drill({ verify: async () => ({ soundness: 'unverifiable', problem: 'A newer form.' }) }),
    ],
    [
      'it is encrypted for another',
      'backup_key_missing',
      ({ drill, manifest }) => drill({}, { ...manifest, encryption: { keys: ['age1other'] } }),
    ],
    [
      'it was removed meanwhile',
      'backup_not_found',
      ({ drill, manifest, vault }) => vault.remove(manifest.archive.name, never).then(() => drill()),
    ],
  ])('where %s', async (_what, code, work) => {
    const world = await scene();
    await expect(work(world)).rejects.toMatchObject({ code });
    expect(await world.staged()).toEqual([]);
  });

  it('where it was called off', async () => {
    const { browser, manifest, staged, tools } = await scene();
    const controller = new AbortController();
    const reason = new Error('enough');
    browser.opens = async (_look, signal) => {
      controller.abort(reason);
      signal.throwIfAborted();
      return { ...evidence, problems: [] };
    };
    const drilling = drillBackup(manifest, { signal: controller.signal }, { ...tools, browser });
    await expect(drilling).rejects.toBe(reason);
    expect(await staged()).toEqual([]);
  });
});

it('killed at any step it leaves the vault as it was, and scratch that the next start sweeps', async () => {
  const { disk, drill, layout, names, tools } = await scene();
  const vault = await names(layout.vault);
  await drill();
  const steps = disk.steps.length;
  for (let after = 0; ; after++) {
    disk.mend().dieAfter(after);
    const outcome = await drill().catch((error: Error) => error);
    disk.mend();
    await sweepStaging(tools);
    expect(await names(layout.staging)).toEqual([]);
    expect(await names(layout.vault)).toEqual(vault);
    // What cannot be removed any more is swept as well.
    if (!(outcome instanceof Error) && outcome.problem === null) break;
    expect(after).toBeLessThan(steps);
  }
});
