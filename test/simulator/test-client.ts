import whatsapp, { type Client } from 'whatsapp-web.js';
import { browserOptions } from './test-browser.ts';

const CLOSE_DEADLINE_MS = 5_000;
const INJECTION_DEADLINE_MS = 2_000;

export interface Seen {
  event: string;
  args: unknown[];
}

/** The unmodified library over one profile, with everything it emits written down. */
export class TestClient {
  readonly client: Client;
  readonly seen: Seen[] = [];
  readonly started: Promise<void>;
  readonly strayFailures: unknown[] = [];
  readonly #injecting = new Set<Promise<void>>();

  private constructor(client: Client) {
    this.client = client;
    const emit = client.emit.bind(client);
    client.emit = ((event: string, ...args: unknown[]) => {
      this.seen.push({ event, args });
      return (emit as (event: string, ...args: unknown[]) => boolean)(event, ...args);
    }) as Client['emit'];
    this.#watchInjections(client as unknown as { inject(): Promise<void> });
    this.started = client.initialize();
    this.started.catch(() => {});
  }

  static async start(
    chromiumArgs: string[],
    dataPath: string,
    extra: Partial<whatsapp.ClientOptions> = {},
  ): Promise<TestClient> {
    const client = new whatsapp.Client({
      authStrategy: new whatsapp.LocalAuth({ clientId: 'test', dataPath }),
      puppeteer: await browserOptions(chromiumArgs),
      webVersionCache: { type: 'none' },
      ...extra,
    });
    return new TestClient(client);
  }

  /** The arguments of the n-th such event, waiting for it if need be. */
  async event(event: string, nth = 1, deadlineMs = 20_000): Promise<unknown[]> {
    const found = () => this.seen.filter((one) => one.event === event)[nth - 1]?.args;
    return until(found, `${event} #${nth} (seen: ${this.names().join(', ')})`, deadlineMs);
  }

  async qr(nth = 1): Promise<string> {
    return String((await this.event('qr', nth))[0]);
  }

  names(): string[] {
    return this.seen.map(({ event }) => event);
  }

  count(event: string): number {
    return this.names().filter((name) => name === event).length;
  }

  /**
   * The library injects again after every navigation and awaits it nowhere, so that a second navigation or a
   * close in the middle is an unhandled rejection. Only the first one, which `initialize` awaits, may fail.
   */
  #watchInjections(client: { inject(): Promise<void> }): void {
    const inject = client.inject.bind(client);
    let first = true;
    client.inject = () => {
      const injecting = inject();
      this.#injecting.add(injecting);
      const harmless = injecting
        .catch((error: unknown) => void this.strayFailures.push(error))
        .finally(() => this.#injecting.delete(injecting));
      if (!first) return harmless;
      first = false;
      return injecting;
    };
  }

  /** Closes as a person would, and makes sure of it. */
  async close(): Promise<void> {
    await until(() => this.#injecting.size === 0, 'end of injection', INJECTION_DEADLINE_MS).catch(() => {});
    const browser = this.client.pupBrowser?.process();
    const pid = browser?.pid;
    // Puppeteer stops listening to its pipes when they close; a reset that comes later would end the process.
    for (const stream of browser?.stdio ?? []) stream?.on('error', () => {});
    const timer = setTimeout(() => killGroup(pid), CLOSE_DEADLINE_MS);
    await this.client.destroy().catch(() => {});
    clearTimeout(timer);
    killGroup(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Polls until there is something; the deadline says what was missed. */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  deadlineMs = 20_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (performance.now() > end) throw new Error(`no ${what} within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has gone already.
  }
}
