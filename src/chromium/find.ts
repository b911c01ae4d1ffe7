/**
 * The browser: the one that is set, else one that is installed, else one in our cache, else one that is
 * downloaded, else the one that an npm package ships, else an error that says what to type. Each step reports
 * what it found. A setting is a decision: where it does not work nothing else is tried.
 */
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { cachedBrowsers } from './cache.ts';
import { type Candidate, judge, oldestMajor } from './candidate.ts';
import { downloadChrome } from './download.ts';
import { packageBrowser } from './package-browser.ts';
import { whyNotRunnable } from './runnable.ts';
import { systemBrowsers } from './system-browsers.ts';

export interface FoundChromium extends Candidate {
  /** As `--version` says it: `156.0.8078.79`. */
  readonly version: string;
}

export interface ChromiumSearch {
  /** `PUPPETEER_EXECUTABLE_PATH`. */
  readonly setting: string | null;
  /** The daemon's environment; PATH is looked through, and browsers are asked for their version in it. */
  readonly env: NodeJS.ProcessEnv;
  /** Directories of fetched browsers, looked through in this order; the first is fetched into. */
  readonly caches: readonly [string, ...string[]];
  /** Whether one may be downloaded. */
  readonly download: boolean;
  readonly clock: Clock;
  /** Sentences for the log. */
  readonly report: (line: string) => void;
  /** How far a download is, in bytes. */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** Instead of the directories that browsers are usually in; for tests. */
  readonly places?: readonly string[];
  /** Whether the build that an npm package ships will do; it does unless this is false. */
  readonly npmPackage?: boolean;
  /** Milliseconds for a browser to say its version. */
  readonly versionDeadline?: number;
}

/** Throws `chromium_not_found` or `chromium_too_old`. */
export async function findChromium(search: ChromiumSearch): Promise<FoundChromium> {
  if (search.setting !== null) return fromSetting(search.setting, search);
  const looked: string[] = ['PUPPETEER_EXECUTABLE_PATH: not set'];
  let tooOld: VigilError | null = null;
  for await (const candidate of candidates(search, looked)) {
    search.signal?.throwIfAborted();
    const verdict = await ask(candidate, search);
    if (verdict.kind === 'usable') {
      search.report(
        `Browser: Chromium ${verdict.version} at ${candidate.path} (${origins[candidate.source]}).`,
      );
      return { ...candidate, version: verdict.version };
    }
    search.signal?.throwIfAborted();
    const why =
      verdict.kind === 'unusable'
        ? verdict.why
        : `${candidate.path} is version ${verdict.version}, and ${oldestMajor} is needed`;
    if (verdict.kind === 'too_old') tooOld ??= outdated(candidate.path, verdict.version);
    looked.push(`${origins[candidate.source]}: ${why}`);
    search.report(`Passing over a browser: ${why}.`);
  }
  search.signal?.throwIfAborted();
  if (tooOld) throw tooOld;
  throw new VigilError('chromium_not_found', ['No Chromium was found. Looked for:', ...looked].join('\n  '), {
    details: { looked },
  });
}

const origins = {
  setting: 'PUPPETEER_EXECUTABLE_PATH',
  system: 'installed',
  cache: 'cache',
  download: 'downloaded',
  package: 'npm package',
} as const;

/** Lazily, so that nothing is fetched when one is there. Adds to `looked` where a step has none. */
async function* candidates(search: ChromiumSearch, looked: string[]): AsyncGenerator<Candidate> {
  const { caches, clock, env, report, signal } = search;
  const [cache] = caches;
  const installed = await systemBrowsers(env['PATH'] ?? '', search.places);
  for (const path of installed.found) yield { path, source: 'system' };
  if (installed.found.length === 0) looked.push(`installed: none of ${installed.looked}`);

  const cached = (await Promise.all(caches.map(cachedBrowsers))).flat();
  for (const path of cached) yield { path, source: 'cache' };
  if (cached.length === 0) looked.push(`cache: none in ${caches.join(', ')}`);

  if (search.download) {
    const failure = await downloadChrome({ cache, env, clock, signal, report, progress: search.progress });
    const fresh =
      failure === null ? (await cachedBrowsers(cache)).find((path) => !cached.includes(path)) : undefined;
    if (fresh !== undefined) yield { path: fresh, source: 'download' };
    else {
      looked.push(`download: ${failure ?? 'there is no newer one'}`);
      report(`No browser was downloaded: ${failure ?? 'there is no newer one'}.`);
    }
  } else looked.push('download: switched off');

  if (search.npmPackage === false) {
    looked.push('npm package: switched off');
    return;
  }
  const packaged = await packageBrowser({ cache, env, clock, signal, report });
  if (typeof packaged === 'string') looked.push(`npm package: ${packaged}`);
  else yield packaged;
}

const ask = (candidate: Candidate, search: ChromiumSearch) =>
  judge(candidate, {
    env: search.env,
    clock: search.clock,
    deadline: search.versionDeadline ?? 10_000,
    signal: search.signal,
  });

async function fromSetting(path: string, search: ChromiumSearch): Promise<FoundChromium> {
  const remedy = 'Correct PUPPETEER_EXECUTABLE_PATH, or remove it to have a browser looked for.';
  const why = await whyNotRunnable(path);
  if (why !== null) {
    throw new VigilError(
      'chromium_not_found',
      `PUPPETEER_EXECUTABLE_PATH should name a browser's program, but ${path} ${why}.`,
      { subject: path, remedy },
    );
  }
  const candidate: Candidate = { path, source: 'setting' };
  const verdict = await ask(candidate, search);
  search.signal?.throwIfAborted();
  if (verdict.kind === 'too_old') throw outdated(path, verdict.version);
  if (verdict.kind === 'unusable') {
    throw new VigilError(
      'chromium_not_found',
      `PUPPETEER_EXECUTABLE_PATH names no working browser: ${verdict.why}.`,
      { remedy },
    );
  }
  search.report(`Browser: Chromium ${verdict.version} at ${path} (${origins.setting}).`);
  return { ...candidate, version: verdict.version };
}

function outdated(path: string, version: string): VigilError {
  return new VigilError(
    'chromium_too_old',
    `The browser ${path} is version ${version}; expected ${oldestMajor} or newer.`,
    { subject: path },
  );
}
