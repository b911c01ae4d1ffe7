import { CommanderError } from 'commander';
import { exitCode, VigilError } from '../errors.ts';
import type { CliContext } from './context.ts';
import { outputFor } from './output.ts';
import { buildProgram } from './program.ts';
import { reportFailure } from './verb.ts';

/** Carries out one command line (without the program's own name) and says with which code to exit. Never throws. */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
  let exit: number = exitCode.ok;
  let fault = '';
  const program = buildProgram(
    context,
    (code) => {
      exit = code;
    },
    (text) => {
      fault += text;
    },
  );
  // The line may be one that cannot be read, and its author still wants to read JSON.
  const output = outputFor(context, argv.includes('--json'));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return reportFailure(thrown, output.error);
    if (thrown.exitCode === 0) return exitCode.ok;
    if (thrown.code === 'commander.help' && !output.json) {
      context.io.stderr.write(fault);
      return exitCode.usage;
    }
    return reportFailure(unreadable(thrown), output.error);
  }
}

function unreadable({ code, message }: CommanderError): VigilError {
  const sentence = code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, '');
  const [first = '', ...rest] = sentence.split('\n');
  const text = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/[.]?$/, '.')}`;
  const hint = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  return new VigilError('usage', hint === '' ? text : `${text} ${hint}`);
}
