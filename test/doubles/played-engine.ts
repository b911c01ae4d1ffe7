import type {
  Engine,
  EngineEvent,
  FreezeWatcher,
  LaunchSpec,
  ProbeReport,
  SnapshotReport,
} from '../../src/engine/engine.ts';
import { healthy, snapshotReport } from './scripted-hosts.ts';

/** An engine that does as the test says, for whatever stands between it and the daemon. */
export class PlayedEngine implements Engine {
  emit: (event: EngineEvent) => void = () => {};
  startFailure: unknown = null;
  startGate: Promise<void> = Promise.resolve();
  report: Promise<ProbeReport> = Promise.resolve(healthy);
  closeGate: Promise<void> = Promise.resolve();
  closes = 0;
  kills = 0;

  async start(_spec: LaunchSpec, emit: (event: EngineEvent) => void): Promise<void> {
    this.emit = emit;
    await this.startGate;
    if (this.startFailure !== null) throw this.startFailure;
  }
  probe(): Promise<ProbeReport> {
    return this.report;
  }
  codes = 0;
  async requestPairingCode(): Promise<void> {
    this.codes++;
  }
  async logout(): Promise<void> {}
  /** What a snapshot does, once it is watched. */
  snapping: (watcher: FreezeWatcher, signal: AbortSignal) => Promise<void> = async () => {};
  targets: string[] = [];
  async snapshot(target: string, watcher: FreezeWatcher, signal: AbortSignal): Promise<SnapshotReport> {
    this.targets.push(target);
    try {
      await this.snapping(watcher, signal);
      return snapshotReport;
    } finally {
      watcher.release();
    }
  }
  async close(): Promise<void> {
    this.closes++;
    await this.closeGate;
  }
  async kill(): Promise<void> {
    this.kills++;
  }
  isHarmless(): boolean {
    return false;
  }
}
