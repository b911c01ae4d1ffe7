import { exitCode } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import { arrivedWords, awaitOnline, usualWait } from '../await-online.ts';
import { durationOption } from '../duration-option.ts';
import { interruptedExit } from '../exit-codes.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface StartOptions {
  readonly wait: boolean;
  readonly timeout: number;
}

export const registerLifecycle: Register = (program, context, done) => {
  const starts = [
    ['start', 'want a session online and wait until it is', 'Starting'],
    ['restart', 'close a session cleanly and start it again', 'Restarting'],
  ] as const;
  for (const [name, summary, doing] of starts) {
    program
      .command(name)
      .argument('<session>')
      .description(summary)
      .option('--no-wait', 'return as soon as it is accepted')
      .option('--timeout <duration>', 'how long to wait', durationOption, usualWait)
      .action(async (session: string, options: StartOptions, command) => {
        done(await start(callOf(command, context), sessionId(session), { name, doing, ...options }));
      });
  }
  const ends = [
    ['stop', 'close a session and keep it stopped', 'Stopping', 'is stopped'],
    [
      'logout',
      'unlink the device; its profile goes to quarantine',
      'Logging out',
      'is logged out; its profile is in quarantine',
    ],
  ] as const;
  for (const [name, summary, doing, fact] of ends) {
    program
      .command(name)
      .argument('<session>')
      .description(summary)
      .action(async (session: string, _options, command) => {
        const call = callOf(command, context);
        const id = sessionId(session);
        const progress = call.output.progress();
        const view = await withOperations(call, ({ operations }) => {
          progress.say(`${doing} ${id} …`);
          return operations[name](id);
        }).finally(() => progress.end());
        call.output.result(view, () => `${id} ${fact}.\n`);
        done(0);
      });
  }
};

interface Start extends StartOptions {
  readonly name: 'start' | 'restart';
  readonly doing: string;
}

async function start(call: Call, id: SessionId, { name, doing, wait, timeout }: Start): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async ({ operations, mode }) => {
    const progress = output.progress();
    try {
      progress.say(`${doing} ${id} …`);
      const accepted = await operations[name](id);
      if (mode === 'volume' || !wait) {
        progress.end();
        const words =
          mode === 'volume'
            ? `${id} is wanted online. No daemon runs: \`vigil serve\` starts it.\n`
            : `${id} is being started.\n`;
        output.result(accepted, () => words);
        return exitCode.ok;
      }
      const interrupted = context.interrupted();
      const options = { doing, timeout, clock: context.clock, interrupted, progress };
      const { session, arrived } = await awaitOnline(operations, accepted, options);
      output.result(session, () =>
        arrived ? arrivedWords(session) : `Not waited for any longer. ${id} goes on starting.\n`,
      );
      return arrived ? exitCode.ok : interruptedExit;
    } finally {
      progress.end();
    }
  });
}
