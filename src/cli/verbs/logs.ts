import { InvalidArgumentError } from 'commander';
import { sessionId } from '../../session/id.ts';
import { jsonLine, logWords } from '../log-words.ts';
import { callOf, type Register } from '../verb.ts';

interface LogOptions {
  readonly lines: number;
  readonly follow: boolean;
}

export const registerLogs: Register = (program, context, done) => {
  program
    .command('logs')
    .argument('<session>')
    .description("show a session's log")
    .option('-n, --lines <count>', 'how many of the newest lines', count, 100)
    .option('-f, --follow', 'go on with what is logged from now on', false)
    .action(async (session: string, { lines, follow }: LogOptions, command) => {
      const { output, flags } = callOf(command, context);
      const signal = follow ? context.interrupted() : new AbortController().signal;
      let any = false;
      for await (const line of context.log(flags, sessionId(session), { lines, follow, signal })) {
        any = true;
        output.line(output.json ? jsonLine(line) : logWords(line, output.style));
        if (signal.aborted) break;
      }
      if (!any && !output.json && !follow) output.line(`Nothing has been logged for ${session} yet.`);
      done(0);
    });
};

function count(text: string): number {
  const value = Number(text);
  if (/^\d{1,6}$/.test(text)) return value;
  throw new InvalidArgumentError('Write a number of lines.');
}
