/**
 * An engine that plays a script: for tests of everything above the port, in a fraction of a browser's time
 * and memory. It keeps a "login" in the profile directory, so that restarts restore it.
 */
import type { Bots } from '../../bot/bots.ts';
import { VigilError } from '../../errors.ts';
import { copyClosedProfile } from '../../snapshot/closed-profile.ts';
import { LiveSnapshot } from '../../snapshot/live-snapshot.ts';
import { type Clock, systemClock } from '../../system/clock.ts';
import type { Disk } from '../../system/disk.ts';
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
import { readScript, type Script, type ScriptFile, type ScriptStep, scriptOf } from './script.ts';
import { ScriptedClient } from './scripted-client.ts';
import { ScriptedProfile, scriptedLayout } from './scripted-profile.ts';
import { StandInBrowser } from './stand-in-browser.ts';

const well: ProbeReport = {
  page: 'answers',
  socket: 'up',
  synced: true,
  bridge: true,
  trafficAge: null,
  detail: null,
};

const deaf: ProbeReport = { ...well, page: 'silent', socket: null, synced: false, bridge: false };

export class ScriptedEngine implements Engine {
  readonly #given: ScriptFile | null;
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #bots: Bots | null;
  readonly #client = new ScriptedClient();
  readonly #life = new AbortController();
  #emit: (event: EngineEvent) => void = () => {};
  #script: Script = {};
  #profile: ScriptedProfile | null = null;
  #browser: StandInBrowser | null = null;
  #snapshots: LiveSnapshot | null = null;
  #starting: Promise<void> = Promise.resolve();
  #used = false;
  #hung = false;
  #qrs = 0;

  constructor(
    script: ScriptFile | null = null,
    clock: Clock = systemClock,
    disk: Disk = new LinuxDisk(),
    bots: Bots | null = null,
  ) {
    this.#given = script;
    this.#clock = clock;
    this.#disk = disk;
    this.#bots = bots;
  }

