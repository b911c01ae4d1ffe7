/**
 * Backups of a session whose page writes all the time, taken by the daemon one after the other. Afterwards each is put
 * in place and started by a bare program: whether it comes to `ready`, and whether it holds every message that the page
 * had confirmed before the backup was asked for.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archiveName, manifestName } from '../../src/backup/backup-names.ts';
import { type ControlClient, connectControl } from '../../src/control/control-client.ts';
import type { SessionId } from '../../src/session/id.ts';
import type { BackupView } from '../../src/supervisor/backup-operations.ts';
import { systemClock } from '../../src/system/clock.ts';
import { logPath, type VolumeLayout } from '../../src/volume/layout.ts';
import { Daemon } from '../daemon.ts';
import { meter } from '../disturbance.ts';
import { figure, type Result } from '../figure.ts';
import { deviceOnline, drained, messagesHeld, messagesIn } from '../live-backups/device.ts';
import { type Backup, type PutBack, putBack } from '../live-backups/put-back.ts';
import { type Load, Traffic } from '../live-backups/traffic.ts';
import { sessions, type Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const id = sessions[0] as SessionId;
const counts = { usual: 20, full: 200 };
/** What comes in stays, so that a profile grows from one backup to the next; then a new volume begins. */
const perVolume = 10;
/** In turn, a volume each: many tables and compactions, or many small records in the logs. */
const loads: readonly [Load, ...Load[]] = [
  { perSecond: 40, bytes: 20_480 },
  { perSecond: 40, bytes: 2_048 },
];
/** Messages at once, in front of every other backup. */
const burst = 50;
/** The moments of the backups are spread over so many milliseconds: some are asked for at once. */
const longestWait = 2_500;
const goldenRatio = 0.618_034;
/** From `ready`: a young page is still busy with its own start. */
const calm = 4_000;
/** For a session that is not online when a backup is due. */
const patience = 120_000;
/** Backups that did not come back as they should, for whoever wants to know why. */
const evidence = fileURLToPath(new URL('../results/live-backups/', import.meta.url));
const never = new AbortController().signal;

export async function liveBackups(workshop: Workshop, { full, told }: Request): Promise<Result> {
  const { control } = workshop;
  const asked = full ? counts.full : counts.usual;
  const atFirst = (await control.state()).counters;
  const writing: Writing[] = [];
  const back: PutBack[] = [];
  let stale = 0;
  for (let from = 0; from < asked; from += perVolume) {
    const numbers = Array.from({ length: Math.min(perVolume, asked - from) }, (_, index) => from + index);
    const load = loads[writing.length % loads.length] ?? loads[0];
    const layout = await workshop.volumeWith([id]);
    try {
      const one = await backUpUnderLoad(workshop, layout, { load, numbers, told });
      writing.push(one);
      const { staleLogins } = (await control.state()).counters;
      for (const { backup } of one.taken) {
        const outcome = await putBack(workshop, backup);
        back.push(outcome);
        told(`put back ${back.length} of ${asked}, ${backup.confirmed} messages: ${JSON.stringify(outcome)}`);
        if (outcome.came !== 'ready' || outcome.lacks !== 0) await keep(backup, told);
      }
      stale += (await control.state()).counters.staleLogins - staleLogins;
    } finally {
      await workshop.discard(layout);
    }
  }
  const atLast = (await control.state()).counters;
  const since = (name: keyof typeof atLast) => [atLast[name] - atFirst[name]];
  const taken = writing.flatMap((one) => one.taken);
  const came = (how: PutBack['came']) => back.filter((one) => one.came === how).length;
  const lacking = back.map(({ lacks }) => lacks).filter((lacks) => lacks !== null);
  const others = Math.max(...writing.map((one) => one.others));
  const each = (of: (one: Writing) => number) => writing.map(of);
  return {
    scenario: 'live-backups',
    title: `${asked} backups of an online session that writes, each put back`,
    figures: [
      figure('backups that came back to ready', 'count', [came('ready')]),
      figure('backups that did not', 'count', [asked - came('ready')], { limit: 0 }),
      figure('  a QR was shown', 'count', [came('qr')]),
      figure('  neither ready nor a QR', 'count', [came('neither')]),
      figure('  it could not be taken', 'count', [asked - taken.length]),
      figure('confirmed messages that are lacking', 'count', lacking, { limit: 0, of: 'max' }),
      figure('logins that a page found damaged', 'count', since('damagedLogins'), { limit: 0 }),
      figure('logins that the server refused', 'count', since('refusedLogins'), { limit: 0 }),
      figure('pages that showed a QR', 'count', since('qrPages'), { limit: 0 }),
      figure('logins older than what the server had seen', 'count', [stale]),
      figure(
        'faults of the session meanwhile, per volume',
        'count',
        each(({ faults }) => faults),
        {
          limit: 0,
          of: 'max',
        },
      ),
      figure(
        'messages that the page wrote in a second, per volume',
        'count',
        each(({ pace }) => pace),
      ),
      figure(
        'pause of the browser',
        'ms',
        taken.map(({ view }) => view.pause ?? Number.NaN),
      ),
      figure(
        'backup, from asking to its result',
        's',
        taken.map(({ seconds }) => seconds),
      ),
      figure(
        'archive',
        'MB',
        taken.map(({ view }) => view.bytes / 1_024 ** 2),
      ),
    ],
    notes: [
      `${loads.map(({ perSecond, bytes }) => `${perSecond} messages of ${bytes / 1_024} KiB a second`).join(' and ')}, in turn, on a new volume after every ${perVolume} backups; ${burst} more at once in front of every other backup. Between two backups up to ${longestWait / 1_000} s.`,
      'After `ready` every record of IndexedDB is read. A message is confirmed once its transaction is complete and the server knows.',
      'The first backup of a volume that is put back is as new as what the server saw last; the start of each makes all others older. The simulator accepts such logins.',
      `While backups were taken others took up to ${Math.round(others * 100)} % of the machine.`,
    ],
  };
}

