/** Loads the module of a bot, and says what is wrong with it in words for whoever wrote it. */
import { pathToFileURL } from 'node:url';
import { EngineFailure } from '../engine/engine.ts';
import { describeFault } from './bot-log.ts';

export type BotFunction = (client: unknown, tools: unknown) => unknown;

const expected = '`export default (client, { session, log, signal }) => …`';

/** Throws an `EngineFailure` of the cause `bot_error`. */
export async function loadBot(path: string): Promise<BotFunction> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(path).href);
  } catch (cause) {
    throw botFailure(`The bot ${path} does not load: ${describeFault(cause)}`, cause);
  }
  const found = module['default'];
  // CommonJS: what a compiler makes of `export default` is one level further down.
  const inner = (found as { readonly default?: unknown } | null | undefined)?.default;
  for (const one of [found, inner]) if (typeof one === 'function') return one as BotFunction;
  const what = isCommonJs(module, path) ? commonJs(found) : whatIs(module);
  throw botFailure(`The bot ${path} has no function to call: expected ${expected}; found ${what}.`);
}

export function botFailure(message: string, cause?: unknown): EngineFailure {
  return new EngineFailure('bot_error', message, cause === undefined ? undefined : { cause });
}

function whatIs(module: Readonly<Record<string, unknown>>): string {
  const found = module['default'];
  if (found !== undefined) return `${kindOf(found)} as the default`;
  const names = Object.keys(module);
  return names.length === 0 ? 'a module that exports nothing' : `no default, only ${names.join(', ')}`;
}

/** Newer Nodes tell it by this name. */
function isCommonJs(module: Readonly<Record<string, unknown>>, path: string): boolean {
  return Object.hasOwn(module, 'module.exports') || path.endsWith('.cjs');
}

function commonJs(exported: unknown): string {
  return `a CommonJS module whose \`module.exports\` is ${kindOf(exported)}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return Object.keys(value).length === 0
    ? 'an empty object'
    : `an object of ${Object.keys(value).join(', ')}`;
}
