/** The hosts port over connections to one process of engines (engines.ts), in place of a process for each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { LaunchSpec } from '../../src/engine/engine.ts';
import type { Host, HostEvent, Hosts } from '../../src/host/host.ts';
import { HostLink } from '../../src/host/host-link.ts';
import { Channel } from '../../src/ipc/channel.ts';
import type { Clock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';

const entry = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './engines.ts' : './engines.js', import.meta.url),
);

export class SocketHosts implements Hosts {
  readonly #process: ChildProcess;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #processes = new LinuxProcesses();

  private constructor(process: ChildProcess, path: string, clock: Clock) {
    this.#process = process;
    this.#path = path;
    this.#clock = clock;
  }

  static async start(path: string, clock: Clock): Promise<SocketHosts> {
    const child = spawn(process.execPath, [entry, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout as Readable, 'data');
    return new SocketHosts(child, path, clock);
  }

  launch(spec: LaunchSpec, observe: (event: HostEvent) => void): Host {
    const socket = createConnection(this.#path);
    const link = new HostLink({
      channel: new Channel(socket, { clock: this.#clock, peer: `host ${spec.session}` }),
      carrier: {
        pid: this.#process.pid ?? null,
        gone: new Promise((resolve) => socket.once('close', () => resolve('the connection ended'))),
        kill: () => socket.destroy(),
      },
      clock: this.#clock,
      spec,
      observe,
      processes: this.#processes,
    });
    link.begin();
    return link;
  }

  close(): void {
    this.#process.stdin?.end();
  }
}
