/**
 * The daemon in the foreground, from the volume's lock to the last closed browser. Order matters: nothing is
 * read or written before the lock is held, nobody can ask before there is something to answer, and no browser
 * starts before the doors are open.
 */
import { effectiveSettings } from '../config/describe.ts';
import type { Loaded } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { startControlServer } from '../control/control-server.ts';
import { exitCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionNotice } from '../session/session-view.ts';
import { backUpClosed } from '../supervisor/closed-backups.ts';
import type { Clock } from '../system/clock.ts';
import { within } from '../system/deadline.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { askVault } from './ask-vault.ts';
import { startSessions, takeSessions } from './boot.ts';
import type { DownloadView } from './browser.ts';
import { composeRuntime } from './compose.ts';
import { missingForBots } from './host-environment.ts';
import { openHttpDoor } from './http-door.ts';
import { LogoutsFile } from './logouts-file.ts';
import { pageAddress } from './page-address.ts';
import type { Runtime } from './runtime.ts';
import { trustedProxies } from './trusted-proxies.ts';
import { keepYoungHeapSmall } from './young-heap.ts';

export interface ServeOptions {
  readonly loaded: Loaded;
  readonly layout: VolumeLayout;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly uid: number;
  readonly browserCaches: readonly string[];
  /** Shows how far the download of a browser is; without it the log tells. */
  readonly downloading?: DownloadView | undefined;
  /** Aborts at the first signal to end; again at the second. */
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
  /** Sessions to create besides those of the settings, when the volume has none at all. */
  readonly firstSession: SessionId | null;
  /** Shows a person what there is to scan, or where. */
  readonly present: (pages: string) => (id: SessionId, notice: SessionNotice) => void;
}

/** Milliseconds for a door or the registry to close; the volume's lock is held meanwhile, and somebody may wait for it. */
const closeWithin = 3_000;

/** Runs until told to stop; resolves with the exit code. The volume's lock is the caller's. */
export async function serve(options: ServeOptions): Promise<number> {
  const { loaded, layout, clock, log, stop, force, version } = options;
  const { settings } = loaded;
  const startedAt = clock.now();
  const unset = missingForBots(settings.botEnvironment, options.env);
  for (const warning of [...loaded.warnings, ...unset]) log.warn({}, warning);
  const runtime = await composeRuntime({
    settings,
    layout,
    env: options.env,
    clock,
    log,
    uid: options.uid,
    serving: true,
    browserCaches: options.browserCaches,
    downloading: options.downloading,
  });
  const server = {
    operations: runtime.supervisor,
    backups: runtime.backups,
    clock,
    log,
    health: () => ({
      version,
      uptime: Math.round((clock.now() - startedAt) / 1000),
      sessions: runtime.supervisor.size,
    }),
    ready: () => runtime.supervisor.ready,
  };
  let url: string | null = null;
  const starting = { settings, env: options.env, clock, log, first: options.firstSession, signal: stop };
  const closing: (() => Promise<void>)[] = [() => runtime.close()];
  // Looked for while the doors open; what comes of it is asked for, and said, before the first start.
  runtime.browsers.get(stop).catch(() => {});
  try {
    const taken = await takeSessions(runtime, starting);
    const asks = taken.ask !== 'nothing';
    const asked = askVault(runtime, starting);
    // On an empty volume not before it is known what comes back: it would be told as all there is.
    if (!asks) runtime.snapshots?.start();
    const control = await startControlServer({
      ...server,
      health: () => ({ ...server.health(), url }),
      settings: () => effectiveSettings(settings, loaded.sources),
      path: layout.controlSocket,
      holdsVolumeLock: true,
    });
    closing.unshift(() => control.close());
    const logouts = new LogoutsFile(layout.logouts, new LinuxDisk(), log);
    const door = await openHttpDoor(settings, {
      ...server,
      trustedProxies: trustedProxies(settings, options.env),
      logouts,
    });
    closing.unshift(() => door.close());
    url = pageAddress(door.url, options.env);
    log.info({ url: door.url, volume: layout.root, version }, `Listening on ${door.url}`);
    runtime.supervisor.onNotice(options.present(url));
    await startSessions(runtime, starting, taken, asked).catch((error) => {
      if (!stop.aborted) throw error;
    });
    keepYoungHeapSmall();
    void runtime.upkeep(stop);
    runtime.schedule.start();
    runtime.drills.start();
    await untilAborted(stop);
    runtime.schedule.stop();
    // Waited for at the very end; it takes less than the browsers of sessions.
    void runtime.drills.stop();
    return await end(runtime, { settings, clock, log, force });
  } finally {
    for (const close of closing)
      await within(clock, closeWithin, 'Closing', close()).catch((error) =>
        log.warn({ err: error }, 'Closing'),
      );
  }
}

interface EndOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly force: AbortSignal;
}

async function end(runtime: Runtime, { settings, clock, log, force }: EndOptions): Promise<number> {
  const { drain: budget, backupOnDrain, backupConcurrency: concurrency } = settings;
  const began = clock.monotonic();
  log.info({ budget, sessions: runtime.supervisor.size }, 'Closing every browser');
  const late = await runtime.supervisor.drain(budget, force);
  const took = Math.round(clock.monotonic() - began);
  // A profile whose browser was killed is looked at closely before anything is made of it.
  const closed = runtime.supervisor.all.filter(({ id }) => !late.includes(id));
  if (backupOnDrain) await backUpClosed(closed, budget - took, force, { clock, log, concurrency });
  if (late.length === 0) {
    log.info({ took }, 'Every browser was closed cleanly');
    return exitCode.ok;
  }
  log.warn(
    { took, late },
    'Some browsers were killed; their sessions are looked at closely at the next start',
  );
  return force.aborted ? exitCode.internal : exitCode.ok;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