  async start(spec: LaunchSpec, emit: (event: EngineEvent) => void, signal: AbortSignal): Promise<void> {
    if (this.#used) throw new EngineFailure('engine_error', 'This engine has been used.');
    this.#used = true;
    this.#emit = emit;
    this.#starting = this.#launch(spec, AbortSignal.any([signal, this.#life.signal]));
    try {
      await this.#starting;
    } catch (error) {
      this.#life.abort();
      await this.#killBrowser();
      if (error instanceof EngineFailure) throw error;
      throw new EngineFailure('engine_error', 'The start was called off.', { cause: error });
    }
  }

  async #launch(spec: LaunchSpec, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#profile = new ScriptedProfile(spec);
    const file = this.#given ?? (await readScript(spec.sessionsRoot, spec.session));
    this.#script = scriptOf(file, await this.#profile.countLaunch());
    signal.throwIfAborted();
    await this.#callBot(spec);
    signal.throwIfAborted();
    if (this.#script.browser) await this.#launchBrowser(this.#profile.path, spec.args);
    signal.throwIfAborted();
    const { outcome = 'succeed', start = 0 } = this.#script;
    if (start > 0) await this.#clock.sleep(start, signal);
    if (outcome === 'hang')
      await new Promise((_, reject) => signal.addEventListener('abort', reject, { once: true }));
    if (typeof outcome === 'object') throw new EngineFailure(outcome.fail, 'The script says so.');
    const restored = await this.#profile.hasLogin();
    signal.throwIfAborted();
    if (restored) void this.#sync();
    else void this.#pair();
  }

  async #callBot({ bot: module, session, deadlines }: LaunchSpec): Promise<void> {
    if (module === null || this.#bots === null) return;
    const { signal } = this.#life;
    await this.#bots.attend(this.#client, {
      module,
      session,
      library: null,
      deadline: deadlines.bot,
      signal,
    });
  }

  async #launchBrowser(userDataDir: string, args: readonly string[]): Promise<void> {
    const browser = await StandInBrowser.launch(userDataDir, args);
    this.#browser = browser;
    this.#snapshots = new LiveSnapshot({
      profile: userDataDir,
      layout: scriptedLayout,
      processes: new LinuxProcesses(),
      clock: this.#clock,
      disk: this.#disk,
    });
    this.#say({ type: 'browser', pid: browser.pid, version: 'StandIn/1.0' });
    void browser.exited.then(() => {
      this.#end({ type: 'gone', cause: 'browser_crash', detail: 'The stand-in browser ended.' });
    });
  }

  async #pair(): Promise<void> {
    const { scan = null, qr = 20_000 } = this.#script;
    if (scan !== null) void this.#pause(scan).then((alive) => (alive ? this.scan() : undefined));
    while (!(await this.#profile?.hasLogin()) && !this.#life.signal.aborted) {
      this.#qrs += 1;
      this.#say({ type: 'qr', qr: `scripted-qr-${this.#qrs}` });
      await this.#pause(qr);
    }
  }

  async #sync(): Promise<void> {
    const { sync = 0, steps = [], phone = '15550000001' } = this.#script;
    this.#say({ type: 'socket', state: 'up' });
    this.#say({ type: 'authenticated' });
    if (sync === null || !(await this.#pause(sync))) return;
    this.#say({ type: 'ready', account: { phone, name: 'Scripted', platform: 'test' }, webVersion: '2.0.0' });
    for (const step of steps) {
      if (!(await this.#pause(step.after))) return;
      await this.#take(step);
    }
  }

  async #take(step: ScriptStep): Promise<void> {
    if (step.hang) this.#hung = true;
    if (step.unlink) await this.unlink();
    if (step.event) this.play(step.event);
    if (step.client) this.#client.emit(step.client.event, ...(step.client.args ?? []));
    if (step.exit !== undefined) process.exit(step.exit);
  }

  /** Emits an event; the last one if it is one that ends an engine. */
  play(event: EngineEvent): void {
    if (event.type === 'gone' || event.type === 'logged_out') this.#end(event);
    else this.#say(event);
  }

  /** The phone scans the QR that is shown. */
  async scan(): Promise<void> {
    await this.#profile?.writeLogin();
    void this.#sync();
  }

  /** The phone unlinks the device. */
  async unlink(): Promise<void> {
    await this.#profile?.voidLogin();
    this.#end({ type: 'logged_out' });
  }

  /** From now on no probe answers. */
  hang(): void {
    this.#hung = true;
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    if (!this.#used || this.#life.signal.aborted) return { ...deaf, detail: 'The engine is not running.' };
    await this.#snapshots?.thawed;
    const { probe } = this.#script;
    if (!this.#hung && probe !== 'silent') return { ...well, ...probe };
    await this.#clock.sleep(request.deadline, AbortSignal.any([signal, this.#life.signal])).catch(() => {});
    return { ...deaf, detail: `The page did not answer within ${request.deadline} ms.` };
  }

  async requestPairingCode(_phone: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#life.signal.aborted) throw new EngineFailure('refused', 'The engine is not running.');
    this.#say({ type: 'code', code: 'SCRIPTED' });
  }

  async logout(signal: AbortSignal): Promise<void> {
    if (this.#life.signal.aborted) throw new EngineFailure('refused', 'The engine is not running.');
    this.#life.abort();
    await this.#profile?.voidLogin();
    await this.close(signal);
  }

  async snapshot(target: string, watcher: FreezeWatcher, signal: AbortSignal): Promise<SnapshotReport> {
    const profile = this.#profile?.path;
    if (profile === undefined || this.#life.signal.aborted)
      throw new VigilError('snapshot_failed', 'The engine is not running.');
    const [layout, disk, browser] = [scriptedLayout, this.#disk, this.#browser?.pid];
    const taken =
      this.#snapshots && browser !== undefined
        ? await this.#snapshots.take({ browser, target, watcher }, signal)
        : { ...(await copyClosedProfile({ profile, target, layout, disk, signal })), pause: 0 };
    const versions = { library: null, browser: browser === undefined ? null : 'StandIn/1.0', web: '2.0.0' };
    return { method: 'frozen', ...taken, layout: layout.version, versions };
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#used = true;
    this.#life.abort();
    await this.#snapshots?.end();
    await this.#starting.catch(() => {});
    if (this.#script.close === 'hang' && !signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    await (signal.aborted ? this.#killBrowser() : this.#browser?.close());
  }

  async kill(): Promise<void> {
    this.#used = true;
    this.#life.abort();
    await this.#killBrowser();
    await this.#starting.catch(() => {});
    await this.#killBrowser();
  }

  async #killBrowser(): Promise<void> {
    await this.#snapshots?.end();
    await this.#browser?.kill();
  }

  isHarmless(): boolean {
    return false;
  }

  /** False when the engine ended meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    await this.#clock.sleep(ms, this.#life.signal).catch(() => {});
    return !this.#life.signal.aborted;
  }

  #say(event: EngineEvent): void {
    if (this.#life.signal.aborted) return;
    this.#emit(event);
    this.#client.hear(event);
  }

  #end(event: EngineEvent): void {
    this.#say(event);
    this.#life.abort();
    void this.#killBrowser();
  }
}
