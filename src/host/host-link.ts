/** The daemon's end of a host's channel: the `Host` port over it, whatever carries the bytes. */
import { secondThoughts } from '../bot/bots.ts';
import {
  type EngineEvent,
  EngineFailure,
  type GoneCause,
  type LaunchSpec,
  type ProbeReport,
  type ProbeRequest,
  type SnapshotReport,
} from '../engine/engine.ts';
import { catalogue, type ErrorCode, VigilError } from '../errors.ts';
import type { Channel } from '../ipc/channel.ts';
import { ChannelClosedError, RequestTimeoutError } from '../ipc/errors.ts';
import type { Clock, Timer } from '../system/clock.ts';
import type { Processes } from '../system/processes.ts';
import {
  botAskRequest,
  botFaultEvent,
  botLineEvent,
  botWatchRequest,
  isBotAskParams,
  isBotFault,
  isBotLine,
  pulseRequest,
} from './bot-protocol.ts';
import { FreezeWatch } from './freeze-watch.ts';
import type { Host, HostEvent } from './host.ts';
import { HostPulse } from './host-pulse.ts';
import {
  alive,
  aliveInterval,
  engineEvent,
  freezeRequest,
  isEngineEvent,
  isFreezeParams,
  type RequestName,
  type Requests,
  thawedEvent,
} from './protocol.ts';

/** What carries the host: a child process, or in a benchmark one of many in one process. */
export interface Carrier {
  readonly pid: number | null;
  /** Resolves when the process is gone, with how it ended. */
  readonly gone: Promise<string>;
  kill(): void;
}

/** Milliseconds by which an answer may be later than the deadline that the host itself keeps. */
const slack = 2_000;
const codeDeadline = 30_000;
/** Nearly all of it may go by before the browser stands still, where a file system cannot link and is slow. */
const snapshotDeadline = 120_000;
/** A killed process is gone within this, unless the kernel holds it. */
const killWait = 5_000;

export class HostLink implements Host {
  readonly #channel: Channel;
  readonly #carrier: Carrier;
  readonly #clock: Clock;
  readonly #spec: LaunchSpec;
  readonly #observe: (event: HostEvent) => void;
  readonly #freeze: FreezeWatch;
  /** The process, and a browser that it has left standing still. */
  readonly #gone: Promise<string>;
  #alive: Timer | null = null;
  #closing: Promise<void> | null = null;
  #over = false;
  #started: Promise<unknown> = Promise.resolve();
  readonly #pulse: HostPulse;
  /** Its bot has asked for a stop, and may ask for a start before the process ends. */
  #lingers = false;

