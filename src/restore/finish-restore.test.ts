import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupWorld, evidence, main, wordOf, writeProfile } from '../../test/doubles/backup-world.ts';
import { sessionId } from '../session/id.ts';
import { finishRestore } from './finish-restore.ts';
import { formatJournal, type RestoreJournal } from './journal-format.ts';

const other = sessionId('other');
const journal: RestoreJournal = {
  version: 1,
  session: main,
  backup: { id: '20260101T000000Z-1-0123456789ab', at: '2026-01-01T00:00:00.000Z' },
  staged: 'restore-main-0123456789ab',
  quarantine: '20260101T000000Z-replaced',
  evidence,
};

/** A restore that stands between its renames. */
async function interrupted(text = formatJournal(journal)) {
  const world = await backupWorld();
  const { layout } = world;
  await mkdir(layout.restores, { recursive: true });
  await writeFile(join(layout.restores, 'main.json'), text);
  await writeProfile(join(layout.staging, journal.staged, 'profile'), 'new');
  await writeProfile(join(layout.quarantine, main, journal.quarantine ?? ''), 'old');
  return { ...world, journals: () => readdir(layout.restores) };
}

describe('before a launch', () => {
  it('there is nothing to end where no restore was interrupted', async () => {
    const { tools } = await backupWorld();
    expect(await finishRestore(main, tools)).toBe(false);
  });

  it('a restore that was interrupted is ended', async () => {
    const { tools, profile, journals, quarantined } = await interrupted();
    expect(await finishRestore(main, tools)).toBe(true);
    expect(await wordOf(profile)).toBe('new');
    expect(await quarantined()).toEqual(['old']);
    expect(await journals()).toEqual([]);
    expect(await finishRestore(main, tools)).toBe(false);
  });

  it('that of another session is left to it', async () => {
    const { tools, profile, journals } = await interrupted();
    expect(await finishRestore(other, tools)).toBe(false);
    expect(await wordOf(profile)).toBeNull();
    expect(await journals()).toEqual(['main.json']);
  });

  it('one that nobody can read gives the profile back that it had taken away', async () => {
    const { tools, profile, journals } = await interrupted('{');
    expect(await finishRestore(main, tools)).toBe(true);
    expect(await wordOf(profile)).toBe('old');
    expect(await journals()).toEqual([expect.stringMatching(/^main\.json\.damaged-/)]);
  });

  it.each(['restore:swap', 'restore:journal-remove'])(
    'one that the disk does not let end (%s) keeps the session from it, and ends the next time',
    async (label) => {
      const { tools, disk, profile, journals } = await interrupted();
      disk.dieAt(label);
      await expect(finishRestore(main, tools)).rejects.toThrow();
      expect(await journals()).toEqual(['main.json']);
      disk.mend();
      expect(await finishRestore(main, tools)).toBe(true);
      expect(await wordOf(profile)).toBe('new');
      expect(await journals()).toEqual([]);
    },
  );
});
