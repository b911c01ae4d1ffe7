/**
 * The contract of a bot: your own code beside the whatsapp-web.js client of a session. Types only:
 * `import type { Bot } from 'wa-vigil'`. What becomes of its calls and its failures is told in docs/bots.md.
 */
import type { Client } from 'whatsapp-web.js';

/**
 * The default export of a bot's module. Called once for every new client, before that starts: register listeners and
 * return. What it returns is awaited for 30 s.
 */
export type Bot = (client: Client, tools: BotTools) => unknown;

export interface BotTools {
  /** The session's id. */
  readonly session: string;
  /** Lines of the daemon's log and of the session's own, masked like every other line. */
  readonly log: BotLog;
  /** Aborts when the client's browser is about to be closed, or has ended. */
  readonly signal: AbortSignal;
}

export interface BotLog {
  readonly debug: BotLogMethod;
  readonly info: BotLogMethod;
  readonly warn: BotLogMethod;
  readonly error: BotLogMethod;
}

export interface BotLogMethod {
  (message: string): void;
  /** `fields`: plain data or an error. */
  (fields: object, message?: string): void;
}
