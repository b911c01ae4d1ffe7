/** Where a verb's result goes: one JSON document on standard output with `--json`, words without. */
import type { VigilError } from '../errors.ts';
import type { CliContext } from './context.ts';
import { type Progress, silent, spinner } from './progress.ts';
import { type Style, styleFor } from './style.ts';

export interface Output {
  readonly json: boolean;
  readonly style: Style;
  /** The result, in one form or the other. */
  result(document: unknown, words: () => string): void;
  /** One line of a stream. */
  line(text: string): void;
  error(error: VigilError): void;
  progress(): Progress;
}

export function outputFor({ io, env, clock }: CliContext, json: boolean): Output {
  const style = styleFor(io.stdout, env);
  return {
    json,
    style,
    result: (document, words) =>
      void io.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : words()),
    line: (text) => void io.stdout.write(`${text}\n`),
    error: (error) => {
      if (json) io.stdout.write(`${JSON.stringify({ error: errorDocument(error) })}\n`);
      else io.stderr.write(errorWords(error, styleFor(io.stderr, env)));
    },
    progress: () => (json ? silent : spinner(io.stderr, clock)),
  };
}

export function errorDocument({ code, message, remedy, details }: VigilError) {
  return { code, message, remedy, ...(details === undefined ? {} : { details }) };
}

function errorWords(error: VigilError, style: Style): string {
  return `${style.tone('bad', 'vigil:')} ${error.message}\n${style.dim('What to do:')} ${error.remedy}\n`;
}
