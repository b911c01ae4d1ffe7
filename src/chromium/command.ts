/** Runs a short program of the browser's and ends it, with all that it started, at a deadline. */
import { spawn } from 'node:child_process';
import type { Clock } from '../system/clock.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Milliseconds without a line of output after which it is given up; null: only `deadline` counts. */
  readonly patience?: number;
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Outcome {
  /** Null when it was ended by a signal or could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no exit code, in words; null when there is one. */
  readonly failure: string | null;
}

const kept = 64 * 1024;

/** Never rejects. Resolves once the process is gone. */
export function runCommand(command: Command): Promise<Outcome> {
  const { clock, signal } = command;
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    let unread = '';
    let failure: string | null = null;
    // A group of its own, since browsers are started by scripts and leave children behind.
    const child = spawn(command.file, command.args, {
      env: command.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const end = (why: string) => {
      failure ??= why;
      killGroup(child.pid);
      // A grandchild that left the group may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const abort = () => end('was interrupted');
    const timer = clock.setTimer(command.deadline, () =>
      end(`did not end within ${command.deadline / 1_000} s`),
    );
    const watch = () =>
      command.patience === undefined
        ? null
        : clock.setTimer(command.patience, () => end(`was silent for ${(command.patience ?? 0) / 1_000} s`));
    let silence = watch();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      silence?.cancel();
      silence = watch();
      stdout = (stdout + chunk).slice(-kept);
      const lines = (unread + chunk).split('\n');
      unread = lines.pop() ?? '';
      for (const line of lines) command.onLine?.(line);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-kept);
    });
    child.on('error', (error) => {
      failure ??= `could not be started: ${error.message}`;
    });
    child.on('close', (code, killedBy) => {
      timer.cancel();
      silence?.cancel();
      signal?.removeEventListener('abort', abort);
      // Whatever it left running in its group has no business any more.
      killGroup(child.pid);
      if (killedBy !== null) failure ??= `was ended by ${killedBy}`;
      resolve({ code: failure === null ? code : null, stdout, stderr, failure });
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** The last line of what a program said, for a sentence. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim().slice(0, 300).replace(/\.$/, '') ?? '';
}