interface Taken {
  readonly backup: Backup;
  readonly view: BackupView;
  /** From asking to the result. */
  readonly seconds: number;
}

interface Writing {
  readonly taken: readonly Taken[];
  /** How often the session left `online`. */
  readonly faults: number;
  /** Messages a second. */
  readonly pace: number;
  /** The share of the machine that others took. */
  readonly others: number;
}

interface Order {
  readonly load: Load;
  /** Of the backups, from 0. */
  readonly numbers: readonly number[];
  readonly told: Request['told'];
}

async function backUpUnderLoad(
  workshop: Workshop,
  layout: VolumeLayout,
  { load, numbers, told }: Order,
): Promise<Writing> {
  const { control } = workshop;
  await using daemon = Daemon.start(workshop, layout);
  await daemon.online(id);
  await systemClock.sleep(calm);
  const client = await connectControl(layout, systemClock);
  if (!client) throw new Error('nobody listens on the control socket of the daemon');
  const device = await deviceOnline(control);
  const before = { held: await messagesHeld(control, device), in: await messagesIn(control, device) };
  const others = await meter();
  const began = performance.now();
  const taken: Taken[] = [];
  let written: number;
  {
    await using traffic = new Traffic(control, device, load);
    for (const number of numbers) {
      await systemClock.sleep(longestWait * ((number * goldenRatio) % 1));
      await ready(client);
      if (number % 2 === 1) await traffic.burst(burst);
      const confirmed = before.held + (await messagesIn(control, device)) - before.in;
      try {
        const one = await backUp(client);
        taken.push({ ...one, backup: { id: one.view.id, session: id, of: layout, device, confirmed } });
        told(`backup ${number + 1}: ${JSON.stringify(one)}`);
      } catch (thrown) {
        told(`backup ${number + 1}: ${String(thrown)}`);
      }
    }
    written = (await messagesIn(control, device)) - before.in;
  }
  const pace = written / ((performance.now() - began) / 1_000);
  await drained(control, device);
  const faults = faultsIn(daemon);
  if (faults > 0 || taken.length < numbers.length) await keepLog(layout, numbers[0] ?? 0, told);
  return { taken, faults, pace, others: await others.end() };
}

/** Only of a browser that runs: what is copied from a closed profile says nothing here. */
async function backUp(client: ControlClient): Promise<Omit<Taken, 'backup'>> {
  const began = performance.now();
  for await (const step of client.backups.backup(id, never)) {
    if (!('result' in step)) continue;
    if (step.result.method !== 'frozen') throw new Error('no browser ran when the backup was taken');
    return { view: step.result, seconds: (performance.now() - began) / 1_000 };
  }
  throw new Error('the daemon did not say what came of the backup');
}

/** One that is away is another matter, and counted as that. */
async function ready(client: ControlClient): Promise<void> {
  const end = performance.now() + patience;
  while ((await client.session(id)).status !== 'ready') {
    if (performance.now() > end) throw new Error(`${id} does not come back online`);
    await systemClock.sleep(250);
  }
}

function faultsIn({ program }: Daemon): number {
  return program.said.filter(
    ({ json }) => json['session'] === id && json['from'] === 'online' && json['to'] !== 'online',
  ).length;
}

async function keep({ id: backup, session, of }: Backup, told: Request['told']): Promise<void> {
  for (const name of [archiveName(session, backup), manifestName(session, backup)])
    await cp(join(of.vault, name), join(evidence, name));
  told(`${backup} is kept in ${evidence}`);
}

async function keepLog(layout: VolumeLayout, number: number, told: Request['told']): Promise<void> {
  const path = join(evidence, `from-${number + 1}.log`);
  await cp(logPath(layout, id), path);
  told(`the session's log is kept as ${path}`);
}
