/**
 * A browser of its own for one look into an unpacked profile, with no way out. Two locks, each enough by itself: no name
 * and no address leads anywhere in it, past any proxy; and of what its page asks for, an empty document at the origin is
 * answered here and everything else is refused. It yields to the browsers of sessions: the processor is theirs first, and
 * where memory ends it is this one that the kernel takes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import type { OfflineBrowser, OfflineFindings, OfflineLook } from '../drill/offline-browser.ts';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { within } from '../system/deadline.ts';
import { reap } from '../system/process-reaper.ts';
import type { Processes } from '../system/processes.ts';
import { DevToolsPipe, failureWords } from './devtools-pipe.ts';
import { readSurvey, surveyExpression } from './storage-survey.ts';

/** The browser of the sessions. */
export interface UsedBrowser {
  readonly executable: string;
  readonly version: string;
  readonly args: readonly string[];
}

export interface OfflineChromiumOptions {
  /** Throws `chromium_not_found` and the like. */
  readonly browser: (signal: AbortSignal) => Promise<UsedBrowser>;
  /** What tells it from strangers' processes (profile/markers.ts). */
  readonly marks: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly processes: Processes;
}

/** Milliseconds for a look. A profile of a gigabyte on a slow disk takes some ten seconds. */
const lookDeadline = 180_000;
/** For a close of its own accord, which tidies its temporary files, and for what is left to be gone after SIGKILL. */
const closeDeadline = 5_000;
const reapDeadline = 10_000;

/** Last, since Chromium takes the last of two that contradict each other. */
const cutOff = ['--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND'];

const alone = [
  '--headless=new',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-sync',
  '--password-store=basic',
  '--remote-debugging-pipe',
];

export class OfflineChromium implements OfflineBrowser {
  readonly #options: OfflineChromiumOptions;

  constructor(options: OfflineChromiumOptions) {
    this.#options = options;
  }

  async version(signal: AbortSignal): Promise<string> {
    return (await this.#options.browser(signal)).version;
  }

  async look(look: OfflineLook, signal: AbortSignal): Promise<OfflineFindings> {
    const { browser, marks, env, clock, processes } = this.#options;
    const { executable, args } = await browser(signal);
    signal.throwIfAborted();
    const marker = `--vigil-launch=${randomUUID()}`;
    const child = spawn(
      executable,
      [...alone, ...args, ...marks, marker, `--user-data-dir=${look.profile}`, ...cutOff, 'about:blank'],
      { cwd: look.profile, env, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], detached: true },
    );
    let stderr = '';
    child.on('error', () => {});
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-8_192);
    });
    try {
      void yieldToSessions(child.pid);
      const pipe = new DevToolsPipe(child);
      const found = await within(clock, lookDeadline, 'The look', survey(pipe, look), signal);
      await within(clock, closeDeadline, 'The close', closed(child, pipe), signal).catch(() => {});
      return found;
    } catch (error) {
      signal.throwIfAborted();
      throw incomplete(failureWords(error, stderr));
    } finally {
      await reap({ marker, group: child.pid ?? null }, { clock, processes }, reapDeadline);
    }
  }
}

function incomplete(why: string): VigilError {
  return new VigilError(
    'drill_incomplete',
    `The browser that was to open the backup failed: ${why.replace(/\.$/, '')}.`,
  );
}

async function survey(pipe: DevToolsPipe, { origin, loginKeys }: OfflineLook): Promise<OfflineFindings> {
  const { targetId } = await pipe.call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await pipe.call('Target.attachToTarget', { targetId, flatten: true });
  const page = String(sessionId);
  pipe.on('Fetch.requestPaused', (asked) => void answer(pipe, page, origin, asked).catch(() => {}));
  await pipe.call('Fetch.enable', { patterns: [{ urlPattern: '*' }] }, page);
  const { errorText } = await pipe.call('Page.navigate', { url: `${origin}/` }, page);
  if (errorText !== undefined) throw new Error(`the empty page does not open: ${String(errorText)}`);
  const expression = surveyExpression(loginKeys);
  const evaluation = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = await pipe.call('Runtime.evaluate', evaluation, page);
  // What it says besides may be of the page's making.
  if (exceptionDetails !== undefined) throw new Error('the page could not be asked what it holds');
  return readSurvey((result as { readonly value?: unknown } | undefined)?.value, origin);
}

const emptyPage = Buffer.from('<!doctype html><title>drill</title>').toString('base64');

async function answer(
  pipe: DevToolsPipe,
  page: string,
  origin: string,
  asked: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { requestId, resourceType, request } = asked;
  const { url } = request as { readonly url?: unknown };
  if (url !== `${origin}/` || resourceType !== 'Document') {
    await pipe.call('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' }, page);
    return;
  }
  const responseHeaders = [{ name: 'content-type', value: 'text/html' }];
  const response = { requestId, responseCode: 200, responseHeaders, body: emptyPage };
  await pipe.call('Fetch.fulfillRequest', response, page);
}

async function closed(child: ChildProcess, pipe: DevToolsPipe): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void pipe.call('Browser.close').catch(() => {});
  await gone;
}

/** Best effort, and before it has any children, which take after it. */
async function yieldToSessions(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
    await writeFile(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has ended, or nobody may.
  }
}
