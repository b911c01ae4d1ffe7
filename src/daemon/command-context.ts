/** What the command line is given to work with: the real terminal, volume and daemon. */
import { join } from 'node:path';
import { readerGone } from '../cli/broken-pipe.ts';
import type { CliContext, Flags, SettingRow } from '../cli/context.ts';
import { effectiveSettings } from '../config/describe.ts';
import { formatDuration } from '../config/duration.ts';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { followSessionLog, readSessionLog } from '../log/read-session-log.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { volumeLayout } from '../volume/layout.ts';
import { connect } from './connect.ts';
import { enterVolume, type Self } from './enter-volume.ts';
import { serveCommand } from './serve-command.ts';

export interface CommandContextOptions {
  readonly process: NodeJS.Process;
  readonly version: string;
  /** Where the program is installed; in a checkout a set-up leaves a browser there. */
  readonly root: string;
}

const endSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export function commandContext({ process, version, root }: CommandContextOptions): CliContext {
  const self = process as unknown as Self;
  const io = { stdout: process.stdout, stderr: process.stderr };
  const clock = systemClock;
  // Before anything is written: a daemon whose log reader went away goes on without one.
  const gone = readerGone(process.stdout);
  const browserCaches = [join(root, '.toolchain', 'chromium')];
  const load = (flags: Flags) => loadSettings({ env: process.env, flags, cwd: process.cwd() });
  const common = { self, pid: process.pid, io, clock, version, browserCaches };

  return {
    io,
    env: process.env,
    clock,
    version,
    interrupted() {
      const controller = new AbortController();
      for (const signal of endSignals) process.once(signal, () => controller.abort(new Error(signal)));
      return AbortSignal.any([controller.signal, gone]);
    },
    operations: (flags) => connect({ ...common, flags }),
    serve: (flags, { showQr }) =>
      serveCommand({
        ...common,
        flags,
        up: showQr,
        onSignal: (listener) => on(process, endSignals, listener as (value: unknown) => void),
        onStray: (listener) => on(process, ['unhandledRejection', 'uncaughtException'], listener),
      }),
    async doctor(flags) {
      const { doctorCommand } = await import('./doctor-command.ts');
      return doctorCommand({ ...common, flags });
    },
    async settings(flags, session) {
      const { settings, sources } = load(flags);
      if (session === null) return effectiveSettings(settings, sources);
      const { layout } = await enterVolume(flags, self);
      const record = await new RecordStore(layout, new LinuxDisk(), clock).read(session);
      return sessionSettings(settings, record, session);
    },
    async *log(flags, session, { lines, follow, signal }) {
      const layout = volumeLayout(load(flags).settings.volume);
      if (follow) yield* followSessionLog(layout, session, { lines, clock, signal });
      else yield* await readSessionLog(layout, session, { lines });
    },
    page(flags, session) {
      const { host, port } = load(flags).settings;
      return port === 0
        ? null
        : `http://${host === '::' || host === '0.0.0.0' ? 'localhost' : host}:${port}/sessions/${session}`;
    },
  };
}

/** The session's own settings, and the daemon's where it has none. */
function sessionSettings(
  settings: Settings,
  record: SessionRecord | null,
  id: SessionId,
): readonly SettingRow[] {
  const own = record?.settings ?? {};
  const shown = (value: number | boolean | null) =>
    typeof value === 'boolean'
      ? value
        ? 'on'
        : 'off'
      : value === null || value === 0
        ? 'off'
        : formatDuration(value);
  return (['heartbeat', 'watchdog', 'activity', 'presence'] as const).map((name) => ({
    name,
    value: shown(own[name] ?? settings[name]),
    source: own[name] === undefined ? 'daemon' : `session ${id}`,
  }));
}

function on(
  process: NodeJS.Process,
  events: readonly string[],
  listener: (value: unknown) => void,
): () => void {
  for (const event of events) process.on(event, listener);
  return () => {
    for (const event of events) process.off(event, listener);
  };
}
