import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { recordPath, volumeLayout } from '../volume/layout.ts';
import { sessionId } from './id.ts';
import { newRecord, type SessionRecord } from './record.ts';
import { parseRecord } from './record-format.ts';
import { RecordStore } from './record-store.ts';

const main = sessionId('main');
const sales = sessionId('sales');
const full: SessionRecord = {
  ...newRecord(main, 1_000),
  wanted: 'stopped',
  failure: 'logged_out',
  login: 'settled',
  settings: { heartbeat: 0, watchdog: 60_000, presence: false, bot: '/srv/bot.mjs' },
  starts: [{ at: 1, onlineAt: null, faultAt: 2 }],
  lastSeen: '2026-01-01T00:00:00.000Z',
};

async function store() {
  const layout = volumeLayout(await scratchDirectory());
  await mkdir(layout.records, { recursive: true });
  const disk = new FaultyDisk();
  const records = new RecordStore(layout, disk, new FakeClock());
  const put = (name: string, text: string | Uint8Array) => writeFile(join(layout.records, name), text);
  return { layout, disk, records, put, names: () => readdir(layout.records) };
}

describe('a record', () => {
  it('is read as it was written', async () => {
    const { records } = await store();
    await records.write(full);
    await records.write(newRecord(sales, 5));
    expect(await records.read(main)).toEqual(full);
    expect(await records.readAll()).toEqual({ records: [full, newRecord(sales, 5)], damaged: [] });
  });

  it('that does not exist is null', async () => {
    expect(await (await store()).records.read(main)).toBeNull();
  });

  it('is gone once it is removed, with what was set aside of it', async () => {
    const { records, names, put } = await store();
    await records.write(full);
    await put('main.json.damaged-20260101T000000Z', 'x');
    await records.remove(main);
    await records.remove(main);
    expect(await names()).toEqual([]);
  });

  it('keeps the fields that a newer version added', async () => {
    const { records, layout, put } = await store();
    await put('main.json', JSON.stringify({ ...full, colour: 'green' }));
    const record = await records.read(main);
    if (!record) throw new Error('no record');
    await records.write({ ...record, wanted: 'online' });
    expect(JSON.parse(await readFile(recordPath(layout, main), 'utf8'))).toMatchObject({
      colour: 'green',
      wanted: 'online',
    });
  });

  it('is the old or the new one, whichever step fails', async () => {
    for (const step of ['write-record:create', 'write-record:rename']) {
      const { records, disk } = await store();
      await records.write(full);
      disk.fail(step, 'ENOSPC');
      await expect(records.write({ ...full, wanted: 'online' })).rejects.toMatchObject({ code: 'disk_full' });
      disk.mend();
      expect(await records.read(main)).toEqual(full);
    }
  });

  it('is the one that was written last, even when the disk is slow with an earlier one', async () => {
    const { records, disk, names } = await store();
    const slow = Promise.withResolvers<void>();
    const rename = disk.rename.bind(disk);
    disk.rename = async (from, to, label) => {
      disk.rename = rename;
      await slow.promise;
      await rename(from, to, label);
    };
    const earlier = records.write({ ...full, restarts: 1 });
    const later = records.write({ ...full, restarts: 2 });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    // The later one has not begun: it would overtake the earlier.
    expect(disk.steps.filter((step) => step === 'write-record:create')).toHaveLength(1);
    slow.resolve();
    await Promise.all([earlier, later]);
    expect(await records.read(main)).toMatchObject({ restarts: 2 });
    expect(await names()).toEqual(['main.json']);
  });

  it('that makes no sense is not written', async () => {
    const { records, names } = await store();
    await expect(records.write({ ...full, wanted: 'maybe' as 'online' })).rejects.toThrow(/wanted/);
    expect(await names()).toEqual([]);
    await records.write(full);
  });
});

