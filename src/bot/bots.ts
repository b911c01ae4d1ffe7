/** Where an engine hands its library's client to a bot, and what a bot's host carries to the daemon. */
import type { BotWish } from '../engine/engine.ts';

/** The part of a library's client that is guarded. `initialize`, `destroy` and `logout` are replaced on it. */
export interface BotClient {
  initialize(): Promise<void>;
  destroy(): Promise<void>;
  logout(): Promise<void>;
}

export interface BotLaunch {
  /** Absolute path. */
  readonly module: string;
  readonly session: string;
  /** The entry of the library that made the client; null where there is none to share. */
  readonly library: string | null;
  /** Milliseconds for it to be loaded and to return, of those in which its process gets the processor. */
  readonly deadline: number;
  /** Aborts when the engine ends, or is about to be ended. */
  readonly signal: AbortSignal;
}

export interface Bots {
  /**
   * Loads the bot and calls it with the client, which has not been started. Throws an `EngineFailure` of the cause
   * `bot_error`, or the signal's reason.
   */
  attend(client: BotClient, launch: BotLaunch): Promise<void>;
}

export const botLevels = ['debug', 'info', 'warn', 'error'] as const;
export type BotLevel = (typeof botLevels)[number];

/** A line of a bot, as plain data. */
export interface BotLine {
  readonly level: BotLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | null;
}

/** Failures of a bot that its session goes on after. */
export interface BotFault {
  /** Where it happened, for people: `a listener of "message"`. */
  readonly where: string;
  /** The error with its stack; null where many are told in a sum. */
  readonly detail: string | null;
  readonly count: number;
}

/** A bot that has called `destroy()` is given this long to call `initialize()`; milliseconds. */
export const secondThoughts = 10_000;

/** The way to the daemon. */
export interface BotLink {
  /** From now on a host that does not answer is blocked by its bot. Resolves once somebody watches. */
  watched(): Promise<void>;
  /** Resolves once the daemon has taken it. */
  ask(wish: BotWish): Promise<void>;
  line(line: BotLine): void;
  fault(fault: BotFault): void;
  /** The bot ended its process, or tried to: the engine is to be closed. */
  ended(detail: string): void;
}
