/**
 * The daemon as src/daemon composes and boots it, with everything real but the hosts: supervisor, sessions,
 * probes at their default intervals, records, registry, logs and both doors. Only the processes behind the hosts
 * port are replaced, by engines that play a script behind real connections (socket-hosts.ts).
 *
 * Arguments: the volume and the minutes to be measured. Says `online` and then `measured`, each a line of JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/load.ts';
import { startControlServer } from '../../src/control/control-server.ts';
import { boot } from '../../src/daemon/boot.ts';
import { composeRuntime } from '../../src/daemon/compose.ts';
import { openHttpDoor } from '../../src/daemon/http-door.ts';
import { keepYoungHeapSmall } from '../../src/daemon/young-heap.ts';
import { VolumeSessionLogs } from '../../src/log/session-logs.ts';
import { createLogger } from '../../src/log.ts';
import { systemClock as clock } from '../../src/system/clock.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { openVolume } from '../../src/volume/volume.ts';
import { SocketHosts } from './socket-hosts.ts';

const [root = '', minutes = '3'] = process.argv.slice(2);
/** From the last session online to the beginning of the measurement: every probe has begun to tick. */
const calm = 65_000;

const { settings } = loadSettings({ env: { VIGIL_VOLUME: root, PORT: '0' }, cwd: root });
const uid = process.geteuid?.() ?? 0;
const layout = await openVolume({ root, origin: 'VIGIL_VOLUME', env: {}, disk: new LinuxDisk(), uid });
const log = createLogger({
  level: settings.logLevel,
  clock,
  write: (line) => void process.stdout.write(line),
  sessionLogs: new VolumeSessionLogs(layout),
});
// Not on the volume: the path of a Unix socket is short.
const meeting = mkdtempSync(join(tmpdir(), 'vigil-fleet-'));
process.once('exit', () => rmSync(meeting, { recursive: true, force: true }));
const hosts = await SocketHosts.start(join(meeting, 'engines.sock'), clock);
const runtime = await composeRuntime({
  settings,
  layout,
  env: {},
  clock,
  log,
  uid,
  browserCaches: [],
  hosts,
  browsers: { get: async () => ({ executable: 'none', version: 'none', args: [] }) },
});
const { backups, supervisor } = runtime;
const doors = {
  operations: supervisor,
  backups,
  clock,
  log,
  health: () => ({}),
  ready: () => supervisor.ready,
};
const control = await startControlServer({ ...doors, path: layout.controlSocket, holdsVolumeLock: true });
const door = await openHttpDoor(settings, doors);

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const online = async () => (await supervisor.sessions()).filter((one) => one.state === 'online').length;

const bootedAt = clock.monotonic();
await boot(runtime, { settings, env: {}, clock, log, first: null, signal: new AbortController().signal });
keepYoungHeapSmall();
while ((await online()) < supervisor.size) await clock.sleep(250);
say({ fleet: 'online', sessions: supervisor.size, seconds: (clock.monotonic() - bootedAt) / 1000 });

await clock.sleep(calm);
const before = { cpu: process.cpuUsage(), at: clock.monotonic() };
const peak = { rss: 0, pss: 0 };
const end = before.at + Number(minutes) * 60_000;
while (clock.monotonic() < end) {
  await clock.sleep(Math.min(15_000, end - clock.monotonic()));
  const { rss, pss } = ownMemory();
  peak.rss = Math.max(peak.rss, rss);
  peak.pss = Math.max(peak.pss, pss);
}
const spent = process.cpuUsage(before.cpu);
const took = (clock.monotonic() - before.at) * 1000;
const mirrored = await runtime.registry.sessions();
const fresh = (at: string | null) => at !== null && clock.now() - Date.parse(at) < 90_000;
say({
  fleet: 'measured',
  online: await online(),
  // Through probe, machine, journal and SQLite, in the last minute and a half.
  seen: mirrored.filter(({ lastSeen }) => fresh(lastSeen)).length,
  user: (spent.user / took) * 100,
  system: (spent.system / took) * 100,
  ...peak,
  heap: process.memoryUsage().heapUsed / 1024 ** 2,
});

await supervisor.drain(settings.drain);
hosts.close();
await door.close();
await control.close();
await runtime.close();
process.exit();

/** MiB. */
function ownMemory(): { rss: number; pss: number } {
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return { rss: of('Rss'), pss: of('Pss') };
}
