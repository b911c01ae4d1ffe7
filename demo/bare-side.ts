/**
 * The bare program (bare/bot.mjs) and the loop around it, which does what a container or systemd does: when the program
 * has ended, whatever it has left running ends as well, and it is started again.
 */
import { mkdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { browsersOn, send } from '../test/support/processes.ts';
import { type Session, sessions } from './cast.ts';
import { Child, type Ended } from './child.ts';
import { killBrowsers } from './faults.ts';
import { killAll } from './processes.ts';

const program = fileURLToPath(new URL('./bare/bot.mjs', import.meta.url));

/** From the program's end to its next start; it is never given up. */
const restartDelay = 1_000;
/** From Ctrl-C to `kill -9`. */
const patience = 3_000;
const killsWithin = 10_000;

/** What Puppeteer and the library say when a client does not start. */
const failure = /Failed to launch the browser.*|The browser is already running|auth timeout|net::ERR\w*/;

export interface BarePlace {
  readonly scratch: string;
  readonly env: NodeJS.ProcessEnv;
  readonly executable: string;
  readonly chromiumArgs: readonly string[];
}

export class BareSide {
  /** Where LocalAuth puts them. */
  readonly profiles: string;
  readonly #place: BarePlace;
  /** All that it keeps lies in its working directory. */
  readonly #volume: string;
  readonly #temporary: string;
  readonly #told: (news: string) => void;
  readonly #qrs = new Map<Session, string>();
  #ready = new Set<Session>();
  #child: Child | null = null;
  #startedAt = 0;
  #ends: number[] = [];
  #why: string | null = null;
  #burns = 0;
  #isOver = false;
  /** Set while somebody restarts it: then its end is no news. */
  #isRestarting = false;

  constructor(place: BarePlace, told: (news: string) => void) {
    this.#place = place;
    this.#told = told;
    this.#volume = join(place.scratch, 'bare');
    this.#temporary = join(place.scratch, 'tmp', 'bare');
    this.profiles = join(this.#volume, '.wwebjs_auth');
    mkdirSync(this.#volume);
    mkdirSync(this.#temporary, { recursive: true });
  }

  profile(session: Session): string {
    return join(this.profiles, `session-${session}`);
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.end === null;
  }

  /** By `performance.now()`, as all moments here. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** When it ended by itself, since `forgetEnds`. */
  get ends(): readonly number[] {
    return this.#ends;
  }

  get words(): readonly string[] {
    return this.#child?.words ?? [];
  }

  /** The newest QR that the program was given. */
  qr(session: Session): string | null {
    return this.#qrs.get(session) ?? null;
  }

  /** Whether the program believes that this client works. */
  believes(session: Session): boolean {
    return this.isRunning && this.#ready.has(session);
  }

  forgetEnds(): void {
    this.#ends = [];
  }

  start(): void {
    if (this.#isOver) return;
    const { env, executable: executablePath, chromiumArgs } = this.#place;
    const puppeteer = { executablePath, args: ['--no-sandbox', ...chromiumArgs] };
    this.#ready = new Set();
    this.#why = null;
    this.#startedAt = performance.now();
    const child = new Child({
      args: [program],
      cwd: this.#volume,
      env: { ...env, TMPDIR: this.#temporary, DEMO_PUPPETEER: JSON.stringify(puppeteer) },
      onLine: (line) => this.#heard(line),
    });
    this.#child = child;
    void child.ended.then((ended) => this.#ended(ended));
  }

  /** As a person does it: Ctrl-C, and the loop starts it again. */
  async restart(): Promise<void> {
    const child = this.#child;
    this.#isRestarting = true;
    try {
      if (child !== null) {
        child.signal('SIGINT');
        const timer = setTimeout(() => child.signal('SIGKILL'), patience);
        await child.ended;
        clearTimeout(timer);
      }
    } finally {
      this.#isRestarting = false;
    }
    this.#startAnew();
  }

  /** Its machine and its volume, as with the daemon's; here nothing is left. The loop starts it again. */
  async burnDown(): Promise<void> {
    this.#isRestarting = true;
    try {
      if (!(await killAll(this.#temporary, killsWithin)))
        throw new Error('the bare program cannot be killed');
      const trash = join(this.#place.scratch, `bare-burnt-${++this.#burns}`);
      renameSync(this.#volume, trash);
      await mkdir(this.#volume);
      void rm(trash, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      await sleep(restartDelay);
    } finally {
      this.#isRestarting = false;
    }
    this.#startAnew();
  }

  /** Closes its browsers in order, so that what they hold back reaches the disk. */
  async closeBrowsers(): Promise<void> {
    const browsers = () => sessions.flatMap((session) => browsersOn(this.profile(session)));
    for (const { pid } of browsers()) send(pid, 'SIGINT');
    const end = performance.now() + patience;
    while (browsers().length > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** One that names another host, as Chromium's message does. */
  get hasStaleLock(): boolean {
    return this.#staleLocks().length > 0;
  }

  /** `rm SingletonLock`, where the message says so. */
  removeLocks(): void {
    for (const lock of this.#staleLocks()) rmSync(lock, { force: true });
  }

  stop(): void {
    this.#isOver = true;
  }

  #staleLocks(): readonly string[] {
    return sessions
      .map((session) => join(this.profile(session), 'SingletonLock'))
      .filter((lock) => {
        const owner = targetOf(lock);
        return owner !== null && !owner.startsWith(`${hostname()}-`);
      });
  }

  #heard(line: string): void {
    const [, event, name = '', qr = ''] = /^(QR RECEIVED|READY) (\S+) ?(.*)$/.exec(line) ?? [];
    const session = sessions.find((one) => one === name);
    if (session === undefined) {
      this.#why ??= failure.exec(line)?.[0].replaceAll(/\s+/g, ' ') ?? null;
    } else if (event === 'READY') this.#ready.add(session);
    else this.#qrs.set(session, qr);
  }

  #ended({ code, signal }: Ended): void {
    if (this.#isOver || this.#isRestarting) return;
    this.#ends.push(performance.now());
    this.#told(`program ended (${code ?? signal})${this.#why === null ? '' : `: ${this.#why}`}`);
    setTimeout(() => {
      if (this.#isRestarting || this.isRunning || this.#isOver) return;
      this.#told('its loop starts it again');
      this.#startAnew();
    }, restartDelay);
  }

  /** Puppeteer leaves a browser behind where a program with several of them crashes. */
  #startAnew(): void {
    killBrowsers([this.profiles]);
    this.start();
  }
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}
