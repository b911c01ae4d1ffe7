import type { LaunchSpec, ProbeReport, ProbeRequest, SnapshotReport } from '../../src/engine/engine.ts';
import type { Host, HostEvent, Hosts } from '../../src/host/host.ts';

export const healthy: ProbeReport = {
  page: 'answers',
  socket: 'up',
  synced: true,
  bridge: true,
  trafficAge: null,
  detail: null,
};

export const snapshotReport: SnapshotReport = {
  method: 'frozen',
  pause: 12,
  layout: 1,
  files: 9,
  linked: 4,
  versions: { library: '1.34.7', browser: 'Chrome/156.0.0.0', web: '2.3000.1' },
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
  codeError: Error | null = null;
  /** Makes the copy that a snapshot would; throws what a test wants it to fail with. */
  copy: (target: string) => Promise<void> = async () => {};
  /** A close that waits for this before it is done. */
  closeGate: Promise<void> = Promise.resolve();
  closed = false;
  killed = false;
  /** Its process is gone, however it went. */
  ended = false;
  readonly #gone = Promise.withResolvers<void>();
  readonly #closings: { now: number; most: number };

  constructor(
    spec: LaunchSpec,
    observe: (event: HostEvent) => void,
    onEnd: () => void,
    closings: { now: number; most: number } = { now: 0, most: 0 },
  ) {
    this.spec = spec;
    this.#observe = observe;
    this.#onEnd = onEnd;
    this.#closings = closings;
  }

  say(event: HostEvent): void {
    this.#observe(event);
  }

  /** The process ends without having been asked to. */
  die(): void {
    this.#gone.resolve();
    this.#onEnd();
    this.#observe({ type: 'exit', expected: false, detail: 'killed by SIGKILL' });
  }

  async probe(request: ProbeRequest): Promise<ProbeReport> {
    this.probes.push(request);
    return this.answer;
  }

  async requestPairingCode(phone: string): Promise<void> {
    this.codesFor.push(phone);
    if (this.codeError) throw this.codeError;
  }

  async unlink(): Promise<void> {
    if (this.unlinkError) throw this.unlinkError;
  }

  async snapshot(target: string): Promise<SnapshotReport> {
    await this.copy(target);
    return snapshotReport;
  }

  async close(): Promise<void> {
    const closings = this.#closings;
    closings.now++;
    closings.most = Math.max(closings.most, closings.now);
    // There is nothing to wait for once the process is gone.
    await Promise.race([this.closeGate, this.#gone.promise]);
    closings.now--;
    this.closed = true;
    this.#onEnd();
  }

  kill(): void {
    this.killed = true;
    this.#gone.resolve();
    this.#onEnd();
  }
}

/** Hosts that a test plays; remembers how many ran at once. */
export class ScriptedHosts implements Hosts {
  readonly launched: ScriptedHost[] = [];
  running = 0;
  mostAtOnce = 0;
  /** Closes under way. */
  readonly closings = { now: 0, most: 0 };
  /** Is shown every host before anything happens to it. */
  onLaunch: (host: ScriptedHost) => void = () => {};

  launch(spec: LaunchSpec, observe: (event: HostEvent) => void): ScriptedHost {
    this.running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    const end = () => {
      if (!host.ended) this.running--;
      host.ended = true;
    };
    const host: ScriptedHost = new ScriptedHost(spec, observe, end, this.closings);
    this.launched.push(host);
    this.onLaunch(host);
    return host;
  }

  /** The newest host of a session. */
  of(session: string): ScriptedHost {
    const host = this.launched.findLast(({ spec }) => spec.session === session);
    if (!host) throw new Error(`no host was launched for ${session}`);
    return host;
  }

  get last(): ScriptedHost {
    const host = this.launched.at(-1);
    if (!host) throw new Error('no host was launched');
    return host;
  }
}
