/**
 * How a command reaches a volume's sessions: through the daemon that runs on it, else by itself under the
 * volume's lock. There is no third way: without either, two would work on one volume.
 */
import type { Connection } from '../cli/context.ts';
import { connectControl } from '../control/control-client.ts';
import { VigilError } from '../errors.ts';
import { VolumeSessionLogs } from '../log/session-logs.ts';
import { createLogger } from '../log.ts';
import { readOpenIncidents } from '../registry/read-open-incidents.ts';
import type { Replayed } from '../restore/replay.ts';
import { backupIncidentView } from '../session/backup-incident.ts';
import { RecordStore } from '../session/record-store.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import type { VolumeLock } from '../volume/lock.ts';
import { bootRecords } from './boot-records.ts';
import { requireBotSetting } from './bot-file.ts';
import { type ConnectOptions, overSocket } from './connection.ts';
import type { Entered } from './enter-volume.ts';
import { holdVolume } from './hold-volume.ts';
import { logReplayed, replayedWords } from './replay-words.ts';
import { requireLibrary } from './require-library.ts';
import { VolumeOperations } from './volume-operations.ts';

/** What a command says of what it does beside its result. */
const told: ReadonlySet<string> = new Set(['warn', 'error', 'fatal']);

/** A daemon that has just taken the lock opens its socket within this. */
const socketWait = 10_000;
const socketPoll = 100;

export async function connect(entered: Entered, options: ConnectOptions): Promise<Connection> {
  const { clock } = options;
  const giveUp = clock.monotonic() + socketWait;
  const replayed: Replayed[] = [];
  for (;;) {
    const daemon = await connectControl(entered.layout, clock);
    if (daemon) return overSocket(daemon);
    const lock = await tryLock(entered.layout, options, (one) => replayed.push(one));
    if (lock) return onVolume(entered, { lock, replayed }, options);
    if (clock.monotonic() > giveUp) throw silentHolder(entered.layout);
    await clock.sleep(socketPoll);
  }
}

async function tryLock(
  layout: VolumeLayout,
  { clock, version, pid }: ConnectOptions,
  onReplayed: (replayed: Replayed) => void,
): Promise<VolumeLock | null> {
  try {
    return await holdVolume(layout, {
      waitMs: 0,
      clock,
      disk: new LinuxDisk(),
      signal: new AbortController().signal,
      pid,
      command: 'vigil (a command)',
      version,
      onReplayed,
    });
  } catch (error) {
    if (error instanceof VigilError && error.code === 'volume_busy') return null;
    throw error;
  }
}

interface HeldVolume {
  readonly lock: VolumeLock;
  readonly replayed: readonly Replayed[];
}

async function onVolume(
  entered: Entered,
  { lock, replayed }: HeldVolume,
  options: ConnectOptions,
): Promise<Connection> {
  const { layout, loaded } = entered;
  const { clock, io, self } = options;
  const { settings } = loaded;
  try {
    const sessionLogs = new VolumeSessionLogs(layout);
    const logging = { level: settings.logLevel, clock, sessionLogs };
    // In words for whoever looks on, whatever level their log has.
    const unseen = createLogger({ ...logging, write: () => {} });
    for (const one of replayed) {
      logReplayed(unseen, one);
      io.stderr.write(`${replayedWords(one)}\n`);
    }
    const log = createLogger({
      ...logging,
      // The command's own output is what counts here; the sessions' logs get everything.
      write: (line, level) => {
        if (told.has(level)) io.stderr.write(line);
      },
      pretty: io.stderr.isTTY === true,
    });
    const records = new RecordStore(layout, new LinuxDisk(), clock);
    const read = await records.readAll();
    // Without the registry, which only a daemon keeps; whose records are damaged is told as the daemon would.
    const registry = { sessions: async () => [] };
    const found = await bootRecords({ read, registry, wanted: [], now: clock.now(), log });
    const open = await readOpenIncidents(layout.registry).catch(() => []);
    const operations = new VolumeOperations(found, {
      clock,
      records,
      backupIncidents: open.map(backupIncidentView).filter((view) => view !== null),
      damaged: read.damaged,
      bot: settings.bot,
      async startRuntime() {
        await requireBotSetting(settings.bot);
        const { composeRuntime } = await import('./compose.ts');
        await requireLibrary({ library: settings.library, env: self.env, clock });
        return composeRuntime({
          settings,
          layout,
          env: self.env,
          clock,
          log,
          uid: self.geteuid(),
          browserCaches: options.browserCaches,
        });
      },
    });
    return {
      operations,
      backups: operations.backups,
      mode: 'volume',
      url: null,
      async close() {
        try {
          await operations.close(settings.drain);
          await sessionLogs.flush();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function silentHolder(layout: VolumeLayout): VigilError {
  return new VigilError(
    'daemon_unavailable',
    `Another process holds the volume ${layout.root}, but no daemon answers on ${layout.controlSocket}.`,
    { subject: layout.root },
  );
}
