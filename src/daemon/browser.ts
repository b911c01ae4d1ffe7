/**
 * The browser of this daemon, found once and kept; looked for again at the next launch when it was not there.
 */
import { join } from 'node:path';
import { chromiumArguments } from '../chromium/arguments.ts';
import { findChromium } from '../chromium/find.ts';
import { probeLaunch } from '../chromium/launch-probe.ts';
import { resolveSandbox } from '../chromium/sandbox.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../log.ts';
import type { Clock } from '../system/clock.ts';
import type { VolumeLayout } from '../volume/layout.ts';

export interface Browser {
  readonly executable: string;
  readonly version: string;
  /** All arguments but those that name the session. */
  readonly args: readonly string[];
}

export interface BrowserOptions {
  readonly settings: Settings;
  readonly layout: VolumeLayout;
  readonly env: NodeJS.ProcessEnv;
  /** Further places where an earlier set-up may have left a browser. */
  readonly caches: readonly string[];
  readonly uid: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** How one is looked for; what the daemon itself does unless it is told. */
  readonly find?: typeof findChromium;
  /** Shows how far a download is; without it the log tells. */
  readonly downloading?: DownloadView | undefined;
}

export interface DownloadView {
  /** Bytes. */
  update(done: number, total: number): void;
  /** The download is over, or there was none. */
  end(): void;
}

const sandboxProbe = 10_000;

export class BrowserSource {
  readonly #options: BrowserOptions;
  #found: Promise<Browser> | null = null;

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  /** Throws `chromium_not_found` or `chromium_too_old`; the signal ends the wait, not the search. */
  get(signal: AbortSignal): Promise<Browser> {
    if (!this.#found) {
      const search = this.#find();
      this.#found = search;
      // One that was not there may be installed by the next launch.
      search.catch(() => {
        if (this.#found === search) this.#found = null;
      });
    }
    return untilAborted(this.#found, signal);
  }

  async #find(): Promise<Browser> {
    const { settings, layout, env, caches, uid, clock, log, find = findChromium } = this.#options;
    const downloading = this.#options.downloading ?? everyTenth(log);
    const found = await find({
      setting: settings.chromiumExecutable,
      env,
      caches: [join(layout.cache, 'chromium'), ...caches],
      download: true,
      clock,
      report: (line) => log.info({}, line),
      progress: (done, total) => downloading.update(done, total),
    }).finally(() => downloading.end());
    const argumentsWith = (sandbox: boolean) => chromiumArguments({ sandbox, user: settings.chromiumArgs });
    const choice = await resolveSandbox({
      setting: settings.chromiumSandbox,
      executable: found.path,
      uid,
      probe: () =>
        probeLaunch({ path: found.path, args: argumentsWith(true), env, clock, deadline: sandboxProbe }),
    });
    if (!choice.enabled) log.warn({}, choice.warning);
    return { executable: found.path, version: found.version, args: argumentsWith(choice.enabled) };
  }
}

/** A download reports every packet; a log wants to know that it moves. */
function everyTenth(log: Logger): DownloadView {
  let told = 0;
  return {
    update(done, total) {
      const percent = Math.floor((done / total) * 10) * 10;
      if (percent <= told) return;
      told = percent;
      log.info({ percent }, `Downloading the browser: ${percent} %`);
    },
    end() {},
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
