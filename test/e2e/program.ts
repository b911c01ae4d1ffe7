/** The program as it is shipped, run as its users run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../simulator/test-browser.ts';
import { until } from '../support/until.ts';
import type { Volume } from './volume.ts';

const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type Environment = Readonly<Record<string, string | undefined>>;

/** Nothing of the developer's own settings. `undefined` takes one away. */
export async function environmentFor(
  volume: Volume,
  chromiumArgs: readonly string[],
  changes: Environment = {},
): Promise<NodeJS.ProcessEnv> {
  const { executablePath, env } = await findChromium();
  const base = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    LD_LIBRARY_PATH: env['LD_LIBRARY_PATH'],
    FONTCONFIG_PATH: env['FONTCONFIG_PATH'],
    TMPDIR: volume.temporary,
    // Where it would be without a temporary directory of each test's own.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    PUPPETEER_EXECUTABLE_PATH: executablePath,
    VIGIL_VOLUME: volume.root,
    VIGIL_CHROMIUM_ARGS: JSON.stringify(chromiumArgs),
    VIGIL_SEAL_AFTER: '1s',
    PORT: '0',
    LOG_LEVEL: 'trace',
  };
  return Object.fromEntries(
    Object.entries({ ...base, ...changes }).filter(([, value]) => value !== undefined),
  );
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run, with everything that it writes. */
export class Program {
  readonly args: readonly string[];
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  end: Ended | null = null;
  readonly #lines: Readonly<Record<string, unknown>>[] = [];
  /** Where in the output the next line begins that was not read yet. */
  #read = 0;

  constructor(args: readonly string[], { env, cwd }: { env: NodeJS.ProcessEnv; cwd: string }) {
    this.args = args;
    this.child = spawn(process.execPath, [entry, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      // `close` follows when the output has been read to its end as well.
      this.child.once('close', (code, signal) => {
        this.end = { code, signal };
        resolve(this.end);
      });
    });
    this.ended.catch(() => {});
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the program did not start');
    return this.child.pid;
  }

  /** Whole lines of standard output that are JSON. */
  get lines(): readonly Readonly<Record<string, unknown>>[] {
    const whole = this.stdout.lastIndexOf('\n') + 1;
    if (whole <= this.#read) return this.#lines;
    const fresh = this.stdout.slice(this.#read, whole);
    // Tests ask twenty times a second, and a daemon that tells all of it says a lot.
    this.#read = whole;
    for (const line of fresh.split('\n')) {
      try {
        this.#lines.push(JSON.parse(line) as Record<string, unknown>);
      } catch {
        // Words, and the end of the last line.
      }
    }
    return this.#lines;
  }

  /** The first such line, waited for; at once an error when the program has ended without it. */
  async line(
    fits: (line: Readonly<Record<string, unknown>>) => boolean,
    what: string,
    deadline = 30_000,
  ): Promise<Readonly<Record<string, unknown>>> {
    return until(
      () => {
        const { end } = this;
        const found = this.lines.find(fits);
        if (found === undefined && end) {
          throw new Error(`"${this.args.join(' ')}" ended (${end.code ?? end.signal}) before ${what}`);
        }
        return found;
      },
      what,
      deadline,
    );
  }

  kill(signal: NodeJS.Signals): void {
    if (this.end === null) this.child.kill(signal);
  }

  /** How it ended; an error when it does not within the deadline. */
  async exit(deadline = 30_000): Promise<Ended> {
    return until(() => this.end, `end of "${this.args.join(' ')}"`, deadline);
  }

  /** What a failed test prints. */
  tail(lines = 60): string {
    const { code, signal } = this.end ?? { code: null, signal: null };
    const state = this.end === null ? 'still running' : `ended: ${code ?? signal}`;
    // The tests' own questions are of no interest.
    const told = (text: string) =>
      text.split('\n').filter((line) => !line.includes('"route":"/api/sessions"'));
    const last = (text: string) => told(text.trimEnd()).slice(-lines).join('\n');
    return `--- vigil ${this.args.join(' ')} (pid ${this.child.pid}, ${state})\n${last(this.stdout)}\n${last(this.stderr)}`;
  }
}
