/**
 * Ends one launch, however far it has come: closes the browser so that it flushes the login, and kills what
 * that leaves. Runs once; whoever asks later, or asks for haste, joins.
 */
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';
import { reap } from '../../system/process-reaper.ts';
import type { Processes } from '../../system/processes.ts';
import type { BrowserSpawn } from './browser-spawn.ts';
import type { WhatsAppClient } from './library-types.ts';

export interface TakedownPorts {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly spawn: BrowserSpawn;
  readonly client: Pick<WhatsAppClient, 'pupBrowser'>;
  /** Closes the browser as the library does. */
  readonly destroy: () => Promise<void>;
  /** Milliseconds for a clean close. */
  readonly deadline: number;
  /** Lets a browser run that stands still for a snapshot; else it could not close. */
  readonly thaw: () => Promise<void>;
  /** Ends Puppeteer's launch. */
  readonly callOff: () => void;
}

/** For SIGKILL to take effect. */
const reapMs = 10_000;
/** For a library that was called off to notice. */
const settleMs = 1_000;

export class Takedown {
  readonly #ports: TakedownPorts;
  readonly #haste = new AbortController();
  #running: Promise<void> | null = null;
  #initialized: Promise<unknown> = Promise.resolve();

  constructor(ports: TakedownPorts) {
    this.#ports = ports;
  }

  /** The library's start, which may go on after everything has been ended. */
  awaits(initialized: Promise<unknown>): void {
    this.#initialized = initialized;
  }

  gently(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  atOnce(): Promise<void> {
    this.#haste.abort(new Error('The browser is to be killed.'));
    return this.gently();
  }

  async #run(): Promise<void> {
    const { clock, processes, spawn, client, destroy, deadline, thaw, callOff } = this.#ports;
    await thaw();
    if (client.pupBrowser?.connected && !this.#haste.signal.aborted) {
      const closing = Promise.resolve().then(destroy);
      await within(clock, deadline, 'Closing the browser', closing, this.#haste.signal).catch(() => {});
    }
    callOff();
    spawn.forbid();
    const launch = { marker: spawn.marker, group: spawn.pid };
    await reap(launch, { clock, processes }, reapMs);
    await within(clock, settleMs, 'The library', this.#initialized).catch(() => {});
    // It may still be on its way to a launch; the spawn stays forbidden until it has settled.
    void this.#initialized.catch(() => {}).finally(() => spawn.unwatch());
    await reap({ marker: spawn.marker, group: null }, { clock, processes }, reapMs);
  }
}
