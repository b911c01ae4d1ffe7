/**
 * One process that serves every engine of the fleet, each over a connection of its own, exactly as a host serves
 * its one: so that what the daemon's process costs is the daemon's side alone. Argument: the socket's path.
 */
import { createServer } from 'node:net';
import { ScriptedEngine } from '../../src/engine/scripted/scripted-engine.ts';
import { serveEngine } from '../../src/host/serve-engine.ts';
import { Channel } from '../../src/ipc/channel.ts';
import { systemClock } from '../../src/system/clock.ts';

const farewell = 1_000;

const server = createServer((socket) => {
  const channel = new Channel(socket, { clock: systemClock, peer: 'daemon' });
  const served = serveEngine(new ScriptedEngine({ probe: { trafficAge: 1_000 } }), channel, systemClock);
  channel.start();
  void served.ended.then(() => channel.end({ timeoutMs: farewell }));
});
server.listen(process.argv[2], () => process.stdout.write('listening\n'));
// The end of the daemon is the end of this, however it went.
process.stdin.resume().once('end', () => process.exit());
