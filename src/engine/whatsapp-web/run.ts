/**
 * One launch of the library, from `initialize()` to the last process of its browser. Whatever happens to it
 * ends in `#end`, exactly once; nothing is emitted after that.
 */
import type { Bots } from '../../bot/bots.ts';
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';
import type { Disk } from '../../system/disk.ts';
import type { Processes } from '../../system/processes.ts';
import {
  type EngineEvent,
  EngineFailure,
  type FreezeWatcher,
  type LaunchSpec,
  type ProbeReport,
  type ProbeRequest,
  type SnapshotReport,
} from '../engine.ts';
import { accountOf } from './account.ts';
import type { EngineCondition } from './benign-rejection.ts';
import { BrowserSnapshots } from './browser-snapshots.ts';
import { BrowserSpawn } from './browser-spawn.ts';
import { callBot } from './call-bot.ts';
import { newClient } from './client-options.ts';
import { askPairingCode, notRunning, unlinkDevice } from './device-requests.ts';
import { DeviceWatch } from './device-watch.ts';
import { type Phase, toEngineFailure } from './failure.ts';
import { Injection } from './injection.ts';
import { versionOf } from './library-contract.ts';
import { listenToBrowser, listenToClient, listenToPage } from './library-events.ts';
import type { WhatsAppClient, WhatsAppLibrary } from './library-types.ts';
import { Life } from './life.ts';
import { askMs, LivePage } from './live-page.ts';
import { Milestones } from './milestones.ts';
import { type OwnCalls, ownCalls } from './own-calls.ts';
import { silent } from './probing.ts';
import { Readiness } from './readiness.ts';
import { SyncGate } from './sync-gate.ts';
import { Takedown } from './takedown.ts';

export interface RunPorts {
  /** Called with the client where the launch names a bot. */
  readonly bots: Bots;
  readonly clock: Clock;
  readonly processes: Processes;
  readonly disk: Disk;
  /** The host's environment; the browser gets it without what is secret. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** For a browser that refuses to start to say why; milliseconds. */
const lastWordsMs = 300;

export class Run {
  readonly #spec: LaunchSpec;
  readonly #clock: Clock;
  readonly #ports: RunPorts;
  readonly #life: Life;
  readonly #device: DeviceWatch;
  readonly #launch = new AbortController();
  readonly #milestones: Milestones;
  readonly #client: WhatsAppClient;
  readonly #own: OwnCalls;
  readonly #spawn: BrowserSpawn;
  readonly #gate: SyncGate;
  readonly #injection: Injection;
  readonly #readiness: Readiness;
  readonly #snapshots: BrowserSnapshots;
  readonly #takedown: Takedown;
  #page: LivePage | null = null;
  #phase: Phase = 'browser';
  #trafficAt: number | null = null;

