/**
 * A child process that says what it does in lines of JSON. Each line carries the moment at which it arrived here,
 * by the clock by which the process was started. Whatever is still running when this process ends is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface Said {
  /** Milliseconds by `performance.now()` of this process. */
  readonly at: number;
  readonly json: Readonly<Record<string, unknown>>;
}

export type Meant = (json: Said['json']) => boolean;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const lastWords = 20;

export class Program implements AsyncDisposable {
  readonly startedAt: number;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #said: Said[] = [];
  readonly #other: string[] = [];
  readonly #exited: Promise<void>;
  #wake = Promise.withResolvers<void>();
  #isOver = false;

  constructor(name: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#name = name;
    this.startedAt = performance.now();
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    running.add(this.#child);
    this.#read(this.#child.stdout as Readable);
    this.#read(this.#child.stderr as Readable);
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', () => {
        running.delete(this.#child);
        this.#isOver = true;
        this.#wake.resolve();
        resolve();
      });
    });
  }

  /** Everything that it has said so far. */
  get said(): readonly Said[] {
    return this.#said;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.#name} did not start`);
    return pid;
  }

  /** The first such line that arrived after `since`, waiting for it if need be. */
  async line(
    meant: Meant,
    what: string,
    { since = 0, deadline = 180_000 }: { readonly since?: number; readonly deadline?: number } = {},
  ): Promise<Said> {
    const end = performance.now() + deadline;
    for (let next = 0; ; ) {
      for (; next < this.#said.length; next++) {
        const said = this.#said[next];
        if (said && said.at >= since && meant(said.json)) return said;
      }
      if (this.#isOver) throw this.#failure(`ended before ${what}`);
      const left = end - performance.now();
      if (left <= 0) throw this.#failure(`did not say ${what} within ${deadline / 1000} s`);
      await this.#news(left);
    }
  }

  /** Tells it to end, and kills it when it does not. */
  async stop(deadline = 60_000): Promise<void> {
    if (this.#isOver) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), deadline);
    await this.#exited;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      const at = performance.now();
      const json = parsed(line);
      if (json) this.#said.push({ at, json });
      this.#other.push(line);
      if (this.#other.length > lastWords) this.#other.shift();
      this.#wake.resolve();
    });
  }

  async #news(deadline: number): Promise<void> {
    const timer = setTimeout(() => this.#wake.resolve(), deadline);
    await this.#wake.promise;
    clearTimeout(timer);
    this.#wake = Promise.withResolvers<void>();
  }

  #failure(what: string): Error {
    return new Error(`${this.#name} ${what}. Its last words:\n${this.#other.join('\n')}`);
  }
}

function parsed(line: string): Said['json'] | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Said['json'];
  } catch {
    return null;
  }
}
