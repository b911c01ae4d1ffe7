/**
 * Sees the browser process the moment it is spawned, whoever spawns it: Puppeteer tells neither pid nor
 * standard error until a launch has succeeded, and a library that is told to stop while it launches goes on.
 * Node announces every child process of this process; ours carries an argument that no other has.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { Processes } from '../../system/processes.ts';

const channel = 'child_process';
const keptLines = 40;

export class BrowserSpawn {
  /** To be among the browser's arguments. */
  readonly marker = `--vigil-launch=${randomUUID()}`;
  #child: ChildProcess | null = null;
  #exitCode: number | null = null;
  #forbidden = false;
  #stderr = '';
  readonly #processes: Processes;
  readonly #exited: () => void;

  constructor(processes: Processes, exited: () => void) {
    this.#processes = processes;
    this.#exited = exited;
  }

  watch(): void {
    subscribe(channel, this.#announced);
  }

  unwatch(): void {
    unsubscribe(channel, this.#announced);
  }

  /** From now on a browser of this launch is killed as it appears. */
  forbid(): void {
    this.#forbidden = true;
    if (this.#child !== null) this.#killGroup(this.#child);
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** The last lines of its standard error. */
  get stderr(): readonly string[] {
    return this.#stderr.split('\n').filter((line) => line.trim() !== '');
  }

  readonly #announced = (message: unknown): void => {
    const child = (message as { process: ChildProcess }).process;
    // Announced from its constructor: arguments, pid and streams are there a moment later.
    queueMicrotask(() => this.#spawned(child));
  };

  #spawned(child: ChildProcess): void {
    if (!child.spawnargs?.includes(this.marker)) return;
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#stderr = `${this.#stderr}${data.toString('utf8')}`
        .split('\n')
        .slice(-keptLines)
        .join('\n')
        .slice(-16_384);
    });
    // A pipe to a browser that is killed fails, sometimes after Puppeteer has stopped to listen; an error
    // that nobody hears would end the host. Its end is told by `exit`.
    for (const stream of child.stdio) stream?.on('error', () => {});
    child.once('exit', (code) => {
      this.#exitCode = code;
      this.#exited();
    });
    if (this.#forbidden) this.#killGroup(child);
  }

  /** Puppeteer makes the browser lead a group. Only while it has not exited: numbers are reused. */
  #killGroup(child: ChildProcess): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (!this.#processes.signalGroup(child.pid, 'SIGKILL')) child.kill('SIGKILL');
  }
}
