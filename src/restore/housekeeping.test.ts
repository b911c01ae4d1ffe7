import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupWorld, evidence, main, never, writeProfile } from '../../test/doubles/backup-world.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { listBackups } from '../backup/catalogue.ts';
import type { BackupEncryption } from '../backup/encryption.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import type { CopyReport } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import { compactUtc } from '../system/timestamp.ts';
import { Housekeeping, type HousekeepingRules } from './housekeeping.ts';
import { journalPath } from './journal.ts';
import { VolumeBackups } from './volume-backups.ts';

const day = 86_400_000;
const quiet = { signal: never, progress: () => {} };
const other = sessionId('other');

async function world(rules: Partial<HousekeepingRules> = {}, encryption: BackupEncryption | null = null) {
  // Whatever lies there is sound: what a copy holds is not looked into here.
  const found = await backupWorld({
    verify: async () => ({ soundness: 'sound', evidence, warnings: [] }),
    encryption,
  });
  const lines: string[] = [];
  const log = createLogger({ level: 'trace', clock: found.clock, write: (line) => void lines.push(line) });
  const all = { keep: 2 * day, keepLast: 1, keepWeekly: 0, cap: null, ...rules };
  const housekeeping = new Housekeeping(found.tools, all, log);
  const backups = new VolumeBackups(found.tools, log, {
    incidents: { raise() {}, resolve() {} },
    afterGood: (...args) => housekeeping.afterGood(...args),
  });
  const copy = async (target: string): Promise<CopyReport> => {
    await writeProfile(target, 'running');
    await storeLogin(target);
    return { method: 'frozen', pause: 1, versions: { library: null, browser: null, web: null } };
  };
  let record = savedRecord(main, { evidence });
  /** A backup that came about, and what its session's record says since. */
  const backUp = async (changes: Partial<SessionRecord> = {}) => {
    const taken = await backups.take({ ...record, ...changes }, copy, quiet);
    if (!changes.id) record = { ...record, backup: taken.mark };
    return taken.mark.id;
  };
  const ids = async (session = main) => (await listBackups(found.vault, session, never)).map(({ id }) => id);
  const quarantine = async (days: number, reason: string) => {
    const path = join(
      found.layout.quarantine,
      main,
      `${compactUtc(found.clock.now() - days * day)}-${reason}`,
    );
    await storeLogin(path);
    return path;
  };
  const daily = () => housekeeping.daily([record], never);
  const said = (message: string) => lines.some((line) => line.includes(message));
  return { ...found, backUp, ids, quarantine, daily, said, housekeeping };
}

describe('nothing goes', () => {
  /** Seals nothing in truth: what counts is which keys are said to be there. */
  const keyed = (opens: readonly string[]): BackupEncryption => ({
    sealsFor: ['age-0123456789ab'],
    opens,
    seal: (bytes) => bytes,
    open: (bytes) => bytes,
  });

  async function history(opens: readonly string[]) {
    const found = await world({}, keyed(opens));
    for (let night = 0; night < 5; night++) {
      await found.backUp();
      await found.quarantine(9, `replaced-${night + 2}`);
      await found.clock.advance(day);
    }
    await found.backUp();
    await found.daily();
    return {
      kept: (await found.ids()).length,
      quarantined: (await readdir(join(found.layout.quarantine, main))).length,
    };
  }

  it('on the strength of backups that nobody here can open', async () => {
    expect(await history([])).toEqual({ kept: 6, quarantined: 5 });
    const { kept, quarantined } = await history(['age-0123456789ab']);
    expect(kept).toBeLessThan(6);
    expect(quarantined).toBeLessThan(5);
  });

  it('where the vault did not take the mark of a backup that WhatsApp refused', async () => {
    const { backUp, ids, clock, disk } = await world();
    const first = await backUp();
    for (let night = 0; night < 5; night++) {
      await clock.advance(day);
      disk.fail('staging:text', 'ENOSPC');
      await backUp({ rejected: [first] });
      disk.mend();
    }
    expect(await ids()).toHaveLength(6);
  });
});

