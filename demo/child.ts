/** A program that the demo runs: what it says, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildRequest {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
}

const lastWords = 40;

export class Child {
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  readonly #words: string[] = [];
  #end: Ended | null = null;

  constructor({ args, cwd, env, onLine }: ChildRequest) {
    // In a group of its own: Ctrl-C in the terminal is for the demo, which ends the others itself.
    this.#process = spawn(process.execPath, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#words.push(line);
        if (this.#words.length > lastWords) this.#words.shift();
        onLine(line);
      });
    }
    this.ended = new Promise((resolve) => {
      const end = (ended: Ended) => {
        this.#end ??= ended;
        resolve(this.#end);
      };
      this.#process.once('error', (error) => {
        this.#words.push(String(error));
        end({ code: null, signal: null });
      });
      // `exit`, not `close`: a browser that is left over may hold the pipes.
      this.#process.once('exit', (code, signal) => end({ code, signal }));
    });
  }

  get end(): Ended | null {
    return this.#end;
  }

  /** The end of what it said, for a person who looks into a failure. */
  get words(): readonly string[] {
    return this.#words;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#end === null) this.#process.kill(signal);
  }
}
