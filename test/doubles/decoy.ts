import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/**
 * A real process that carries these arguments and does nothing: a shell waiting for a line that never comes.
 * It ends with the test at the latest.
 */
export async function decoy(
  args: readonly string[],
  options: { readonly cwd?: string; readonly detached?: boolean; readonly script?: string } = {},
): Promise<{ readonly pid: number; readonly child: ChildProcess; kill(): Promise<void> }> {
  const child = spawn('/bin/sh', ['-c', options.script ?? 'read line', 'decoy', ...args], {
    cwd: options.cwd,
    detached: options.detached ?? false,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  if (child.pid === undefined) throw new Error('the decoy did not start');
  return { pid: child.pid, child, kill };
}
