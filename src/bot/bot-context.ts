/**
 * Tells what a bot does from what the library and the engine do. The bot runs in a context that whatever it begins
 * inherits: timers, promises, listeners. Where a context is lost (a listener on somebody else's emitter, a microtask
 * that throws on Node 22), the stack tells.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this program itself lies: `src/` or `dist/`. A bot may lie above it, in a checkout. */
const ours = fileURLToPath(new URL('../', import.meta.url));
const frame = /\(?((?:file:\/\/)?\/.*?):\d+:\d+\)?$/;

export class BotContext {
  readonly #storage = new AsyncLocalStorage<true>();
  readonly #modules: readonly string[];
  readonly #library: readonly string[];

  /** @param library entry of the library that made the client: it may lie beside the bot, and is not the bot's */
  constructor(module: string, library: string | null = null) {
    this.#modules = [...new Set([module, realPath(module)])];
    this.#library = library === null ? [] : [...new Set([library, realPath(library)])].map(packageOf);
  }

  /** Runs something as the bot's. */
  enter<T>(work: () => T): T {
    return this.#storage.run(true, work);
  }

  /** Whether what runs now is the bot's. */
  get isInside(): boolean {
    return this.#storage.getStore() === true || this.#isOnStack(new Error().stack);
  }

  /** Whether a failure that turned up now is the bot's. */
  owns(reason: unknown): boolean {
    if (this.#storage.getStore() === true) return true;
    return reason instanceof Error && this.#isOnStack(reason.stack);
  }

  #isOnStack(stack: unknown): boolean {
    if (typeof stack !== 'string') return false;
    return stack.split('\n').some((line) => {
      const place = frame.exec(line)?.[1];
      return place !== undefined && this.#isMine(pathOf(place));
    });
  }

  /** The module and what lies beside and below it; not what is installed there, and not this program. */
  #isMine(path: string): boolean {
    if (this.#modules.includes(path)) return true;
    if (this.#library.some((root) => path === root || path.startsWith(`${root}/`))) return false;
    return this.#modules.some((module) => {
      const directory = dirname(module);
      if (!path.startsWith(directory === '/' ? directory : `${directory}/`)) return false;
      return !path.slice(directory.length).includes('/node_modules/') && !path.startsWith(ours);
    });
  }
}

/** The directory that the nearest package.json above is in; a library without one is its entry alone. */
function packageOf(entry: string): string {
  for (let directory = dirname(entry); directory !== '/'; directory = dirname(directory))
    if (existsSync(join(directory, 'package.json'))) return directory;
  return entry;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there: loading it says so.
    return path;
  }
}

function pathOf(place: string): string {
  if (!place.startsWith('file:')) return place;
  try {
    return fileURLToPath(place);
  } catch {
    return place;
  }
}
