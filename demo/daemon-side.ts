/**
 * The daemon as anybody has it: its program, documented settings, its log and its HTTP API; and what a platform does
 * around it, which starts it again when its machine has gone, on a volume that is empty.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Session, sessions } from './cast.ts';
import { Child, type Ended } from './child.ts';
import { killAll } from './processes.ts';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const pollEvery = 150;
const answersWithin = 10_000;
const killsWithin = 10_000;
/** From the end of its machine to its start on the next one. */
const restartDelay = 1_000;

/** What makes two minutes enough; shown on the screen. The defaults are for months. */
export const settings: Readonly<Record<string, string>> = {
  VIGIL_SEAL_AFTER: '1s',
  VIGIL_WATCHDOG: '2s',
  VIGIL_PROBE_DEADLINE: '3s',
};

/** What a person types when the volume has gone, and the vault is another installation's by its own account. */
export const recoverCommand = ['recover', '--take-over', '--yes'] as const;

/** The fields that are used here, of the documented ones of `GET /api/sessions`. */
export interface DaemonSession {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly lastBackup: string | null;
  readonly nextTry: string | null;
  readonly restored: { readonly at: string } | null;
}

export interface DaemonPlace {
  /** The volume and the vault lie in it, beside each other. */
  readonly scratch: string;
  readonly env: NodeJS.ProcessEnv;
  readonly executable: string;
  readonly chromiumArgs: readonly string[];
}

export class DaemonSide {
  readonly #place: DaemonPlace;
  readonly #volume: string;
  /** Beyond the volume, as on a disk or a server of its own. */
  readonly #vault: string;
  readonly #temporary: string;
  #child: Child;
  #url: string | null = null;
  #asksForOwner = false;
  #sessions: ReadonlyMap<string, DaemonSession> = new Map();
  #burns = 0;
  #isBurning = false;
  #isOver = false;

  constructor(place: DaemonPlace) {
    this.#place = place;
    this.#volume = join(place.scratch, 'volume');
    this.#vault = join(place.scratch, 'vault');
    // Where browsers leave their sockets, and by which those of this side are known.
    this.#temporary = join(place.scratch, 'tmp', 'vigil');
    mkdirSync(this.#volume);
    mkdirSync(this.#vault);
    mkdirSync(this.#temporary, { recursive: true });
    this.#child = this.#start();
    void this.#follow();
  }

  profile(session: Session): string {
    return join(this.#volume, 'whatsapp-sessions', `session-${session}`);
  }

  /** As it was told last; undefined before it was told at all. */
  session(session: Session): DaemonSession | undefined {
    return this.#sessions.get(session);
  }

  /** How it ended, where nobody wanted that; null while it runs. */
  get end(): Ended | null {
    return this.#isBurning ? null : this.#child.end;
  }

  /** The end of what it said, for a person who looks into a failure. */
  get words(): readonly string[] {
    return this.#child.words;
  }

  /** It found an empty volume and a vault of another installation, and waits for a person. */
  get asksForOwner(): boolean {
    return this.#asksForOwner;
  }

  /** What there is to scan; null where there is nothing. */
  async qr(session: Session): Promise<string | null> {
    const data = await this.#get(`/api/sessions/${session}/qr`);
    return (data as { readonly qr: string | null } | null)?.qr ?? null;
  }

  /** The machine with everything on it, and the volume: what is left is the vault. Its platform starts it again. */
  async burnDown(): Promise<void> {
    this.#isBurning = true;
    this.#sessions = new Map();
    this.#url = null;
    this.#asksForOwner = false;
    if (!(await killAll(this.#temporary, killsWithin))) throw new Error('the daemon cannot be killed');
    await this.#child.ended;
    const trash = join(this.#place.scratch, `burnt-${++this.#burns}`);
    renameSync(this.#volume, trash);
    await mkdir(this.#volume);
    void rm(trash, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    await sleep(restartDelay);
    if (this.#isOver) return;
    this.#child = this.#start();
    this.#isBurning = false;
  }

  /** `vigil recover`, as a person types it. False where it did not do so. */
  async recover(): Promise<boolean> {
    const { cwd, env } = this.#surroundings;
    const command = new Child({
      args: [program, ...recoverCommand],
      cwd,
      env,
      onLine: () => {},
    });
    const { code } = await command.ended;
    if (code === 0) this.#asksForOwner = false;
    return code === 0;
  }

  stopFollowing(): void {
    this.#isOver = true;
  }

  get #surroundings() {
    const { env, executable, chromiumArgs, scratch } = this.#place;
    return {
      cwd: scratch,
      env: {
        ...env,
        ...settings,
        TMPDIR: this.#temporary,
        VIGIL_VOLUME: this.#volume,
        VIGIL_VAULT: `directory:${this.#vault}`,
        VIGIL_SESSIONS: sessions.join(','),
        VIGIL_CHROMIUM_ARGS: JSON.stringify(chromiumArgs),
        PUPPETEER_EXECUTABLE_PATH: executable,
        PORT: '0',
        VIGIL_LOG_FORMAT: 'json',
      },
    };
  }

  #start(): Child {
    return new Child({
      ...this.#surroundings,
      args: [program, 'serve'],
      onLine: (line) => {
        const { url, err } = fieldsOf(line);
        if (typeof url === 'string') this.#url ??= url;
        if ((err as { readonly code?: unknown } | undefined)?.code === 'vault_owned')
          this.#asksForOwner = true;
      },
    });
  }

  async #follow(): Promise<void> {
    while (!this.#isOver && this.end === null) {
      const burns = this.#burns;
      const found = (await this.#get('/api/sessions')) as readonly DaemonSession[] | null;
      // What was said by one that is gone since says nothing.
      if (found !== null && !this.#isBurning && burns === this.#burns)
        this.#sessions = new Map(found.map((one) => [one.id, one]));
      await sleep(pollEvery);
    }
    this.#sessions = new Map();
  }

  /** Null when it does not answer, or not with data. */
  async #get(path: string): Promise<unknown> {
    if (this.#url === null) return null;
    try {
      const response = await fetch(new URL(path, this.#url), { signal: AbortSignal.timeout(answersWithin) });
      const { data } = (await response.json()) as { readonly data?: unknown };
      return data ?? null;
    } catch {
      return null;
    }
  }
}

/** Of a line of its log; none where it is not one. */
function fieldsOf(line: string): { readonly url?: unknown; readonly err?: unknown } {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === 'object' && fields !== null ? fields : {};
  } catch {
    return {};
  }
}
