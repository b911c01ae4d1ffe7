/** What can be wrong with settings, and the one error that reports all of it. */
import { VigilError } from '../errors.ts';
import type { Parsed, Setting } from './setting.ts';

export interface Fault {
  readonly name: string;
  readonly kind: 'malformed' | 'unknown' | 'missing' | 'not_yet_available';
  /** One sentence. Never quotes a secret. */
  readonly message: string;
}

/** A text that its setting does not take; `name` is the flag or the variable that it was given under. */
export function refusal(
  definition: Setting<unknown>,
  name: string,
  text: string,
  parsed: Extract<Parsed<unknown>, { ok: false }>,
): Fault {
  if (parsed.notYet !== undefined) return notYet(name, parsed.notYet);
  const found = definition.secret
    ? `${text.length} characters that are not shown`
    : (parsed.found ?? quote(text));
  return {
    name,
    kind: 'malformed',
    message: `${name}: expected ${definition.parser.expected}; found ${text === '' ? 'nothing (remove it to use the default)' : found}.`,
  };
}

export function notYet(name: string, what: string): Fault {
  return { name, kind: 'not_yet_available', message: `${name}: ${what} is not part of this version yet.` };
}

/** `not_yet_available` when every fault is of that kind, else `invalid_config`; the faults are its details. */
export function faultsError(faults: readonly Fault[]): VigilError {
  const code = faults.every((fault) => fault.kind === 'not_yet_available')
    ? 'not_yet_available'
    : 'invalid_config';
  const head =
    faults.length === 1 ? 'One setting cannot be used' : `${faults.length} settings cannot be used`;
  return new VigilError(code, [`${head}:`, ...faults.map((fault) => `  ${fault.message}`)].join('\n'), {
    subject: faults.map((fault) => fault.name).join(', '),
    details: { faults },
  });
}

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