  constructor(
    library: WhatsAppLibrary,
    spec: LaunchSpec,
    emit: (event: EngineEvent) => void,
    ports: RunPorts,
  ) {
    this.#spec = spec;
    this.#clock = ports.clock;
    this.#ports = ports;
    this.#milestones = new Milestones(ports.clock);
    this.#snapshots = new BrowserSnapshots(spec, versionOf(library), ports);
    const tell = this.#snapshots.noting(emit);
    this.#life = new Life(tell, () => void this.#takedown.gently().catch(() => {}));
    this.#device = new DeviceWatch(this.#life, ports.clock);
    this.#spawn = new BrowserSpawn(ports.processes, () => {
      this.#milestones.browserExited();
      if (this.#phase !== 'browser') this.#life.gone('browser_crash', 'The browser process ended.');
    });
    const hooks = {
      browserReady: () => this.#browserStarted(),
      syncSeen: () => this.#gate.enter(),
      logoutAsked: () => this.#life.loggedOut(),
    };
    const launch = { args: [...spec.args, this.#spawn.marker], env: ports.env, signal: this.#launch.signal };
    this.#client = newClient(library, spec, hooks, launch);
    this.#own = ownCalls(this.#client);
    this.#gate = new SyncGate(this.#clock);
    this.#injection = new Injection(this.#client, {
      clock: this.#clock,
      reader: () => this.#there().reader,
      deadline: spec.deadlines.boot,
      signal: this.#life.signal,
      began: () => this.#milestones.pageLoaded(),
      navigated: () => this.#navigated(),
      wired: () => this.#readiness.look(),
      failed: (reason) => this.#wiringFailed(reason),
    });
    this.#readiness = new Readiness({
      clock: this.#clock,
      signal: this.#life.signal,
      gate: this.#gate,
      page: () => this.#there(),
      isWired: (document) => this.#injection.isWired(document),
      socketSeen: (state) => this.#device.socketSeen(state),
      ready: ({ version }) => this.#device.ready(accountOf(this.#client.info), version),
      pairingIdle: () => this.#life.say({ type: 'pairing_idle' }),
    });
    this.#takedown = new Takedown({
      ...ports,
      spawn: this.#spawn,
      client: this.#client,
      destroy: this.#own.destroy,
      deadline: spec.deadlines.close,
      thaw: () => this.#snapshots.end(),
      callOff: () => this.#launch.abort(new Error('The launch was called off.')),
    });
  }

  get client(): WhatsAppClient {
    return this.#client;
  }

  get condition(): EngineCondition {
    return { navigating: this.#injection.busy, ended: this.#life.over };
  }

  async start(signal: AbortSignal): Promise<void> {
    const calledOff = () => this.#life.finish('The start was called off.', signal.reason);
    signal.addEventListener('abort', calledOff, { once: true });
    if (signal.aborted) calledOff();
    try {
      await this.#launchAndWire();
      this.#life.run();
      this.#phase = 'running';
    } catch (error) {
      if (this.#phase === 'browser') await this.#milestones.lastWords(lastWordsMs);
      this.#life.finish('The start failed.', error);
      await (signal.aborted ? this.#takedown.atOnce() : this.#takedown.gently());
      throw this.#failure(error);
    } finally {
      signal.removeEventListener('abort', calledOff);
    }
  }

  async #launchAndWire(): Promise<void> {
    this.#life.signal.throwIfAborted();
    const { browser, navigation, boot } = this.#spec.deadlines;
    this.#listen();
    this.#injection.install();
    this.#spawn.watch();
    await callBot(this.#ports.bots, this.#client, this.#spec, this.#life.signal);
    const initialized = this.#own.initialize();
    this.#takedown.awaits(initialized.catch(() => {}));
    const others = [initialized, this.#life.ended];
    await this.#milestones.untilBrowser(browser, others);
    this.#phase = 'navigation';
    await this.#milestones.untilPage(navigation, others);
    this.#phase = 'boot';
    void this.#readiness.run();
    // The wiring keeps its own deadline; this one only catches a library that hangs elsewhere.
    await this.#milestones.untilWired(boot + askMs, others);
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    await this.#snapshots.thawed;
    if (this.#page === null || this.#life.over) return silent;
    return this.#page.probing.probe(request, signal);
  }

  async requestPairingCode(phone: string, signal: AbortSignal): Promise<void> {
    if (!this.#life.isRunning) throw notRunning();
    const asking = { clock: this.#clock, spec: this.#spec, signal };
    try {
      await askPairingCode(this.#client, phone, this.#life.ended, asking);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async logout(signal: AbortSignal): Promise<void> {
    if (!this.#life.isRunning) throw notRunning();
    // From here on the page's own farewell is not news.
    this.#life.finish('The device is being unlinked.');
    await this.#snapshots.end();
    try {
      await unlinkDevice(this.#own, { clock: this.#clock, spec: this.#spec, signal });
    } finally {
      await (signal.aborted ? this.#takedown.atOnce() : this.#takedown.gently());
    }
  }

  async snapshot(target: string, watcher: FreezeWatcher, signal: AbortSignal): Promise<SnapshotReport> {
    return this.#snapshots.take(this.#life.isRunning ? this.#spawn.pid : null, target, watcher, signal);
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#life.finish('The engine was closed.');
    const hurry = () => void this.#takedown.atOnce().catch(() => {});
    if (signal.aborted) hurry();
    signal.addEventListener('abort', hurry, { once: true });
    await this.#takedown.gently().finally(() => signal.removeEventListener('abort', hurry));
  }

  async kill(): Promise<void> {
    this.#life.finish('The engine was killed.');
    await this.#takedown.atOnce();
  }

  #listen(): void {
    listenToClient(this.#client, {
      qr: (qr) => this.#life.say({ type: 'qr', qr }),
      code: (code) => this.#life.say({ type: 'code', code }),
      loading: (percent) => this.#life.say({ type: 'loading', percent }),
      authenticated: () => this.#device.authenticated(),
      ready: () => {
        this.#gate.leave();
        this.#readiness.libraryReady();
      },
      socket: (state) => this.#device.socketSeen(state),
      disconnected: (reason) => this.#device.disconnected(reason),
      traffic: () => {
        this.#trafficAt = this.#clock.monotonic();
      },
    });
  }

  async #browserStarted(): Promise<void> {
    // After a logout the library calls this again, from a handler that nobody awaits.
    if (this.#page !== null) return;
    this.#life.signal.throwIfAborted();
    const { pupBrowser: browser, pupPage: page } = this.#client;
    if (browser === null || page === null) return;
    this.#page = new LivePage(page, {
      clock: this.#clock,
      signal: this.#life.signal,
      client: this.#client,
      injection: this.#injection,
      trafficAt: () => this.#trafficAt,
    });
    listenToBrowser(browser, () => this.#life.gone('browser_crash', 'The connection to the browser ended.'));
    listenToPage(page, {
      crashed: (detail) => this.#life.gone('renderer_crash', detail),
      closed: () => this.#pageClosed(),
      navigated: (url) => this.#frameNavigated(url),
    });
    const version = await within(this.#clock, askMs, 'The browser', browser.version()).catch(() => 'unknown');
    const pid = browser.process()?.pid ?? this.#spawn.pid;
    if (pid !== null) this.#life.say({ type: 'browser', pid, version });
    this.#milestones.browserReady();
  }

  /** Pages close when their browser ends, too, a moment before that is known. */
  #pageClosed(): void {
    this.#clock.setTimer(30, () => this.#life.gone('renderer_crash', 'The page was closed.'));
  }

  #frameNavigated(url: string): void {
    this.#there().reader.forget();
    // Where WhatsApp goes after an unlinking; the library would show a QR in this very browser.
    if (url.includes('post_logout=1')) this.#life.loggedOut();
    else this.#injection.renew();
  }

  #navigated(): void {
    this.#gate.reset();
    this.#readiness.renew();
    this.#device.navigated();
  }

  #wiringFailed(reason: unknown): void {
    const offline = this.#page?.isErrorPage === true;
    const failure = this.#failure(reason);
    this.#life.gone(offline ? 'unreachable' : failure.why, `After a navigation: ${failure.message}`);
  }

  #there(): LivePage {
    if (this.#page === null) throw new EngineFailure('engine_error', 'The library began without a page.');
    return this.#page;
  }

  #failure(error: unknown): EngineFailure {
    const { stderr, exitCode } = this.#spawn;
    return toEngineFailure(error, { phase: this.#phase, stderr, exitCode });
  }
}
