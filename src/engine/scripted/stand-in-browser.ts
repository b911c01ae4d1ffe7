/**
 * A process that can be found, killed and waited for as a browser can: it leads its own group, names the
 * profile among its arguments, and ends when the pipe from its parent closes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export class StandInBrowser {
  readonly #child: ChildProcess;
  readonly exited: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = once(child, 'exit').then(() => undefined);
  }

  static async launch(userDataDir: string, args: readonly string[]): Promise<StandInBrowser> {
    const argv = ['-c', 'read -r _; exit 0', 'stand-in', `--user-data-dir=${userDataDir}`, ...args];
    const child = spawn('/bin/sh', argv, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const browser = new StandInBrowser(child);
    child.stdin?.on('error', () => {});
    await once(child, 'spawn');
    return browser;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
