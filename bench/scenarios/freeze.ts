/**
 * Snapshots of a session that is online and whose page writes as fast as it can (freeze/writing-host.mjs), by a host as
 * the daemon runs it: how long the browser stands still, with profiles of two sizes.
 */
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchSpec, SnapshotReport } from '../../src/engine/engine.ts';
import { whatsappWebProfile } from '../../src/engine/whatsapp-web/profile-layout.ts';
import { ChildHosts } from '../../src/host/child-hosts.ts';
import type { Host, HostEvent } from '../../src/host/host.ts';
import { sessionMarker, volumeMarker } from '../../src/profile/markers.ts';
import { sessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { figure, median, type Result, ratios } from '../figure.ts';
import { pairedProfile } from '../paired-profile.ts';
import { killLeftovers } from '../processes.ts';
import { rounds } from '../rounds.ts';
import type { Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const id = sessionId('frozen');
const mebibyte = 1024 * 1024;
const sizes = { small: 10 * mebibyte, large: 60 * mebibyte };
/** For each start of the session. */
const snapshots = 10;
/** From `ready`: a young page is still busy with its own start. */
const calm = 4_000;
const betweenSnapshots = 700;
const writing = new URL('../freeze/writing-host.mjs', import.meta.url).href;

export async function freeze(workshop: Workshop, { runs, told }: Request): Promise<Result> {
  const small = await pairedProfile(workshop, sizes.small);
  const large = await pairedProfile(workshop, sizes.large);
  const bytes = { small: await essentialBytes(small), large: await essentialBytes(large) };
  told(`profiles of ${megabytes(bytes.small)} and ${megabytes(bytes.large)} MB`);
  const { values, notes } = await rounds(
    runs,
    {
      small: () => snapshotsOf(workshop, small),
      large: () => snapshotsOf(workshop, large),
    },
    told,
  );
  const pauses = (taken: readonly (readonly SnapshotReport[])[]) =>
    taken.flatMap((reports) => reports.map(({ pause }) => pause));
  const medians = (taken: readonly (readonly SnapshotReport[])[]) =>
    taken.map((reports) => median(reports.map(({ pause }) => pause)));
  const linked = values.large.flatMap((reports) => reports.map((report) => report.linked));
  return {
    scenario: 'freeze',
    title: 'Snapshot of an online session that writes: how long its browser stands still',
    figures: [
      figure(`pause, ${megabytes(bytes.small)} MB in the profile`, 'ms', pauses(values.small), { limit: 50 }),
      figure(`pause, ${megabytes(bytes.large)} MB in the profile`, 'ms', pauses(values.large), { limit: 50 }),
      figure(
        'large / small, median of each start',
        '×',
        ratios(medians(values.large), medians(values.small)),
      ),
      figure('files that were linked, large', 'count', linked),
    ],
    notes: [
      ...notes,
      `${snapshots} snapshots of each start, ${betweenSnapshots} ms apart, while the page writes to IndexedDB as fast as it can.`,
      'Sizes are those of the directories that a snapshot copies. The pause is from the first stopped process to the last that runs again.',
    ],
  };
}

async function snapshotsOf(workshop: Workshop, template: string): Promise<readonly SnapshotReport[]> {
  const root = await mkdtemp(join(workshop.scratch, 'freeze-'));
  try {
    await cp(template, join(root, `session-${id}`), { recursive: true, verbatimSymlinks: true });
    const { host, ready } = launch(workshop, root);
    try {
      await ready;
      await systemClock.sleep(calm);
      const reports: SnapshotReport[] = [];
      for (let number = 0; number < snapshots; number++) {
        const target = join(root, `copy-${number}`);
        reports.push(await host.snapshot(target));
        await rm(target, { recursive: true });
        await systemClock.sleep(betweenSnapshots);
      }
      const { page, socket } = await host.probe({ kind: 'watchdog', deadline: 15_000, presence: false });
      if (page !== 'answers' || socket !== 'up') throw new Error(`afterwards the page is ${page}, ${socket}`);
      return reports;
    } finally {
      await host.close();
    }
  } finally {
    await killLeftovers(root);
    await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function launch(
  { chromium, environment }: Workshop,
  root: string,
): { readonly host: Host; readonly ready: Promise<void> } {
  const hosts = new ChildHosts({
    clock: systemClock,
    processes: new LinuxProcesses(),
    volume: root,
    marks: (session) => [sessionMarker(session), volumeMarker(root)],
    heap: 96,
    env: { ...environment, NODE_OPTIONS: `--import=${writing}` },
    engine: 'whatsapp-web',
    reportFault: (fault) => process.stderr.write(`${String(fault)}\n`),
  });
  const online = Promise.withResolvers<void>();
  const observe = (event: HostEvent) => {
    if (event.type === 'ready') online.resolve();
    if (event.type === 'gone' || event.type === 'exit') online.reject(new Error(JSON.stringify(event)));
  };
  online.promise.catch(() => {});
  const host = hosts.launch(specIn(root, chromium), observe);
  return { host, ready: online.promise };
}

function specIn(root: string, { executable, args }: Workshop['chromium']): LaunchSpec {
  const minute = 60_000;
  return {
    session: id,
    sessionsRoot: root,
    profile: `session-${id}`,
    executable,
    args: [volumeMarker(root), ...args],
    library: null,
    webVersion: null,
    webVersionsRoot: root,
    deviceName: null,
    bot: null,
    botVariables: [],
    deadlines: {
      browser: minute,
      navigation: minute,
      boot: minute,
      bot: minute,
      protocol: minute,
      close: 10_000,
    },
  };
}

async function essentialBytes(profile: string): Promise<number> {
  let bytes = 0;
  for (const { path } of whatsappWebProfile.essential) {
    const entries = await readdir(join(profile, path), { recursive: true, withFileTypes: true });
    for (const entry of entries)
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
