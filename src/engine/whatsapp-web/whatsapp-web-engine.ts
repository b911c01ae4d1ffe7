/**
 * The engine over whatsapp-web.js. Each start is one `Run`; this holds it, and what was asked before it.
 *
 * The library rejects where nobody listens, so the host must ask `isHarmless` about what turns up unhandled.
 */
import type { Bots } from '../../bot/bots.ts';
import { VigilError } from '../../errors.ts';
import { systemClock } from '../../system/clock.ts';
import { LinuxDisk } from '../../system/linux-disk.ts';
import { LinuxProcesses } from '../../system/linux-processes.ts';
import {
  type Engine,
  type EngineEvent,
  EngineFailure,
  type FreezeWatcher,
  type LaunchSpec,
  type ProbeReport,
  type ProbeRequest,
  type SnapshotReport,
} from '../engine.ts';
import { type EngineCondition, isBenignRejection } from './benign-rejection.ts';
import { loadLibrary } from './library-contract.ts';
import type { WhatsAppClient } from './library-types.ts';
import { silent } from './probing.ts';
import { Run, type RunPorts } from './run.ts';

export function systemPorts(bots: Bots): RunPorts {
  return {
    bots,
    clock: systemClock,
    processes: new LinuxProcesses(),
    disk: new LinuxDisk(),
    env: process.env,
  };
}

export class WhatsAppWebEngine implements Engine {
  readonly #ports: RunPorts;
  #run: Run | null = null;
  #used = false;

  constructor(ports: RunPorts) {
    this.#ports = ports;
  }

  async start(spec: LaunchSpec, emit: (event: EngineEvent) => void, signal: AbortSignal): Promise<void> {
    if (this.#used) throw new EngineFailure('engine_error', 'This engine has been used.');
    this.#used = true;
    this.#run = this.#prepare(spec, emit);
    await this.#run.start(signal);
  }

  #prepare(spec: LaunchSpec, emit: (event: EngineEvent) => void): Run {
    try {
      return new Run(loadLibrary(spec.library), spec, emit, this.#ports);
    } catch (cause) {
      throw new EngineFailure('engine_error', cause instanceof Error ? cause.message : String(cause), {
        cause,
      });
    }
  }

  /** The library's client, for a person's own code beside it; null before `start`. */
  get client(): WhatsAppClient | null {
    return this.#run?.client ?? null;
  }

  get condition(): EngineCondition {
    return this.#run?.condition ?? { navigating: false, ended: this.#used };
  }

  isHarmless(reason: unknown): boolean {
    return isBenignRejection(reason, this.condition);
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    return this.#run === null ? silent : this.#run.probe(request, signal);
  }

  async requestPairingCode(phone: string, signal: AbortSignal): Promise<void> {
    await this.#running().requestPairingCode(phone, signal);
  }

  async logout(signal: AbortSignal): Promise<void> {
    await this.#running().logout(signal);
  }

  async snapshot(target: string, watcher: FreezeWatcher, signal: AbortSignal): Promise<SnapshotReport> {
    if (this.#run === null) throw new VigilError('snapshot_failed', 'The engine is not running.');
    return this.#run.snapshot(target, watcher, signal);
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#used = true;
    await this.#run?.close(signal);
  }

  async kill(): Promise<void> {
    this.#used = true;
    await this.#run?.kill();
  }

  #running(): Run {
    if (this.#run === null) throw new EngineFailure('refused', 'The engine is not running.');
    return this.#run;
  }
}
