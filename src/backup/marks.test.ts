import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { type MarkKind, markKinds, markName, parseObjectName } from './backup-names.ts';
import { listBackups } from './catalogue.ts';
import { clearMark, formatMark, markBackup, parseMark, readMark } from './marks.ts';
import { purgeBackups } from './purge.ts';
import { takeBackup } from './take-backup.ts';

async function world() {
  const found = await backupWorld();
  const { manifest } = await takeBackup(await found.request('one'), found.tools);
  const backup = { session: main, id: manifest.id };
  const mark = (kind: MarkKind, why = 'Because.', details = {}) =>
    markBackup(backup, kind, { why, details }, found.tools, never);
  const marks = async () => (await listBackups(found.vault, main, never))[0]?.marks;
  const read = (kind: MarkKind) => readMark(backup, kind, found.vault, never);
  const path = (kind: MarkKind) => join(found.layout.vault, markName(main, backup.id, kind));
  return { ...found, backup, mark, marks, read, path };
}

describe('a mark', () => {
  it.each(markKinds)('%s is listed with its backup, and says when and why', async (kind) => {
    const { mark, marks, read, clock, names, layout } = await world();
    expect(await marks()).toEqual([]);
    await mark(kind, 'It was found out.', { seconds: 12 });
    expect(await marks()).toEqual([kind]);
    expect(await read(kind)).toEqual({
      at: new Date(clock.now()).toISOString(),
      why: 'It was found out.',
      details: { seconds: 12 },
    });
    expect(await names(layout.staging)).toEqual([]);
  });

  it('is cleared, and may be put again', async () => {
    const { backup, vault, mark, marks } = await world();
    await mark('demoted');
    expect(await clearMark(backup, 'demoted', vault, never)).toBe(true);
    expect(await clearMark(backup, 'demoted', vault, never)).toBe(false);
    expect(await marks()).toEqual([]);
    await mark('demoted');
    expect(await marks()).toEqual(['demoted']);
  });

  it('stays what it was when it is put again; that of a drill is renewed', async () => {
    const { mark, read, clock } = await world();
    for (const kind of markKinds) await mark(kind, 'First.');
    await clock.advance(60_000);
    for (const kind of markKinds) await mark(kind, 'Second.');
    expect((await read('rejected')).why).toBe('First.');
    expect((await read('demoted')).why).toBe('First.');
    expect((await read('drilled')).why).toBe('Second.');
  });

  it('is put although the disk has no more room than belongs to the browsers', async () => {
    const { mark, marks, disk } = await world();
    disk.free(0);
    await mark('rejected');
    expect(await marks()).toEqual(['rejected']);
  });

  it('counts by its name, whatever stands under it', async () => {
    const { path, marks, mark, read } = await world();
    await writeFile(path('rejected'), 'torn {');
    await symlink('/nowhere', path('demoted'));
    await mkdir(path('drilled'));
    expect(await marks()).toEqual(['rejected', 'demoted']);
    // It is there already, so nothing is to be done.
    await mark('rejected');
    await mark('demoted');
    for (const kind of ['rejected', 'demoted'] as const)
      expect(await read(kind)).toEqual({ at: null, why: null, details: {} });
    expect(await readFile(path('rejected'), 'utf8')).toBe('torn {');
  });

  it('goes with a purge, and nothing else does that is not of this session', async () => {
    const { vault, mark, names, layout } = await world();
    for (const kind of markKinds) await mark(kind);
    expect(await purgeBackups(vault, main, never)).toBe(5);
    expect((await names(layout.vault)).filter((name) => name.includes('.json'))).toEqual([]);
  });

  it('outlives the manifest in a purge that is broken off', async () => {
    const { vault, mark, disk, names, layout, backup } = await world();
    await mark('rejected');
    disk.steps.length = 0;
    // The manifest, and the flush of its directory.
    disk.dieAfter(2);
    await expect(purgeBackups(vault, main, never)).rejects.toThrow('dead');
    disk.mend();
    const left = (await names(layout.vault)).filter((name) => name.includes(backup.id));
    expect(left.map((name) => name.slice(name.indexOf('.')))).toEqual(['.rejected.json', '.tar.gz']);
  });
});

describe('the text of a mark', () => {
  it('comes back as it was', () => {
    const text = formatMark({ why: 'So.', details: { bytes: 3, opened: true, note: null } }, 0);
    const expected = { at: '1970-01-01T00:00:00.000Z', why: 'So.' };
    expect(parseMark(text)).toEqual({ ...expected, details: { bytes: 3, opened: true, note: null } });
  });

  it('is read without a fault whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { at, why } = parseMark(text);
        expect(at === null || !Number.isNaN(Date.parse(at))).toBe(true);
        expect(why === null || (why.length > 0 && why.length <= 4_000)).toBe(true);
      }),
    );
  });

  it('says nothing of what is not what it should be, and the rest', () => {
    expect(parseMark('{"at":"never","why":"So."}')).toMatchObject({ at: null, why: 'So.' });
    expect(parseMark('{"at":"2026-01-01","why":"\\u001b[31m"}')).toMatchObject({
      at: '2026-01-01',
      why: null,
    });
    expect(parseMark('[]')).toEqual({ at: null, why: null, details: {} });
  });
});

describe('names of marks', () => {
  const id = '20261122T164207Z-7-abababababab';

  it('are read as what they were made of', () => {
    for (const mark of markKinds)
      expect(parseObjectName(markName(main, id, mark))).toEqual({ session: main, id, kind: 'mark', mark });
  });

  it.each(['good', 'rejected.demoted', 'REJECTED', ''])('are none with %j', (kind) => {
    expect(parseObjectName(`sessions/main/${id}.${kind}.json`)).toBeNull();
  });
});
