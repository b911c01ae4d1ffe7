/**
 * Hosts as child processes of the daemon. Each leads its own process group, so that a Ctrl-C at the terminal
 * reaches the daemon alone, which then closes them in order. The channel is a socket pair at descriptor 3: its
 * end tells either side at once that the other one is gone, however it went.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { LaunchSpec } from '../engine/engine.ts';
import { Channel } from '../ipc/channel.ts';
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import type { Processes } from '../system/processes.ts';
import type { Host, HostEvent, Hosts } from './host.ts';
import { HostLink } from './host-link.ts';
import { LastWords } from './last-words.ts';
import { forEachLine } from './lines.ts';

export interface ChildHostsOptions {
  readonly clock: Clock;
  readonly processes: Processes;
  /** Working directory of the hosts: whatever the library writes into it is on the volume. */
  readonly volume: string;
  /** Arguments by which hosts are told from strangers' processes (profile/markers.ts). */
  readonly marks: (session: SessionId) => readonly string[];
  /** MB. */
  readonly heap: number;
  /** Environment of the hosts and their browsers. Holds no secret of the daemon. */
  readonly env: NodeJS.ProcessEnv;
  /** What hosts with a bot get beside it; `LaunchSpec.botVariables` names them. */
  readonly botEnv?: Readonly<Record<string, string>>;
  /** What a listener of the channel throws: a fault of ours, and no reason to end a host. */
  readonly reportFault: (fault: unknown) => void;
  /** Name of the engine adapter (host/main.ts). */
  readonly engine: string;
}

/** The entry beside this file, as source in a checkout and compiled in a package. */
const entry = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url),
);

export class ChildHosts implements Hosts {
  readonly #options: ChildHostsOptions;

  constructor(options: ChildHostsOptions) {
    this.#options = options;
  }

  launch(spec: LaunchSpec, observe: (event: HostEvent) => void): Host {
    const { clock, processes, volume, heap, engine, marks, reportFault } = this.#options;
    const env = spec.bot === null ? this.#options.env : { ...this.#options.env, ...this.#options.botEnv };
    const child = spawn(
      process.execPath,
      [
        // Small and slow to grow: a host idles for days, and there is one per session.
        '--max-semi-space-size=1',
        '--optimize-for-size',
        `--max-old-space-size=${heap}`,
        '--no-warnings',
        entry,
        `--engine=${engine}`,
        ...marks(spec.session),
      ],
      { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true, env, cwd: volume },
    );
    const ended = endOf(child);
    const [, stdout, stderr, wire] = child.stdio;
    // Out of descriptors: there is no child, and nothing to talk to.
    if (!stdout || !stderr || !wire) throw new Error('The host process could not be started.');
    const observeLine = (line: string) => observe({ type: 'output', line });
    forEachLine(stdout as Readable, observeLine);
    const lastWords = new LastWords(stderr as Readable, observeLine);
    const gone = ended.then(async (detail) => {
      if (detail !== 'killed by SIGABRT' || !(await lastWords.nameTheHeap(clock))) return detail;
      return `${detail}, since its heap of ${heap} MB was full; a larger one is set with VIGIL_HOST_HEAP`;
    });
    const channel = new Channel(wire as Duplex, {
      clock,
      peer: `host ${spec.session}`,
      reportFault,
    });
    const link = new HostLink({
      channel,
      carrier: { pid: child.pid ?? null, gone, kill: () => void child.kill('SIGKILL') },
      clock,
      spec,
      observe,
      processes,
    });
    link.begin();
    return link;
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `ended with code ${code}`));
    // Without a pid no exit follows: the process was never there.
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(`not started: ${error.message}`);
    });
  });
}
