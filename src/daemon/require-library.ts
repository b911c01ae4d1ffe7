/**
 * Whether the whatsapp-web.js that VIGIL_WWEBJS names can be used, found out before any session starts: else every
 * one of them would start a browser, fail and try again for ever. In a process of its own, so that the daemon never
 * holds the library itself.
 */
import { fileURLToPath } from 'node:url';
import { lastLine, runCommand } from '../chromium/command.ts';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { hostEnvironment } from './host-environment.ts';

export interface LibraryQuestion {
  /** `VIGIL_WWEBJS`. The one that is shipped is known to be right, and nothing is run for it. */
  readonly library: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Loading takes a second or two, and ten times that on a machine that has much to do. */
const deadline = 30_000;

/** The entry, as source in a checkout and compiled in a package. */
const source = import.meta.url.endsWith('.ts');
const entry = fileURLToPath(
  new URL(`../engine/whatsapp-web/check-library.${source ? 'ts' : 'js'}`, import.meta.url),
);

/** Throws `engine_unusable`, which says what is missing. */
export async function requireLibrary(question: LibraryQuestion): Promise<void> {
  const { library, env, clock, signal } = question;
  if (library === null) return;
  const outcome = await runCommand({
    file: process.execPath,
    args: ['--no-warnings', entry, library],
    // As a host would run it: a library of anybody's learns no key of the daemon's.
    env: hostEnvironment(env),
    clock,
    deadline,
    signal,
  });
  signal?.throwIfAborted();
  const said = answer(outcome.stdout.trimEnd().split('\n').at(-1) ?? '');
  if (said?.usable === true) return;
  const why = outcome.failure ?? (lastLine(outcome.stderr) || `it ended with exit code ${outcome.code}`);
  throw new VigilError('engine_unusable', said?.message ?? `The library ${library} does not load: ${why}.`, {
    subject: library,
    ...(said?.details === undefined ? {} : { details: said.details }),
  });
}

interface Answer {
  readonly usable?: boolean;
  readonly message?: string;
  readonly details?: unknown;
}

function answer(line: string): Answer | null {
  try {
    return JSON.parse(line) as Answer | null;
  } catch {
    return null;
  }
}
