/** The verdict on a profile of 60 MB against reading its bytes, in this process, one after the other. */
import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { whatsappWebProfile } from '../../src/engine/whatsapp-web/profile-layout.ts';
import type { Depth } from '../../src/profile/verdict.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { indexedDbChanges, recordKey } from '../../test/doubles/indexed-db-store.ts';
import { buildStore } from '../../test/doubles/leveldb-store.ts';
import { figure, median, type Result, ratios } from '../figure.ts';
import { pairedProfile } from '../paired-profile.ts';
import { rounds } from '../rounds.ts';
import type { Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const historyBytes = 58 * 1024 * 1024;
/** Each of the four in turn, so often; a round is the median of them. */
const turns = 9;
/** The first ones are slower: the code is not compiled yet, and files may come from the disk. */
const warming = 3;

interface Turn {
  readonly structural: number;
  readonly deep: number;
  readonly counted: number;
  readonly reading: number;
}

export async function verification(workshop: Workshop, { runs, told }: Request): Promise<Result> {
  const profile = await pairedProfile(workshop, historyBytes);
  told(`a profile of ${megabytes(await readAll(profile))} MB`);
  const dense = await denseProfile(workshop, profile);
  told(`a hand-built profile of small records, ${megabytes(await readAll(dense))} MB`);
  const { values, notes } = await rounds(
    runs,
    {
      profile: () => inTurns(profile, workshop.scratch),
      dense: () => inTurns(dense, workshop.scratch),
    },
    told,
  );
  const of = (taken: readonly Turn[], what: keyof Turn) => taken.map((turn) => turn[what]);
  const overReading = (taken: readonly Turn[], what: keyof Turn) =>
    ratios(of(taken, what), of(taken, 'reading'));
  return {
    scenario: 'verification',
    title: 'Verdict on a profile of 60 MB',
    figures: [
      figure('structural', 'ms', of(values.profile, 'structural'), { limit: 300 }),
      figure('deep', 'ms', of(values.profile, 'deep')),
      figure('reading its bytes', 'ms', of(values.profile, 'reading')),
      figure('deep / reading its bytes', '×', overReading(values.profile, 'deep'), { limit: 3 }),
      figure('counted / reading its bytes', '×', overReading(values.profile, 'counted')),
      figure('structural, small records that compress well', 'ms', of(values.dense, 'structural')),
      figure('deep / reading its bytes, the same', '×', overReading(values.dense, 'deep'), { limit: 3 }),
      figure('counted / reading its bytes, the same', '×', overReading(values.dense, 'counted')),
    ],
    notes: [
      ...notes,
      `Files are in the cache of the system. Each value is the median of ${turns} turns.`,
      'A deep look holds every block against its checksum. Where a backup is taken, or `vigil verify` looks at a profile, every block is unpacked besides and every record counted.',
    ],
  };
}

async function inTurns(profile: string, scratch: string): Promise<Turn> {
  const taken: { readonly [what in keyof Turn]: number[] } = {
    structural: [],
    reading: [],
    deep: [],
    counted: [],
  };
  for (let turn = -warming; turn < turns; turn++) {
    for (const what of ['structural', 'reading', 'deep', 'counted'] as const) {
      const began = performance.now();
      await (what === 'reading' ? readAll(profile) : verified(profile, what, scratch));
      if (turn >= 0) taken[what].push(performance.now() - began);
    }
  }
  return {
    structural: median(taken.structural),
    deep: median(taken.deep),
    counted: median(taken.counted),
    reading: median(taken.reading),
  };
}

async function verified(profile: string, depth: Depth, scratch: string): Promise<void> {
  const verdict = await verifyProfile(profile, {
    layout: whatsappWebProfile,
    depth,
    expected: null,
    scratch,
    signal: AbortSignal.timeout(60_000),
  });
  if (verdict.soundness !== 'sound') throw new Error(`the profile is ${JSON.stringify(verdict)}`);
}

/** Every file that a verdict is about, whole and one after the other. */
async function readAll(profile: string): Promise<number> {
  let bytes = 0;
  for (const { path } of whatsappWebProfile.essential) {
    const entries = await readdir(join(profile, path), { recursive: true, withFileTypes: true });
    for (const entry of entries)
      if (entry.isFile()) bytes += (await readFile(join(entry.parentPath, entry.name))).length;
  }
  return bytes;
}

/** A login, and beside it what the simulator does not write: many small records that are much like each other. */
async function denseProfile(workshop: Workshop, paired: string): Promise<string> {
  const profile = await mkdtemp(join(workshop.scratch, 'verification-dense-'));
  const localStorage = 'Default/Local Storage';
  await cp(join(paired, localStorage), join(profile, localStorage), { recursive: true });
  const perTable = 26_000;
  const tables = Array.from({ length: 40 }, (_, table) => ({
    number: 100 + table,
    level: 2,
    compress: true,
    entries: Array.from({ length: perTable }, (_, row) => {
      const record = table * perTable + row;
      return { key: recordKey(1, 1, record), value: messageLike(record), sequence: record + 1 };
    }),
  }));
  const records = tables.length * perTable;
  const names = indexedDbChanges([
    { id: 1, name: 'model-storage', stores: [{ id: 1, name: 'message', records: 0 }] },
  ]);
  await buildStore(join(profile, 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb'), {
    comparator: 'idb_cmp1',
    tables,
    lastSequence: records,
    logs: [{ number: 900, batches: [{ sequence: records + 1, changes: names }] }],
  });
  await buildStore(join(profile, 'Default/Session Storage'), {});
  return profile;
}

function messageLike(record: number): string {
  const noise = () => Math.random().toString(36).slice(2);
  return JSON.stringify({
    id: `false_1555${record % 9_000}@c.us`,
    t: 1_700_000_000 + record * 911,
    key: noise() + noise(),
    type: 'chat',
    ack: 3,
    from: '15550000000@c.us',
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
