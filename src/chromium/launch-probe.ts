/**
 * Starts a browser the way engines do (headless, over a pipe), opens an empty page, asks it for a sum and
 * closes it: only a browser that does this can run a session. Its profile is a scratch directory.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '../system/clock.ts';
import { killGroup } from './command.ts';

export interface LaunchProbe {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Milliseconds for all of it. */
  readonly deadline: number;
}

export type LaunchVerdict =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly why: string };

/** Never rejects; the browser is gone when it resolves. */
export async function probeLaunch(probe: LaunchProbe): Promise<LaunchVerdict> {
  const { clock } = probe;
  const started = clock.monotonic();
  const profile = await mkdtemp(join(tmpdir(), 'vigil-probe-'));
  const child = spawn(
    probe.path,
    [
      // Of those that Puppeteer passes, the ones that matter to a page that is gone again at once.
      '--headless=new',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-dev-shm-usage',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      ...probe.args,
      'about:blank',
    ],
    { env: probe.env, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], detached: true },
  );
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-8_192);
  });
  const gone = new Promise<void>(
    (resolve) => void child.on('exit', () => resolve()).on('error', () => resolve()),
  );
  let timer = { cancel() {} };
  const late = new Promise<never>((_, reject) => {
    timer = clock.setTimer(probe.deadline, () =>
      reject(new Error(`did not answer within ${probe.deadline / 1_000} s`)),
    );
  });
  try {
    await Promise.race([addInPage(child), late]);
    return { ok: true, ms: Math.round(clock.monotonic() - started) };
  } catch (error) {
    return { ok: false, why: reason(error, stderr) };
  } finally {
    timer.cancel();
    killGroup(child.pid);
    await gone;
    // A directory in the temporary folder that stays says nothing about the browser.
    await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

/** Speaks just enough of the DevTools protocol: messages end with a NUL. */
async function addInPage(child: ChildProcess): Promise<void> {
  const [, , , input, output] = child.stdio as [null, null, Readable, Duplex, Duplex];
  const waiting = new Map<number, (answer: Answer) => void>();
  let unread = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (unread + chunk).split('\0');
    unread = messages.pop() ?? '';
    for (const message of messages) {
      const answer: Answer = JSON.parse(message);
      if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    }
  });
  // Writing to a browser that just ended is no news: its end is.
  for (const stream of [input, output]) stream.on('error', () => undefined);
  let id = 0;
  const call = (method: string, params: object, sessionId?: string) =>
    new Promise<Record<string, never>>((resolve, reject) => {
      const own = ++id;
      waiting.set(own, (answer) =>
        answer.result ? resolve(answer.result) : reject(new Error(answer.error?.message)),
      );
      input.write(`${JSON.stringify({ id: own, method, params, ...(sessionId && { sessionId }) })}\0`);
    });
  const ended = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(new Error(`could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => reject(new Error(`ended at once (${signal ?? `exit code ${code}`})`)));
  });
  const conversation = async () => {
    const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
    await call('Runtime.evaluate', { expression: '1 + 1' }, sessionId);
  };
  await Promise.race([conversation(), ended]);
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, never>;
  readonly error?: { readonly message: string };
}

/** Chromium says why on standard error, between much that does not matter. */
function reason(error: unknown, stderr: string): string {
  const telling = stderr
    .split('\n')
    .findLast((line) =>
      /FATAL|sandbox|error while loading|Permission denied|No space|cannot open/i.test(line),
    );
  const what = error instanceof Error ? error.message : String(error);
  return telling === undefined
    ? what
    : `${what}: ${telling
        .replace(/^\[[^\]]*\]\s*/, '')
        .trim()
        .slice(0, 300)}`;
}
