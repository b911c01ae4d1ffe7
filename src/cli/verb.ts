/** What the verbs have in common. */
import type { Command } from 'commander';
import { type SettingKey, settingKeys } from '../config/settings.ts';
import { toVigilError, type VigilError } from '../errors.ts';
import type { CliContext, Connection, Flags } from './context.ts';
import { type Output, outputFor } from './output.ts';

export interface Call {
  readonly context: CliContext;
  readonly output: Output;
  /** Settings among the options, wherever on the line they stood. */
  readonly flags: Flags;
}

/** Adds verbs to the program; `done` takes the exit code of the one that ran. */
export type Register = (program: Command, context: CliContext, done: (exit: number) => void) => void;

export function callOf(command: Command, context: CliContext): Call {
  const options: Record<string, unknown> = command.optsWithGlobals();
  const flags: Partial<Record<SettingKey, string>> = {};
  for (const key of settingKeys) {
    const value = options[key];
    if (typeof value === 'string') flags[key] = value;
    // One that takes no value.
    else if (value === true) flags[key] = '1';
  }
  return { context, output: outputFor(context, options['json'] === true), flags };
}

export async function withOperations<Result>(
  { context, flags }: Call,
  use: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await context.operations(flags);
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** Tells the failure in the way that was asked for and says which exit code it has. */
export function reportFailure(thrown: unknown, report: (error: VigilError) => void): number {
  const error = toVigilError(thrown);
  report(error);
  return error.exit;
}
