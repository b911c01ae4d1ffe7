import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupWorld, evidence, main, never, writeProfile } from '../../test/doubles/backup-world.ts';
import { HangingVault } from '../../test/doubles/hanging-vault.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { listBackups } from '../backup/catalogue.ts';
import type { BackupEncryption } from '../backup/encryption.ts';
import { TimedVault } from '../backup/timed-vault.ts';
import { createLogger } from '../log.ts';
import { type SessionId, sessionId } from '../session/id.ts';
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
  const records = new Map<SessionId, SessionRecord>();
  const housekeeping = new Housekeeping(found.tools, all, () => [...records.values()], log);
  const backups = new VolumeBackups(found.tools, log, {
    incidents: { raise() {}, resolve() {} },
    afterGood: (good) => housekeeping.afterGood(good),
  });
  const copy = async (target: string): Promise<CopyReport> => {
    await writeProfile(target, 'running');
    await storeLogin(target);
    return { method: 'frozen', pause: 1, versions: { library: null, browser: null, web: null } };
  };
  let record = savedRecord(main, { evidence });
  /** A backup that came about, and what its session's record says since. */
  const backUp = async (changes: Partial<SessionRecord> = {}, meanwhile = async () => {}) => {
    const session = { ...record, ...changes };
    const { mark } = await backups.take(
      session,
      async (target) => {
        await meanwhile();
        return copy(target);
      },
      quiet,
    );
    await housekeeping.idle();
    if (!changes.id) record = { ...record, backup: mark };
    records.set(session.id, { ...session, backup: mark });
    return mark.id;
  };
  const ids = async (session = main) => (await listBackups(found.vault, session, never)).map(({ id }) => id);
  const quarantine = async (days: number, reason: string, device = 'mine') => {
    const path = join(
      found.layout.quarantine,
      main,
      `${compactUtc(found.clock.now() - days * day)}-${reason}`,
    );
    await storeLogin(path, device === 'mine' ? {} : { device });
    return path;
  };
  const daily = () => housekeeping.daily([record], never);
  const said = (message: string) => lines.some((line) => line.includes(message));
  return { ...found, backUp, ids, quarantine, daily, said, records };
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
    const taken: { theirs: string; ours: string }[] = [];
    for (let night = 0; night < 3; night++) {
      await clock.advance(day);
      taken.push({ theirs: await backUp({ id: other }), ours: await backUp() });
    }
    expect(await ids(other)).toHaveLength(3);
    await clock.advance(day);
    most = 1;
    const newest = await backUp();
    expect(await ids()).toEqual([newest, taken[2]?.ours]);
    expect(await ids(other)).toEqual([taken[2]?.theirs, taken[1]?.theirs]);
    expect(said('The newest good backups alone take more')).toBe(true);
  });

  it('what a person has come to ask for meanwhile stays', async () => {
    const { backUp, ids, clock, records } = await world();
    const first = await backUp();
    for (let night = 0; night < 4; night++) {
      await clock.advance(day);
      const asked = records.get(main);
      // As the record stands when it is looked at; the backup had begun before.
      if (asked) records.set(main, { ...asked, dueRestore: { why: 'person', backup: first, failure: null } });
      await backUp({ dueRestore: null });
      const after = records.get(main);
      if (after) records.set(main, { ...after, dueRestore: null });
    }
    expect(await ids()).toContain(first);
  });

  it('a vault that hangs keeps nobody from the backup, and what is left is left at the end', async () => {
    const { vault, tools, clock } = await world();
    const hanging = new HangingVault(vault);
    const log = createLogger({ level: 'silent', clock, write: () => {} });
    const rules = { keep: day, keepLast: 1, keepWeekly: 0, cap: null };
    const timed = { ...tools, vault: new TimedVault(hanging, clock) };
    const housekeeping = new Housekeeping(timed, rules, () => [], log);
    const backups = new VolumeBackups(tools, log, {
      incidents: { raise() {}, resolve() {} },
      afterGood: (good) => housekeeping.afterGood(good),
    });
    hanging.hang('list', 'get', 'stat', 'remove');
    const copy = async (target: string): Promise<CopyReport> => {
      await writeProfile(target, 'running');
      return { method: 'frozen', pause: 1, versions: { library: null, browser: null, web: null } };
    };
    const { mark } = await backups.take(savedRecord(main, { evidence }), copy, quiet);
    expect(mark.id).not.toBe('');
    await expect.poll(() => hanging.hung).toBe(1);
    housekeeping.stop();
    await housekeeping.idle();
    expect(hanging.hung).toBe(1);
  });

  it('a profile that came to quarantine while it was taken stays, whatever its name says', async () => {
    const { backUp, clock, quarantine, names, layout } = await world();
    await clock.advance(day);
    await quarantine(0.1, 'replaced');
    const old = await quarantine(3, 'damaged');
    // The copy is made by a clock that is a year ahead, and what comes then by one that was set back.
    const late: string[] = [];
    await backUp({}, async () => void late.push(await quarantine(365, 'replaced')));
    const held = (await names(layout.quarantine)).join();
    expect(held).not.toContain(old.split('/').at(-1));
    expect(held).toContain(late[0]?.split('/').at(-1));
  });
});

describe('every day', () => {
  it('a dead login goes once it is a week old, as the backups since count it', async () => {
    const { backUp, clock, quarantine, daily, names, layout } = await world({ keep: 60 * day });
    const dead = await quarantine(0, 'logged_out', 'theirs');
    await clock.advance(1_000);
    await quarantine(0, 'replaced');
    const isHeld = async () => (await names(layout.quarantine)).join().includes(dead.split('/').at(-1) ?? '');
    const theirs = async (nights: number) => {
      for (let night = 0; night < nights; night++) {
        await clock.advance(day);
        await backUp();
      }
    };
    await theirs(2);
    // A year at once, by a clock or by a daemon that was off.
    await clock.advance(365 * day);
    await daily();
    expect(await isHeld()).toBe(true);
    await theirs(4);
    expect(await isHeld()).toBe(false);
  });

  it('nothing goes for a backup that was taken before, nor where the vault does not answer', async () => {
    const { backUp, clock, quarantine, daily, names, layout, profile, vault } = await world();
    await backUp();
    await storeLogin(profile);
    await clock.advance(day);
    await quarantine(3, 'damaged');
    await quarantine(9, 'logged_out');
    await quarantine(2, 'replaced');
    const before = await names(layout.quarantine);
    await daily();
    vault.list = async () => {
      throw new Error('it is far away');
    };
    await daily();
    expect(await names(layout.quarantine)).toEqual(before);
  });
});