describe('after a good backup', () => {
  it('old ones go, and profiles in quarantine that it supersedes, and both are told', async () => {
    const { backUp, ids, clock, quarantine, names, layout, said } = await world();
    const first = await backUp();
    for (let night = 0; night < 2; night++) {
      await clock.advance(day);
      await backUp();
    }
    expect(await ids()).toContain(first);
    await quarantine(3, 'damaged');
    await quarantine(2, 'replaced');
    await clock.advance(day);
    await backUp();
    expect(await ids()).toHaveLength(3);
    expect(await ids()).not.toContain(first);
    expect(new Set((await names(join(layout.quarantine, main))).map((name) => name.split('/')[0])).size).toBe(
      1,
    );
    expect(said('Old backups were removed')).toBe(true);
    expect(said('A profile was removed from quarantine')).toBe(true);
    expect(await names(layout.staging)).toEqual([]);
  });

  it('nothing goes from quarantine while a restore of the session is under way', async () => {
    const { backUp, clock, quarantine, names, layout } = await world();
    await quarantine(3, 'damaged');
    await quarantine(2, 'replaced');
    await mkdir(dirname(journalPath(layout, main)), { recursive: true });
    await writeFile(journalPath(layout, main), '{}');
    await clock.advance(day);
    const before = await names(layout.quarantine);
    await backUp();
    expect(await names(layout.quarantine)).toEqual(before);
  });

  it('a vault that fails meanwhile costs nobody the backup', async () => {
    const { backUp, vault, ids, said, clock } = await world();
    await backUp();
    await clock.advance(5 * day);
    vault.remove = async () => {
      throw new Error('it is far away');
    };
    await clock.advance(5 * day);
    const taken = await backUp();
    await clock.advance(5 * day);
    await backUp();
    expect(await ids()).toContain(taken);
    expect(said('Old backups could not be looked through')).toBe(true);
  });

  it('a vault on the volume gives up the oldest of all sessions beyond its share, and says what does not fit', async () => {
    let most = Number.POSITIVE_INFINITY;
    const { backUp, ids, clock, said } = await world({ keep: 300 * day, cap: async () => most });
    const theirs = await backUp({ id: other });
    await clock.advance(day);
    const first = await backUp();
    await clock.advance(day);
    const theirSecond = await backUp({ id: other });
    expect(await ids(other)).toEqual([theirSecond, theirs]);
    await clock.advance(day);
    most = 1;
    const second = await backUp();
    expect(await ids()).toEqual([second]);
    expect(await ids(other)).toEqual([theirSecond]);
    expect(await ids()).not.toContain(first);
    expect(said('The newest good backups alone take more')).toBe(true);
  });
});

describe('every day', () => {
  it('quarantine is looked through with the backup that the record names, where it is of the same login', async () => {
    const { backUp, clock, quarantine, daily, names, layout, profile } = await world();
    await backUp();
    await clock.advance(day);
    const old = await quarantine(3, 'damaged');
    await quarantine(2, 'replaced');
    const held = async () => (await names(layout.quarantine)).join();
    // Nobody knows which login is in place.
    await daily();
    expect(await held()).toContain(old.split('/').at(-1));
    await storeLogin(profile, { device: 'another' });
    await daily();
    expect(await held()).toContain(old.split('/').at(-1));
    await rm(profile, { recursive: true });
    await storeLogin(profile);
    await daily();
    expect(await held()).not.toContain(old.split('/').at(-1));
  });

  it('it goes on where a vault does not answer, and a dead login needs none', async () => {
    const { clock, quarantine, daily, names, layout } = await world();
    const dead = await quarantine(9, 'logged_out');
    await quarantine(1, 'replaced');
    await clock.advance(1);
    await daily();
    expect((await names(layout.quarantine)).join()).not.toContain(dead.split('/').at(-1));
  });
});
