import type { LaunchSpec, ProbeReport, ProbeRequest } from '../../src/engine/engine.ts';
import type { Host, HostEvent, Hosts } from '../../src/host/host.ts';

export const healthy: ProbeReport = {
  page: 'answers',
  socket: 'CONNECTED',
  synced: true,
  bridge: true,
  trafficAge: null,
  detail: null,
};

/** One launched host, played by the test. */
export class ScriptedHost implements Host {
  readonly pid = 4_000_000;
  readonly spec: LaunchSpec;
  readonly probes: ProbeRequest[] = [];
  readonly codesFor: string[] = [];
  readonly #observe: (event: HostEvent) => void;
  readonly #onEnd: () => void;
  answer: ProbeReport | Promise<ProbeReport> = healthy;
  /** What an unlink comes to; a test that wants it to fail sets an error. */
  unlinkError: Error | null = null;
  /** A close that waits for this before it is done. */
  closeGate: Promise<void> = Promise.resolve();
  closed = false;
  killed = false;

  constructor(spec: LaunchSpec, observe: (event: HostEvent) => void, onEnd: () => void) {
    this.spec = spec;
    this.#observe = observe;
    this.#onEnd = onEnd;
  }

  say(event: HostEvent): void {
    this.#observe(event);
  }

  /** The process ends without having been asked to. */
  die(): void {
    this.#onEnd();
    this.#observe({ type: 'exit', expected: false, detail: 'killed by SIGKILL' });
  }

  async probe(request: ProbeRequest): Promise<ProbeReport> {
    this.probes.push(request);
    return this.answer;
  }

  async requestPairingCode(phone: string): Promise<void> {
    this.codesFor.push(phone);
  }

  async unlink(): Promise<void> {
    if (this.unlinkError) throw this.unlinkError;
  }

  async close(): Promise<void> {
    await this.closeGate;
    this.closed = true;
    this.#onEnd();
  }

  kill(): void {
    this.killed = true;
    this.#onEnd();
  }
}

/** Hosts that a test plays; remembers how many ran at once. */
export class ScriptedHosts implements Hosts {
  readonly launched: ScriptedHost[] = [];
  running = 0;
  mostAtOnce = 0;

  launch(spec: LaunchSpec, observe: (event: HostEvent) => void): ScriptedHost {
    let ended = false;
    this.running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    const host = new ScriptedHost(spec, observe, () => {
      if (!ended) this.running--;
      ended = true;
    });
    this.launched.push(host);
    return host;
  }

  get last(): ScriptedHost {
    const host = this.launched.at(-1);
    if (!host) throw new Error('no host was launched');
    return host;
  }
}
