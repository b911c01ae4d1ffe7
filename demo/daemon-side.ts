/** The daemon as anybody has it: its program, documented settings, its log and its HTTP API. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Session, sessions } from './cast.ts';
import { Child } from './child.ts';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const pollEvery = 150;
const answersWithin = 10_000;

/** What makes two minutes enough; shown on the screen. The defaults are for months. */
export const settings: Readonly<Record<string, string>> = {
  VIGIL_SEAL_AFTER: '1s',
  VIGIL_WATCHDOG: '2s',
  VIGIL_PROBE_DEADLINE: '3s',
};

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
  readonly volume: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly executable: string;
  readonly chromiumArgs: readonly string[];
}

export class DaemonSide {
  readonly profiles: string;
  readonly child: Child;
  #url: string | null = null;
  #sessions: ReadonlyMap<string, DaemonSession> = new Map();
  #isOver = false;

  constructor({ volume, cwd, env, executable, chromiumArgs }: DaemonPlace) {
    this.profiles = join(volume, 'whatsapp-sessions');
    this.child = new Child({
      args: [program, 'serve'],
      cwd,
      env: {
        ...env,
        ...settings,
        VIGIL_VOLUME: volume,
        VIGIL_SESSIONS: sessions.join(','),
        VIGIL_CHROMIUM_ARGS: JSON.stringify(chromiumArgs),
        PUPPETEER_EXECUTABLE_PATH: executable,
        PORT: '0',
        VIGIL_LOG_FORMAT: 'json',
      },
      onLine: (line) => {
        this.#url ??= urlIn(line);
      },
    });
    void this.#follow();
  }

  profile(session: Session): string {
    return join(this.profiles, `session-${session}`);
  }

  /** As it was told last; undefined before it was told at all. */
  session(session: Session): DaemonSession | undefined {
    return this.#sessions.get(session);
  }

  /** What there is to scan; null where there is nothing. */
  async qr(session: Session): Promise<string | null> {
    const data = await this.#get(`/api/sessions/${session}/qr`);
    return (data as { readonly qr: string | null } | null)?.qr ?? null;
  }

  stopFollowing(): void {
    this.#isOver = true;
  }

  async #follow(): Promise<void> {
    while (!this.#isOver && this.child.end === null) {
      const found = (await this.#get('/api/sessions')) as readonly DaemonSession[] | null;
      if (found !== null) this.#sessions = new Map(found.map((one) => [one.id, one]));
      await new Promise((resolve) => setTimeout(resolve, pollEvery));
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

function urlIn(line: string): string | null {
  try {
    const { url } = JSON.parse(line) as { readonly url?: unknown };
    return typeof url === 'string' ? url : null;
  } catch {
    return null;
  }
}
