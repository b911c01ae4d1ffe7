import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { volumeLayout } from '../volume/layout.ts';
import { requireInstallation } from './installation.ts';
import {
  formatOwnerRecord,
  type OwnerRecord,
  ownerName,
  parseOwnerName,
  parseOwnerRecord,
} from './owner-record.ts';

async function world() {
  const layout = volumeLayout(await scratchDirectory());
  await mkdir(layout.ours, { recursive: true });
  const disk = new FaultyDisk();
  return { layout, disk, installation: () => requireInstallation({ layout, disk, now: 1_000 }) };
}

describe('the id of an installation', () => {
  it('is made once and stays', async () => {
    const { installation } = await world();
    const made = await installation();
    expect(made).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      createdAt: '1970-01-01T00:00:01.000Z',
    });
    expect(await installation()).toEqual(made);
  });

  it('is another one on every volume', async () => {
    const [one, other] = await Promise.all([world(), world()]);
    expect((await one.installation()).id).not.toBe((await other.installation()).id);
  });

  it.each(['installation:create', 'installation:rename', 'installation:sync'])(
    'is there or is not after a crash at %s',
    async (label) => {
      const { layout, disk, installation } = await world();
      disk.dieAt(label);
      await installation().catch(() => {});
      const left = (await readdir(layout.ours)).filter((name) => !name.endsWith('.tmp'));
      const before = left.length === 0 ? null : JSON.parse(await readFile(layout.installation, 'utf8'));
      disk.mend();
      const after = await installation();
      expect(after.id).toMatch(/^[0-9a-f]{32}$/);
      if (before) expect(after).toEqual(before);
    },
  );

  it('is made anew where what lies there is none', async () => {
    const { layout, installation } = await world();
    for (const text of ['', '{', '[]', '{"id":"x"}', `{"id":"${'a'.repeat(32)}"}`, '\u0000'.repeat(9_000)]) {
      await writeFile(layout.installation, text);
      expect((await installation()).id).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

describe('an owner record', () => {
  const record: OwnerRecord = {
    version: 1,
    installation: 'ab'.repeat(16),
    run: '0'.repeat(12),
    host: 'web-1',
    phase: 'owner',
    turn: 3,
    claimedAt: '2026-06-01T00:00:00.000Z',
    renewedAt: '2026-06-01T01:00:00.000Z',
  };

  it('is read as it was written', () => {
    expect(parseOwnerRecord(formatOwnerRecord(record))).toEqual(record);
    expect(parseOwnerName(ownerName(record, 0))).toEqual({
      installation: record.installation,
      run: record.run,
    });
  });

  it('of another version, or damaged, is none, whatever it holds', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseOwnerRecord(text)));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(record)), fc.jsonValue({ maxDepth: 2 }), (field, value) => {
        const parsed = parseOwnerRecord(JSON.stringify({ ...record, [field]: value }));
        if (parsed) expect(parseOwnerRecord(formatOwnerRecord(parsed))).toEqual(parsed);
      }),
    );
    expect(parseOwnerRecord(JSON.stringify({ ...record, version: 2 }))).toBeNull();
  });

  it.each(['owners/x.json', 'owners/20260601T000000Z-ab-00.json', 'sessions/main/x.json', ''])(
    'is not called %j',
    (name) => expect(parseOwnerName(name)).toBeNull(),
  );
});
