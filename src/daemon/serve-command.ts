/** `vigil serve` and `vigil up`: onto the volume, under its lock, and the daemon until a signal ends it. */
import type { Flags, Io } from '../cli/context.ts';
import { progressBar } from '../cli/progress-bar.ts';
import { showPairings } from '../cli/show-pairings.ts';
import type { Settings } from '../config/settings.ts';
import { exitCode } from '../errors.ts';
import { registerSecret } from '../log/secrets.ts';
import { VolumeSessionLogs } from '../log/session-logs.ts';
import { createLogger, type Logger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { describeHolder } from '../volume/lock-holder.ts';
import { watchLock } from '../volume/lock-watch.ts';
import { roundBytes } from '../wording/bytes.ts';
import { requireBotSetting } from './bot-file.ts';
import { enterVolume, type Self } from './enter-volume.ts';
import { holdVolume } from './hold-volume.ts';
import { logReplayed } from './replay-words.ts';
import { serve } from './serve.ts';

export interface ServeCommand {
  readonly flags: Flags;
  readonly self: Self;
  readonly pid: number;
  readonly io: Io;
  readonly clock: Clock;
  readonly version: string;
  readonly browserCaches: readonly string[];
  /** Shows QRs in this terminal and begins with a session, for a person who tries it out. */
  readonly up: boolean;
  /** Calls the listener at every signal to end. */
  readonly onSignal: (listener: (signal: string) => void) => () => void;
  /** Calls the listener with whatever nobody handled. */
  readonly onStray: (listener: (reason: unknown) => void) => () => void;
}

export async function serveCommand(command: ServeCommand): Promise<number> {
  const { flags, self, io, clock, version } = command;
  const stop = new AbortController();
  const force = new AbortController();
  const { loaded, layout } = await enterVolume(flags, self);
  const { settings } = loaded;
  // As the user that the hosts will be, so after the volume's owner has been found.
  await requireBotSetting(settings.bot);
  if (settings.apiKey !== null) registerSecret(settings.apiKey);
  const sessionLogs = new VolumeSessionLogs(layout);
  const log = createLogger({
    level: settings.logLevel,
    clock,
    write: (line) => {
      // A reader that stands still must not fill the memory; the sessions' own logs have their lines too.
      if ((io.stdout.writableLength ?? 0) < unreadLimit) io.stdout.write(line);
    },
    pretty: isPretty(settings, io),
    sessionLogs,
  });
  const ignore = [
    command.onSignal((signal) => {
      if (stop.signal.aborted) {
        log.warn({ signal }, 'A second signal: browsers are killed instead of closed');
        force.abort(new Error(signal));
      } else {
        log.info({ signal }, 'Shutting down');
        stop.abort(new Error(signal));
      }
    }),
    // One session's bug in our own code must not take the others down; hosts have an end of their own.
    command.onStray((reason) =>
      log.error({ err: reason }, 'Something failed that nobody waited for; please report it'),
    ),
  ];
  try {
    const lock = await holdVolume(layout, {
      waitMs: settings.lockWait,
      clock,
      disk: new LinuxDisk(),
      signal: stop.signal,
      pid: command.pid,
      command: command.up ? 'vigil up' : 'vigil serve',
      version,
      onReplayed: (replayed) => logReplayed(log, replayed),
      onUnswept: (path, error) =>
        log.warn({ path, err: error }, 'What an earlier run left cannot be removed, and takes room'),
      onWait: (holder) =>
        log.warn({ holder }, `Waiting for the volume, which is held by ${describeHolder(holder)}`),
    });
    let lost = false;
    const watch = await watchLock(layout.lock, clock, (why) => {
      log.fatal({ why }, 'The lock of the volume is lost: another daemon could run on it, so this one ends');
      lost = true;
      stop.abort(new Error(why));
    });
    try {
      const exit = await serve({
        loaded,
        layout,
        env: self.env,
        clock,
        log,
        version,
        uid: self.geteuid(),
        browserCaches: command.browserCaches,
        // Beside the log, which may be read by a program.
        downloading: io.stderr.isTTY
          ? progressBar(io.stderr, 'Downloading the browser', roundBytes)
          : undefined,
        stop: stop.signal,
        force: force.signal,
        firstSession: command.up && settings.sessions.length === 0 ? sessionId('main') : null,
        present: (url) => showPairings({ terminal: command.up ? io.stdout : null, url, log }),
      });
      return lost ? exitCode.busy : exit;
    } finally {
      watch.stop();
      await lock.release();
    }
  } catch (error) {
    // Told to stop while it waited for the volume: that is no failure.
    if (stop.signal.aborted && error === stop.signal.reason) return 0;
    logFatal(log, error);
    throw error;
  } finally {
    for (const end of ignore) end();
    await sessionLogs.flush();
  }
}

/** Bytes that may wait for whoever reads the log. */
const unreadLimit = 4 * 1024 ** 2;

function isPretty(settings: Settings, io: Io): boolean {
  return settings.logFormat === 'pretty' || (settings.logFormat === 'auto' && io.stdout.isTTY === true);
}

/** Log viewers see standard output only; the command line tells it to the person on standard error. */
function logFatal(log: Logger, error: unknown): void {
  log.fatal({ err: error }, 'The daemon ends');
}
