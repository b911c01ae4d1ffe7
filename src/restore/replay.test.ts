/** Replays over whatever a disk may hold: a profile that was there is there afterwards, in its place or in quarantine. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupWorld, evidence, main, wordOf, writeProfile } from '../../test/doubles/backup-world.ts';
import { formatJournal, type RestoreJournal } from './journal-format.ts';
import { replayRestores } from './replay.ts';

const journal: RestoreJournal = {
  version: 1,
  session: main,
  backup: { id: '20260101T000000Z-1-0123456789ab', at: '2026-01-01T00:00:00.000Z' },
  staged: 'restore-main-0123456789ab',
  quarantine: '20260101T000000Z-replaced',
  evidence,
};

interface Lies {
  readonly staged: boolean;
  readonly there: boolean;
  readonly quarantined: 'profile' | 'empty' | 'nothing';
  /** Whether the journal says that there was a profile. */
  readonly named: boolean;
}

async function lying({ staged, there, quarantined, named }: Lies, text?: string) {
  const world = await backupWorld();
  const { layout } = world;
  await mkdir(layout.restores, { recursive: true });
  if (staged) await writeProfile(join(layout.staging, journal.staged, 'profile'), 'new');
  if (there) await writeProfile(world.profile, 'there');
  const place = join(layout.quarantine, main, journal.quarantine ?? '');
  if (quarantined === 'profile') await writeProfile(place, 'moved');
  if (quarantined === 'empty') await mkdir(place, { recursive: true });
  const written = { ...journal, quarantine: named ? journal.quarantine : null };
  await writeFile(join(layout.restores, `${main}.json`), text ?? formatJournal(written));
  return world;
}

const all: readonly Lies[] = [true, false].flatMap((staged) =>
  [true, false].flatMap((there) =>
    (['profile', 'empty', 'nothing'] as const).flatMap((quarantined) =>
      [true, false].map((named) => ({ staged, there, quarantined, named })),
    ),
  ),
);

describe('a replay', () => {
  it.each(all)('loses nothing and mixes nothing where there is %j', async (lies) => {
    const world = await lying(lies);
    const [replayed] = await replayRestores(world.tools);
    const profile = await wordOf(world.profile);
    const quarantined = (await world.quarantined()).filter((word) => word !== null);
    if (lies.there) expect(profile).toBe('there');
    else if (lies.staged) expect(profile).toBe('new');
    if (lies.quarantined === 'profile') expect([profile, ...quarantined]).toContain('moved');
    expect(quarantined).not.toContain('new');
    expect(replayed).toMatchObject({
      session: main,
      outcome: expect.stringMatching(/^(?:completed|undone)$/),
    });
    if (profile === 'new') expect(replayed?.outcome).toBe('completed');
    if (profile === 'moved') expect(replayed?.outcome).toBe('undone');
    expect(await readdir(world.layout.restores)).toEqual([]);
    expect(await world.names(world.layout.staging)).toEqual([]);
    expect(await replayRestores(world.tools)).toEqual([]);
    expect(await wordOf(world.profile)).toBe(profile);
  });

  it('loses nothing, whatever its journal holds', async () => {
    const lies = fc.record({
      staged: fc.boolean(),
      there: fc.boolean(),
      quarantined: fc.constantFrom('profile' as const, 'empty' as const, 'nothing' as const),
      named: fc.boolean(),
    });
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .tuple(fc.constantFrom(...Object.keys(journal)), fc.jsonValue())
        .map(([name, value]) => JSON.stringify({ ...journal, [name]: value })),
    );
    await fc.assert(
      fc.asyncProperty(lies, text, async (one, content) => {
        const world = await lying(one, content);
        await replayRestores(world.tools);
        const words = [await wordOf(world.profile), ...(await world.quarantined())];
        if (one.there) expect(words[0]).toBe('there');
        if (one.quarantined === 'profile') expect(words).toContain('moved');
        expect((await readdir(world.layout.restores)).filter((name) => name === 'main.json')).toEqual([]);
        expect((await readdir(world.layout.sessions)).filter((name) => name !== 'session-main')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('brings back what a swap had moved although its journal is torn and a person keeps a copy beside it', async () => {
    const world = await lying({ staged: true, there: false, quarantined: 'profile', named: true }, '{');
    await writeProfile(join(world.layout.quarantine, main, 'zzz-of-mine'), 'copied');
    await replayRestores(world.tools);
    expect(await wordOf(world.profile)).toBe('moved');
    expect(await world.quarantined()).toEqual(['copied']);
  });

  it('settles each session by itself: one that the disk refuses keeps no other waiting', async () => {
    const world = await lying({ staged: true, there: false, quarantined: 'nothing', named: false });
    const other = { ...journal, session: 'other', staged: 'restore-other-0123456789ab', quarantine: null };
    await writeProfile(join(world.layout.staging, other.staged, 'profile'), 'theirs');
    await writeFile(join(world.layout.restores, 'other.json'), JSON.stringify(other));
    // In the way of the first one's profile.
    await writeFile(world.profile, '');
    expect(await replayRestores(world.tools)).toMatchObject([
      { session: 'main', outcome: 'failed' },
      { session: 'other', outcome: 'completed' },
    ]);
    expect(await wordOf(join(world.layout.sessions, 'session-other'))).toBe('theirs');
    expect(await wordOf(join(world.layout.staging, journal.staged, 'profile'))).toBe('new');
  });
});
