/** What the command line is given to work with: the real terminal, volume and daemon. */
import { join } from 'node:path';
import { askOn } from '../cli/ask-person.ts';
import { readerGone } from '../cli/broken-pipe.ts';
import type { CliContext, Flags, SettingRow } from '../cli/context.ts';
import { effectiveSettings } from '../config/describe.ts';
import { loadSettings } from '../config/load.ts';
import { type SettingKey, schema } from '../config/settings.ts';
import { connectControl } from '../control/control-client.ts';
import { followSessionLog, readSessionLog } from '../log/read-session-log.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { RecordStore } from '../session/record-store.ts';
import { systemClock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { volumeLayout } from '../volume/layout.ts';
import { formatDuration } from '../wording/duration.ts';
import { becomeOwner, type Self } from './enter-volume.ts';
import { requireKnown } from './known-session.ts';
import { reach } from './reach.ts';

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
    cwd: () => process.cwd(),
    interrupted() {
      const controller = new AbortController();
      for (const signal of endSignals) process.once(signal, () => controller.abort(new Error(signal)));
      return AbortSignal.any([controller.signal, gone]);
    },
    ask: askOn(process.stdin, process.stderr),
    operations: (flags) => reach({ ...common, flags }),
    // What only a daemon needs is most of the program: other commands do not wait for it to be loaded.
    async serve(flags, { showQr }) {
      const { serveCommand } = await import('./serve-command.ts');
      return serveCommand({
        ...common,
        flags,
        up: showQr,
        onSignal: (listener) => on(process, endSignals, listener as (value: unknown) => void),
        onStray: (listener) => on(process, ['unhandledRejection', 'uncaughtException'], listener),
      });
    },
    async doctor(flags, { create }) {
      const { doctorCommand } = await import('./doctor-command.ts');
      return doctorCommand({ ...common, flags, create });
    },
    async settings(flags, session) {
      const { settings, sources } = load(flags);
      await becomeOwner(settings.volume, self);
      const layout = volumeLayout(settings.volume);
      // A daemon has an environment and a command line of its own.
      const daemon = await connectControl(layout, clock).then((it) => it?.settings() ?? null);
      const rows = daemon ?? effectiveSettings(settings, sources);
      if (session === null) return { rows, of: daemon ? 'daemon' : 'here' };
      await requireKnown(layout, session);
      const record = await new RecordStore(layout, new LinuxDisk(), clock).read(session);
      return { rows: sessionSettings(rows, record, session), of: 'session' };
    },
    async *log(flags, session, { lines, follow, signal }) {
      const { volume } = load(flags).settings;
      // What it reads belongs to whoever runs the daemon.
      await becomeOwner(volume, self);
      const layout = volumeLayout(volume);
      await requireKnown(layout, session);
      if (follow) yield* followSessionLog(layout, session, { lines, clock, signal });
      else yield* await readSessionLog(layout, session, { lines });
    },
  };
}

const ofSessions = [
  'heartbeat',
  'watchdog',
  'activity',
  'presence',
  'bot',
] as const satisfies readonly SettingKey[];

/** The session's own settings, and the daemon's where it has none. */
function sessionSettings(
  daemons: readonly SettingRow[],
  record: SessionRecord | null,
  id: SessionId,
): readonly SettingRow[] {
  return ofSessions.map((name) => {
    const own = record?.settings[name];
    const value = daemons.find((row) => row.name === schema[name].env)?.value ?? null;
    if (own === undefined) return { name, value, source: 'daemon' };
    return { name, value: shown(own), source: `session ${id}` };
  });
}

function shown(value: number | boolean | string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value === 0 ? 'off' : formatDuration(value);
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
