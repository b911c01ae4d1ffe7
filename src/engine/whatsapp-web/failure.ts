/**
 * Names what the library, Puppeteer and Chromium throw. They throw errors and bare strings, change wording
 * between versions, and say the same thing differently depending on when it happens, so the phase counts too.
 */

import { DeadlineExceeded } from '../../system/deadline.ts';
import { EngineFailure, type GoneCause } from '../engine.ts';

/** How far a start had come: no page yet, page not loaded yet, loaded but not wired, wired. */
export type Phase = 'browser' | 'navigation' | 'boot' | 'running';

export interface FailureContext {
  readonly phase: Phase;
  /** The last lines that the browser wrote to its standard error. */
  readonly stderr: readonly string[];
  /** The browser's exit code; null while it runs or when a signal ended it. */
  readonly exitCode: number | null;
}

interface Rule {
  readonly pattern: RegExp;
  readonly why: GoneCause;
  /** Patterns of what Chromium prints, not of what is thrown. */
  readonly printed?: true;
}

const rules: readonly Rule[] = [
  { pattern: /already running for|profile appears to be in use by another/i, why: 'profile_in_use' },
  {
    pattern: /profile appears to be in use by another|Failed to create a ProcessSingleton/i,
    why: 'profile_in_use',
    printed: true,
  },
  { pattern: /^auth timeout$|^ready timeout$/, why: 'boot_failed' },
  { pattern: /net::ERR_|Navigation timeout|Couldn't load version/, why: 'unreachable' },
  { pattern: /Page crashed|Target crashed/i, why: 'renderer_crash' },
  {
    pattern: /Failed to launch the browser|Browser was not found|Launch aborted|\bspawn\b|\bfork\b/,
    why: 'launch_failed',
  },
];

const whyByPhase: Readonly<Record<Phase, { closed: GoneCause; late: GoneCause; other: GoneCause }>> = {
  browser: { closed: 'launch_failed', late: 'launch_failed', other: 'launch_failed' },
  navigation: { closed: 'browser_crash', late: 'unreachable', other: 'engine_error' },
  boot: { closed: 'browser_crash', late: 'boot_failed', other: 'engine_error' },
  running: { closed: 'browser_crash', late: 'boot_failed', other: 'engine_error' },
};

/** Chromium's exit code for a profile that is locked from another host name. */
const profileInUse = 21;

export function toEngineFailure(thrown: unknown, context: FailureContext): EngineFailure {
  if (thrown instanceof EngineFailure) return thrown;
  const text = messageOf(thrown);
  const printed = context.stderr.join('\n');
  return new EngineFailure(whyOf(thrown, text, printed, context), describe(text, context), { cause: thrown });
}

function whyOf(thrown: unknown, text: string, printed: string, context: FailureContext): GoneCause {
  const byPhase = whyByPhase[context.phase];
  if (context.phase === 'browser' && context.exitCode === profileInUse) return 'profile_in_use';
  for (const { pattern, why, printed: inOutput } of rules) {
    if (inOutput ? context.phase === 'browser' && pattern.test(printed) : pattern.test(text)) return why;
  }
  if (isTargetClosed(text)) return byPhase.closed;
  if (thrown instanceof DeadlineExceeded || isProtocolTimeout(text)) return byPhase.late;
  if (isContextLost(text)) return context.phase === 'browser' ? 'launch_failed' : 'boot_failed';
  return byPhase.other;
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What was evaluated in fails because the page went elsewhere; the next document may well answer. */
export function isContextLost(text: string): boolean {
  return /Execution context was destroyed|Cannot find context with specified id|detached Frame|frame (?:was|got) detached|Inspected target navigated|Execution context is not available/i.test(
    text,
  );
}

export function isTargetClosed(text: string): boolean {
  return /Target closed|Session closed|Connection closed|Page has been closed|browser has disconnected/i.test(
    text,
  );
}

export function isProtocolTimeout(text: string): boolean {
  return /protocolTimeout|Timed out after waiting/.test(text);
}

/** One line for the log and for people; Chromium's last words where it did not come up. */
function describe(text: string, context: FailureContext): string {
  const first = text.split('\n')[0]?.trim() || 'unknown failure';
  if (context.phase !== 'browser') return first;
  const exit = context.exitCode === null ? [] : [`exit code ${context.exitCode}`];
  const words = context.stderr.slice(-8).map((line) => line.trim().slice(0, 300));
  return [first, ...exit, ...words].join(' | ');
}
