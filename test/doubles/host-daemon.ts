/**
 * A daemon of one host, as a process of its own that a test can kill: `node host-daemon.ts <sessions root>`. Says
 * the process ids of the host and of its browser on a line each, as `host 42` and `browser 43`, and lives on.
 */
import { ChildHosts } from '../../src/host/child-hosts.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { scriptedSpec } from './scripted-spec.ts';

const [root = ''] = process.argv.slice(2);
const hosts = new ChildHosts({
  clock: systemClock,
  processes: new LinuxProcesses(),
  volume: root,
  marks: (session) => [`--vigil-session=${session}`],
  heap: 96,
  env: { PATH: process.env['PATH'] },
  engine: 'scripted',
  reportFault: () => {},
});
const host = hosts.launch(scriptedSpec(root), (event) => {
  if (event.type === 'browser') process.stdout.write(`browser ${event.pid}\n`);
});
process.stdout.write(`host ${host.pid}\n`);
process.stdin.resume();
