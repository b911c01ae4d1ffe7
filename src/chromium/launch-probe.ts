/**
 * Starts a browser the way engines do (headless, over a pipe), opens an empty page, asks it for a sum and
 * closes it: only a browser that does this can run a session. Its profile is a scratch directory.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../system/clock.ts';
import { killGroup } from './command.ts';
import { DevToolsPipe, failureWords } from './devtools-pipe.ts';

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
    await Promise.race([addInPage(new DevToolsPipe(child)), late]);
    return { ok: true, ms: Math.round(clock.monotonic() - started) };
  } catch (error) {
    return { ok: false, why: failureWords(error, stderr) };
  } finally {
    timer.cancel();
    killGroup(child.pid);
    await gone;
    // A directory in the temporary folder that stays says nothing about the browser.
    await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

async function addInPage(pipe: DevToolsPipe): Promise<void> {
  const { targetId } = await pipe.call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await pipe.call('Target.attachToTarget', { targetId, flatten: true });
  await pipe.call('Runtime.evaluate', { expression: '1 + 1' }, String(sessionId));
}
