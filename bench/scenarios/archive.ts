/** A backup into a directory and back, against `tar` over the same directories; and whether its memory grows. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { whatsappWebProfile } from '../../src/engine/whatsapp-web/profile-layout.ts';
import { volumeLayout } from '../../src/volume/layout.ts';
import { indexedDbChanges, recordKey } from '../../test/doubles/indexed-db-store.ts';
import { buildStore } from '../../test/doubles/leveldb-store.ts';
import { figure, type Result, ratios } from '../figure.ts';
import { pairedProfile } from '../paired-profile.ts';
import { Program } from '../program.ts';
import { rounds } from '../rounds.ts';
import type { Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const mebibyte = 1_024 * 1_024;
const sizes = { small: 10 * mebibyte, middle: 60 * mebibyte, large: 200 * mebibyte, larger: 400 * mebibyte };
const essential = whatsappWebProfile.essential.map(({ path }) => path);

export async function archive(workshop: Workshop, { runs, told }: Request): Promise<Result> {
  const small = await pairedProfile(workshop, sizes.small);
  const middle = await pairedProfile(workshop, sizes.middle);
  const large = await pairedProfile(workshop, sizes.large);
  const larger = await pairedProfile(workshop, sizes.larger);
  const text = await textProfile(workshop, middle);
  told('profiles of 10, 60, 200 and 400 MB, and one that compresses');
  const { values, notes } = await rounds(
    runs,
    {
      ours: () => byUs(workshop, middle),
      tar: () => byTar(workshop, middle),
      oursOfText: () => byUs(workshop, text),
      tarOfText: () => byTar(workshop, text),
      small: () => byUs(workshop, small),
      large: () => byUs(workshop, large),
      larger: () => byUs(workshop, larger),
    },
    told,
  );
  const of = <T>(taken: readonly T[], what: keyof T) => taken.map((one) => Number(one[what]));
  const grown = (taken: readonly Ours[]) => taken.map(({ backupPeak, idle }) => backupPeak - idle);
  return {
    scenario: 'archive',
    title: 'Backup of a profile, and its restore',
    figures: [
      figure('archive / tar cz, by size', '×', ratios(of(values.ours, 'bytes'), of(values.tar, 'bytes')), {
        limit: 1.05,
        of: 'max',
      }),
      figure(
        'archive / tar cz, by size, of what compresses',
        '×',
        ratios(of(values.oursOfText, 'bytes'), of(values.tarOfText, 'bytes')),
        { limit: 1.05, of: 'max' },
      ),
      figure('peak RSS above idle, 10 MB in the profile', 'MB', grown(values.small)),
      figure('peak RSS above idle, 60 MB', 'MB', grown(values.ours)),
      figure('peak RSS above idle, 200 MB', 'MB', grown(values.large)),
      figure('peak RSS above idle, 400 MB', 'MB', grown(values.larger), { limit: 60, of: 'max' }),
      figure(
        'peak RSS of a backup, 400 MB / 200 MB',
        '×',
        ratios(of(values.larger, 'backupPeak'), of(values.large, 'backupPeak')),
        { limit: 1.1 },
      ),
      figure(
        'peak RSS of its restore, 400 MB / 200 MB',
        '×',
        ratios(of(values.larger, 'restorePeak'), of(values.large, 'restorePeak')),
        { limit: 1.1 },
      ),
      figure('backup of 60 MB, verified and read back', 's', of(values.ours, 'backup')),
      figure('tar cz of the same', 's', of(values.tar, 'packing')),
      figure('backup / tar cz', '×', ratios(of(values.ours, 'backup'), of(values.tar, 'packing'))),
      figure(
        'backup / tar cz, of what compresses',
        '×',
        ratios(of(values.oursOfText, 'backup'), of(values.tarOfText, 'packing')),
      ),
      figure('restore of 60 MB, verified and swapped in', 's', of(values.ours, 'restore')),
      figure('tar xz of the same', 's', of(values.tar, 'unpacking')),
      figure('restore / tar xz', '×', ratios(of(values.ours, 'restore'), of(values.tar, 'unpacking'))),
    ],
    notes: [
      ...notes,
      'Backup: the deep look, the archive, the put into a directory, the reading back, the manifest. Restore: the fetch, the hashes, the deep look, the swap. All flushed to the disk; tar flushes nothing.',
      'Peak: of a process that does nothing else, with the young part of its heap as small as the daemon’s.',
      'The simulator’s history is random and does not compress; the other profile is of records that are much like each other.',
    ],
  };
}

interface Ours {
  readonly bytes: number;
  /** Seconds. */
  readonly backup: number;
  readonly restore: number;
  /** MiB, resident. */
  readonly idle: number;
  readonly backupPeak: number;
  readonly restorePeak: number;
}

