/** `vigil serve` (or `up`) on a volume, asked as programs ask it: by its log, its HTTP and its end. */
import type { SessionView } from '../../src/session/session-view.ts';
import { send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { Program } from './program.ts';
import type { Volume } from './volume.ts';

/** Milliseconds. Twenty questions a second, each in the log, were a tenth of what a daemon of the tests had to do. */
const betweenQuestions = 150;

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The body, where it is JSON; what the API answers is in `data` or `error`. */
  readonly body: { readonly data?: unknown; readonly error?: { readonly code: string } } | null;
}

export class Daemon extends Program {
  readonly volume: Volume;
  readonly #key: string | undefined;
  #url: string | null = null;

  constructor(
    volume: Volume,
    env: NodeJS.ProcessEnv,
    args: readonly string[] = [],
    verb: 'serve' | 'up' = 'serve',
  ) {
    super([verb, ...args], { env, cwd: volume.scratch });
    this.volume = volume;
    this.#key = env['VIGIL_API_KEY'];
  }

  /** Where it listens, once it does; with the line break of a path appended. */
  async url(path = ''): Promise<string> {
    this.#url ??= String(
      (await this.line(({ url }) => typeof url === 'string', 'an address to listen on'))['url'],
    );
    return `${this.#url.replace(/\/$/, '')}${path}`;
  }

  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { ...(this.#key === undefined ? {} : { 'x-api-key': this.#key }), ...init.headers };
    const answer = await fetch(await this.url(path), {
      ...init,
      headers,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    let body: Answer['body'] = null;
    try {
      body = JSON.parse(text);
    } catch {
      // A page, or lines of JSON.
    }
    return { status: answer.status, text, body };
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.request(path, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  }

  async sessions(): Promise<readonly SessionView[]> {
    return (await this.request('/api/sessions')).body?.data as readonly SessionView[];
  }

  async session(id = 'main'): Promise<SessionView | undefined> {
    return (await this.sessions()).find((session) => session.id === id);
  }

  /** The session once it is as wanted; an error that shows it when it does not become so. */
  async until(
    fits: (session: SessionView) => boolean,
    { id = 'main', what = 'the session to be as expected', deadline = 60_000 } = {},
  ): Promise<SessionView> {
    let last: SessionView | undefined;
    return until(
      async () => {
        if (this.end) throw new Error(`the daemon ended (${this.end.code ?? this.end.signal}): ${what}`);
        last = await this.session(id);
        return last !== undefined && fits(last) ? last : null;
      },
      () => `${what}; it is ${JSON.stringify(last)}`,
      deadline,
      betweenQuestions,
    );
  }

  ready(id = 'main', deadline = 60_000): Promise<SessionView> {
    return this.until(({ status }) => status === 'ready', { id, what: `${id} ready`, deadline });
  }

  /** Ready again, after it had not been. */
  async recovered(before: SessionView, deadline = 60_000): Promise<SessionView> {
    return this.until(({ status, since }) => status === 'ready' && since > before.since, {
      id: before.id,
      what: `${before.id} ready again since ${before.since}`,
      deadline,
    });
  }

  /** A change of the session's state that the log tells of; the nth of its kind. */
  transition(change: string, { id = 'main', nth = 1, deadline = 60_000 } = {}): Promise<unknown> {
    let seen = 0;
    let looked = 0;
    return until(
      () => {
        if (this.end) throw new Error(`the daemon ended before "${change}"`);
        const { lines } = this;
        for (const line of lines.slice(looked)) if (line['session'] === id && line['msg'] === change) seen++;
        looked = lines.length;
        return seen >= nth;
      },
      `"${change}" of ${id}`,
      deadline,
    );
  }

  /** As a platform does it: SIGTERM, then patience. */
  async stop(deadline = 50_000): Promise<{ readonly code: number | null; readonly took: number }> {
    const began = performance.now();
    this.kill('SIGTERM');
    const { code } = await this.exit(deadline);
    return { code, took: performance.now() - began };
  }

  /** `kill -9`, of the daemon alone. */
  async crash(): Promise<void> {
    this.kill('SIGKILL');
    await this.exit();
  }

  /** `kill -9` of the daemon and everything that it started, as when a machine goes down. */
  async crashAll(): Promise<void> {
    // The children of browsers too: those that stand still for a snapshot just then do not end by themselves.
    const children = this.volume.processes().filter(({ argv }) => argv.join(' ').includes('--type='));
    const others = [...this.volume.hosts(), ...this.volume.browsers(), ...children];
    this.kill('SIGKILL');
    for (const { pid } of others) send(pid, 'SIGKILL');
    await this.exit();
    await until(() => this.volume.processes().length === 0, 'the end of everything that was killed');
  }
}
