/**
 * A daemon of one host that takes a snapshot as soon as its session is ready, as a process of its own that a test can
 * kill: `node snapshot-daemon.ts <launch spec as JSON> <target> <environment of the host as JSON>`. Says `host 42`,
 * `browser 43`, and `held` when the host says so, on a line each.
 */
import type { LaunchSpec } from '../../src/engine/engine.ts';
import { ChildHosts } from '../../src/host/child-hosts.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';

const [specText = '', target = '', environment = ''] = process.argv.slice(2);
const spec: LaunchSpec = JSON.parse(specText);
const hosts = new ChildHosts({
  clock: systemClock,
  processes: new LinuxProcesses(),
  volume: spec.sessionsRoot,
  marks: (session) => [`--vigil-session=${session}`],
  heap: 96,
  env: JSON.parse(environment),
  engine: 'whatsapp-web',
  reportFault: () => {},
});
const host = hosts.launch(spec, (event) => {
  if (event.type === 'browser') process.stdout.write(`browser ${event.pid}\n`);
  if (event.type === 'output' && event.line === 'held') process.stdout.write('held\n');
  if (event.type === 'ready') host.snapshot(target).catch(() => {});
});
process.stdout.write(`host ${host.pid}\n`);
process.stdin.resume();