async function byUs(workshop: Workshop, profile: string): Promise<Ours> {
  const layout = volumeLayout(await mkdtemp(join(workshop.scratch, 'archive-volume-')));
  for (const path of [layout.ours, layout.sessions, layout.quarantine])
    await mkdir(path, { recursive: true });
  try {
    const entry = join(workshop.program.directory, 'bench/archive/backup.js');
    await using program = new Program('the backup', [entry, layout.root, profile], process.env);
    const { json: taken } = await program.line((line) => line['done'] === 'backup', 'that it took a backup');
    const { json: back } = await program.line((line) => line['done'] === 'restore', 'that it restored it');
    return {
      bytes: Number(taken['bytes']),
      backup: Number(taken['seconds']),
      restore: Number(back['seconds']),
      idle: Number(taken['idle']),
      backupPeak: Number(taken['peak']),
      restorePeak: Number(back['peak']),
    };
  } finally {
    await rm(layout.root, { recursive: true, force: true });
  }
}

interface Tar {
  readonly bytes: number;
  /** Seconds. */
  readonly packing: number;
  readonly unpacking: number;
}

async function byTar(workshop: Workshop, profile: string): Promise<Tar> {
  const directory = await mkdtemp(join(workshop.scratch, 'archive-tar-'));
  const path = join(directory, 'archive');
  const target = join(directory, 'target');
  await mkdir(target);
  try {
    const packing = await seconds(['czf', path, '-C', profile, ...essential]);
    const { size } = await stat(path);
    return { bytes: size, packing, unpacking: await seconds(['xzf', path, '-C', target]) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function seconds(args: readonly string[]): Promise<number> {
  const began = performance.now();
  await promisify(execFile)('tar', args);
  return (performance.now() - began) / 1_000;
}

/** A login, and beside it many small records that are much like each other. */
async function textProfile(workshop: Workshop, paired: string): Promise<string> {
  const profile = await mkdtemp(join(workshop.scratch, 'archive-text-'));
  for (const path of essential.slice(1))
    await cp(join(paired, path), join(profile, path), { recursive: true });
  const perTable = 13_000;
  const tables = Array.from({ length: 24 }, (_, table) => ({
    number: 100 + table,
    level: 2,
    entries: Array.from({ length: perTable }, (_unused, row) => {
      const record = table * perTable + row;
      return { key: recordKey(1, 1, record), value: message(record), sequence: record + 1 };
    }),
  }));
  const names = indexedDbChanges([
    { id: 1, name: 'model-storage', stores: [{ id: 1, name: 'message', records: 0 }] },
  ]);
  await buildStore(join(profile, 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb'), {
    comparator: 'idb_cmp1',
    tables,
    lastSequence: tables.length * perTable,
    logs: [{ number: 900, batches: [{ sequence: tables.length * perTable + 1, changes: names }] }],
  });
  return profile;
}

function message(record: number): string {
  const noise = (Math.imul(record, 2_654_435_761) >>> 0).toString(36);
  return JSON.stringify({
    id: `false_1555${record % 9_000}@c.us_${noise}`,
    t: 1_700_000_000 + record * 911,
    type: 'chat',
    ack: 3,
  });
}