  constructor(options: {
    readonly channel: Channel;
    readonly carrier: Carrier;
    readonly clock: Clock;
    readonly spec: LaunchSpec;
    readonly observe: (event: HostEvent) => void;
    /** Those of the machine on which the host runs. */
    readonly processes: Processes;
  }) {
    this.#channel = options.channel;
    this.#carrier = options.carrier;
    this.#clock = options.clock;
    this.#spec = options.spec;
    this.#observe = options.observe;
    this.#freeze = new FreezeWatch(options.processes, options.clock);
    this.#pulse = new HostPulse({
      clock: options.clock,
      processes: options.processes,
      pid: () => options.carrier.pid,
      ask: (timeoutMs) =>
        options.channel.request(pulseRequest, null, { timeoutMs }).catch((error) => {
          // The end of the channel is told by the end of the process.
          if (error instanceof RequestTimeoutError) throw error;
        }),
      blocked: (detail) => this.#tell({ type: 'gone', cause: 'bot_error', detail }),
    });
    this.#gone = options.carrier.gone.then(async (detail) => {
      this.#over = true;
      await this.#freeze.hostGone();
      return detail;
    });
  }

  get pid(): number | null {
    return this.#carrier.pid;
  }

  /** Begins to listen and starts the engine. */
  begin(): void {
    this.#channel.onEvent((name, data) => {
      if (name === engineEvent && isEngineEvent(data)) this.#tell(data);
      if (name === thawedEvent) this.#freeze.end();
      if (name === botLineEvent && isBotLine(data)) this.#observe({ type: 'bot_line', ...data });
      if (name === botFaultEvent && isBotFault(data)) this.#observe({ type: 'bot_fault', ...data });
    });
    this.#channel.handle(botWatchRequest, () => {
      this.#pulse.begin();
      return null;
    });
    this.#channel.handle(botAskRequest, (params) => this.#botAsks(params));
    this.#channel.handle(freezeRequest, (params) => this.#watchFreeze(params));
    this.#channel.start();
    void this.#channel.closed.then(() => this.#freeze.hostGone());
    this.#stayAlive();
    void this.#gone.then((detail) => {
      this.#alive?.cancel();
      this.#pulse.stop();
      this.#observe({ type: 'exit', expected: this.#closing !== null, detail });
    });
    const { browser, navigation, boot, bot } = this.#spec.deadlines;
    const phases = browser + navigation + boot + (this.#spec.bot === null ? 0 : bot);
    this.#started = this.#request('start', this.#spec, phases + slack);
    this.#started.catch((error) => {
      // The end of the process is said by `exit`; this is the engine's own word, or its silence.
      if (error instanceof ChannelClosedError) this.#carrier.kill();
      else this.#tell({ type: 'gone', cause: causeOf(error), detail: messageOf(error) });
    });
  }

  async probe(request: ProbeRequest): Promise<ProbeReport> {
    await this.#freeze.thawed;
    const ask = () => this.#request('probe', request, request.deadline + slack);
    try {
      // A bot that held the host up for a moment only has not made the page hang.
      return await ask().catch(async (error) => {
        const late = error instanceof RequestTimeoutError && this.#pulse.isWatching;
        if (late && (await this.#pulse.answers())) return ask();
        throw error;
      });
    } catch (error) {
      return {
        page: 'silent',
        socket: null,
        synced: false,
        bridge: false,
        trafficAge: null,
        detail: messageOf(error),
      };
    }
  }

  async requestPairingCode(phone: string): Promise<void> {
    // A first QR comes before the start is over, and before the engine takes questions.
    await this.#started;
    await this.#request('code', { phone }, codeDeadline);
  }

  async unlink(): Promise<void> {
    const { protocol, close } = this.#spec.deadlines;
    // WhatsApp's answer, then the end of the browser, which may take a close and a kill.
    await this.#request('unlink', null, protocol + 2 * close + slack);
  }

  async snapshot(target: string, signal?: AbortSignal): Promise<SnapshotReport> {
    try {
      const report = await this.#request('snapshot', { target }, snapshotDeadline, signal);
      if (!this.#freeze.wasOverdue) return report;
    } catch (error) {
      throw signal?.aborted ? signal.reason : snapshotError(error);
    }
    throw new VigilError('snapshot_failed', 'The browser stood still for too long and was let go.');
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  kill(): void {
    this.#closing ??= Promise.race([this.#gone, this.#clock.sleep(killWait)]).then(() => {});
    this.#carrier.kill();
  }

  async #end(): Promise<void> {
    const done = this.#gone;
    this.#pulse.stop();
    try {
      await Promise.race([this.#request('close', null, this.#spec.deadlines.close + slack), done]);
      await Promise.race([done, this.#clock.sleep(this.#lingers ? secondThoughts + slack : slack)]);
    } catch {
      // It does not answer; a close that cannot be asked for is carried out by force below.
    }
    if (!this.#over) this.#carrier.kill();
    const timeout = new AbortController();
    await Promise.race([done, this.#clock.sleep(killWait, timeout.signal).catch(() => {})]);
    timeout.abort();
  }

  #watchFreeze(params: unknown): null {
    // One that is being closed would only have to be let go again.
    if (this.#closing !== null || this.#over || !isFreezeParams(params))
      throw new VigilError('snapshot_failed', 'The session is being closed.');
    this.#freeze.begin(params.processes);
    return null;
  }

  #botAsks(params: unknown): null {
    if (!isBotAskParams(params)) throw new VigilError('internal', 'A bot asks for something unknown.');
    this.#lingers ||= params.wish === 'stop';
    if (params.wish === 'start') this.#lingers = false;
    if (!this.#over) this.#observe({ type: 'bot_asked', wish: params.wish });
    return null;
  }

  #tell(event: EngineEvent): void {
    if (!this.#over && this.#closing === null) this.#observe(event);
  }

  #stayAlive(): void {
    this.#alive = this.#clock.setTimer(aliveInterval, () => {
      this.#channel.emit(alive, null);
      this.#stayAlive();
    });
  }

  async #request<N extends RequestName>(
    name: N,
    params: Requests[N]['params'],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Requests[N]['result']> {
    return (await this.#channel.request(name, params, { timeoutMs, signal })) as Requests[N]['result'];
  }
}

const causes: ReadonlySet<string> = new Set<GoneCause>([
  'browser_crash',
  'renderer_crash',
  'launch_failed',
  'profile_in_use',
  'unreachable',
  'boot_failed',
  'conflict',
  'version_too_old',
  'banned',
  'proxy_blocked',
  'refused',
  'engine_error',
  'bot_error',
]);

/** An `EngineFailure` crosses the channel as an error whose code is its cause. */
function causeOf(error: unknown): GoneCause {
  if (error instanceof EngineFailure) return error.why;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && causes.has(code) ? (code as GoneCause) : 'engine_error';
}

/** A `VigilError` crosses the channel as its code and its message. */
function snapshotError(error: unknown): VigilError {
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' && Object.hasOwn(catalogue, code);
  return new VigilError(known ? (code as ErrorCode) : 'snapshot_failed', messageOf(error), { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