describe('a damaged record is reported and set aside, never taken for none', () => {
  it.each([
    ['nothing', ''],
    ['half of it', JSON.stringify(full).slice(0, 80)],
    ['zeros, as a power cut leaves them', Buffer.alloc(500)],
    ['no text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    [
      'text with a byte that is none',
      Buffer.from(JSON.stringify({ ...full, name: 'M\u00fcller' }), 'latin1'),
    ],
    ['a list', '[]'],
    ['a missing field', JSON.stringify({ ...full, wanted: undefined })],
    [
      'a strange word about an import',
      JSON.stringify({
        ...full,
        dueRestore: { why: 'person', backup: 'b', failure: null, imported: 'yes' },
      }),
    ],
    ['an unknown reason', JSON.stringify({ ...full, failure: 'bored' })],
    ['the name of a method as its reason', JSON.stringify({ ...full, failure: 'toString' })],
    ['another session’s record', JSON.stringify({ ...full, id: 'sales' })],
    ['a start that is none', JSON.stringify({ ...full, starts: [null] })],
  ])('%s', async (_, text) => {
    const { records, put, names } = await store();
    await put('main.json', text);
    await records.write(newRecord(sales, 5));
    await expect(records.read(main)).rejects.toMatchObject({ code: 'session_refused' });
    const found = await records.readAll();
    expect(found.records.map(({ id }) => id)).toEqual(['sales']);
    expect(found.damaged).toMatchObject([
      { id: 'main', keptAs: expect.stringMatching(/main\.json\.damaged-20260101T000000Z$/) },
    ]);
    expect(await names()).toEqual(['main.json.damaged-20260101T000000Z', 'sales.json']);
  });

  it('and again at every start, until a new one is written', async () => {
    const { records, put } = await store();
    await put('main.json', '{');
    await records.readAll();
    expect((await records.readAll()).damaged).toMatchObject([{ id: 'main' }]);
    await records.write(full);
    expect(await records.readAll()).toEqual({ records: [full], damaged: [] });
  });

  it('never over one that was set aside before', async () => {
    const { records, put, names } = await store();
    for (const text of ['one', 'two', 'three']) {
      await put('main.json', text);
      await records.readAll();
    }
    expect(await names()).toHaveLength(3);
  });

  it('where it lies when it cannot be moved', async () => {
    const { records, put, names, disk } = await store();
    await put('main.json', '{');
    disk.fail('set-record-aside', 'EROFS');
    expect((await records.readAll()).damaged).toMatchObject([{ id: 'main', keptAs: null }]);
    expect(await names()).toEqual(['main.json']);
  });
});

it('reads a record from before there were bots', async () => {
  const { records, put } = await store();
  const { botFaults: _none, ...before } = full;
  await put('main.json', JSON.stringify(before));
  expect(await records.read(main)).toEqual(full);
});

it('leaves a newer version’s record where it is, and says so', async () => {
  const { records, put, names } = await store();
  await put('main.json', JSON.stringify({ version: 2, id: 'main', shape: 'unknown' }));
  expect((await records.readAll()).damaged).toEqual([
    { id: 'main', problem: 'it is of version 2, and this program understands 1', keptAs: null },
  ]);
  await expect(records.read(main)).rejects.toMatchObject({ remedy: expect.stringContaining('newer') });
  expect(await names()).toEqual(['main.json']);
});

it('is not led astray by what else lies there', async () => {
  const { records, layout, put } = await store();
  await put('.vigil-0123456789ab.tmp', '{');
  await put('notes.txt', '');
  await put('active.json', JSON.stringify(full));
  await put('..json', '{');
  await mkdir(join(layout.records, 'folder.json'));
  await put('target', JSON.stringify(full));
  await symlink('target', recordPath(layout, main));
  const found = await records.readAll();
  expect(found.records).toEqual([]);
  expect(found.damaged.map(({ id }) => id).sort()).toEqual(['folder', 'main']);
});

it('takes arbitrary bytes for what they are, and never throws', async () => {
  const { records, put } = await store();
  const text = fc.oneof(
    fc.uint8Array(),
    fc.json().map(Buffer.from),
    fc.object().map((o) => Buffer.from(JSON.stringify({ ...full, ...o }))),
  );
  await fc.assert(
    fc.asyncProperty(text, async (bytes) => {
      await put('main.json', bytes);
      const { records: sound, damaged } = await records.readAll();
      expect(sound.length + damaged.length).toBe(1);
    }),
    { numRuns: 60 },
  );
});

it('parses whatever it is given, with each field replaced by anything', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(full)), fc.jsonValue(), (name, value) => {
      void parseRecord(JSON.stringify({ ...full, [name]: value }), main);
    }),
  );
});
