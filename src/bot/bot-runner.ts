/** Runs a bot in its host: guards client and process, loads it, calls it, and keeps what it does from the engine. */
import type { EventEmitter } from 'node:events';
import { basename } from 'node:path';
import { type BotWish, EngineFailure } from '../engine/engine.ts';
import type { Clock } from '../system/clock.ts';
import { DeadlineExceeded } from '../system/deadline.ts';
import { type Starved, withinOwnTime } from '../system/own-time.ts';
import type { BotTools } from './bot.ts';
import { BotContext } from './bot-context.ts';
import { BotSpeech, describeFault } from './bot-log.ts';
import { BotWishes } from './bot-wishes.ts';
import { type BotClient, type BotLaunch, type BotLink, type Bots, secondThoughts } from './bots.ts';
import { guardClient } from './guarded-client.ts';
import { guardListeners } from './guarded-listeners.ts';
import { BotEnded, guardProcess } from './guarded-process.ts';
import { botFailure, loadBot } from './load-bot.ts';
import { shareLibrary } from './shared-library.ts';

export interface BotRunnerOptions {
  readonly clock: Clock;
  /** A bot that could not run is not blamed for it. */
  readonly starved: Starved;
  readonly link: BotLink;
  /** The process that the bot shares with its host. */
  readonly process: NodeJS.Process;
}

export class BotRunner implements Bots {
  readonly #options: BotRunnerOptions;
  readonly #speech: BotSpeech;
  readonly #wishes: BotWishes;
  readonly #ended = new AbortController();
  readonly #wantsRestart = Promise.withResolvers<void>();
  #context: BotContext | null = null;
  #askedToStop = false;
  /** The library has said that its client is done; the engine says why, at the latest in two seconds. */
  #isOver = false;

  constructor(options: BotRunnerOptions) {
    this.#options = options;
    this.#speech = new BotSpeech(options.link, options.clock);
    this.#wishes = new BotWishes(options.link, options.clock);
  }

  async attend(client: BotClient, launch: BotLaunch): Promise<void> {
    const { link, process } = this.#options;
    const { module, session, library, deadline, signal } = launch;
    const context = new BotContext(module, library);
    this.#context = context;
    const guard = {
      isInside: () => context.isInside,
      call: (where: string, work: () => unknown) => this.#call(context, where, work),
    };
    guardClient(client, guard.isInside, (wish) => this.#ask(wish));
    const emitter = client as unknown as EventEmitter;
    for (const event of ['disconnected', 'auth_failure']) emitter.on(event, () => (this.#isOver = true));
    for (const event of ['authenticated', 'ready']) emitter.on(event, () => (this.#isOver = false));
    guardListeners(emitter, guard);
    guardProcess(process, {
      ...guard,
      owns: (reason) => context.owns(reason),
      ended: (how) => {
        if (!this.#isDone) link.ended(`The bot ${basename(module)} called ${how}.`);
      },
    });
    const end = () => this.#end(context);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    signal.throwIfAborted();
    if (library !== null) shareLibrary(library);
    await link.watched();
    const tools: BotTools = Object.freeze({ session, log: this.#speech.log, signal: this.#ended.signal });
    const running = context.enter(async () => {
      const bot = await loadBot(module);
      await bot(client, tools);
    });
    try {
      await withinOwnTime(this.#options, deadline, 'The bot', running, signal);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : failureOf(thrown, launch);
    }
  }

  /** Whether a failure that nobody handled was the bot's; then it has been dealt with here. */
  takes(reason: unknown): boolean {
    if (!this.#context?.owns(reason)) return false;
    this.#report('something that nobody waited for', reason);
    return true;
  }

  /** Resolves when nothing more is to be expected of the bot, once its engine has ended. */
  async farewell(): Promise<void> {
    if (this.#askedToStop)
      await Promise.race([this.#wantsRestart.promise, this.#options.clock.sleep(secondThoughts)]);
    this.#wishes.end();
    this.#speech.end();
  }

  #call(context: BotContext, where: string, work: () => unknown): void {
    context.enter(() => {
      try {
        const result = work();
        if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function')
          Promise.resolve(result).catch((reason: unknown) => this.#report(where, reason));
      } catch (reason) {
        this.#report(where, reason);
      }
    });
  }

  #report(where: string, reason: unknown): void {
    // What it was doing with a browser that has gone cannot succeed, and its own end of the process has been told.
    if (this.#ended.signal.aborted || reason instanceof BotEnded) return;
    this.#speech.fault(where, reason);
  }

  async #ask(wish: BotWish): Promise<void> {
    // A client that has ended already is what `destroy()` wants; nobody is logged out of nothing.
    if (this.#isDone && wish !== 'start') return;
    const asked = this.#wishes.ask(wish);
    if (wish === 'stop') this.#askedToStop = true;
    await asked;
    if (wish === 'start' && this.#askedToStop) this.#wantsRestart.resolve();
  }

  /** Then the engine has ended or is about to, and says itself of what: nothing that the bot does is the reason. */
  get #isDone(): boolean {
    return this.#isOver || this.#ended.signal.aborted;
  }

  #end(context: BotContext): void {
    context.enter(() => this.#ended.abort(new Error('The client of this session is being closed.')));
  }
}

function failureOf(thrown: unknown, { module, deadline }: BotLaunch): EngineFailure {
  if (thrown instanceof EngineFailure) return thrown;
  if (thrown instanceof BotEnded) return botFailure(thrown.message, thrown);
  if (thrown instanceof DeadlineExceeded) {
    const seconds = Math.round(deadline / 1_000);
    return botFailure(
      `The bot ${module} has not returned within ${seconds} s: it must not wait for the client, which starts only afterwards.`,
      thrown,
    );
  }
  return botFailure(`The bot ${module} failed as it was called: ${describeFault(thrown)}`, thrown);
}
