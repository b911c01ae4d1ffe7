import { exitCode, VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { SessionView } from '../../supervisor/operations.ts';
import { formatDuration } from '../../wording/duration.ts';
import { reasonWords, statusWords } from '../../wording/words.ts';
import { waitUntil } from '../deadline.ts';
import { durationOption } from '../duration-option.ts';
import { interruptedExit } from '../exit-codes.ts';
import { sessionFailed, settleSession } from '../settle-session.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

const usualWait = 120_000;

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
      let last = await operations[name](id);
      if (mode === 'volume' || !wait) {
        progress.end();
        const words =
          mode === 'volume'
            ? `${id} is wanted online. No daemon runs: \`vigil serve\` starts it.\n`
            : `${id} is being started.\n`;
        output.result(last, () => words);
        return exitCode.ok;
      }
      using waiting = waitUntil(context.clock, timeout, context.interrupted());
      const onStatus = (session: SessionView) => {
        last = session;
        progress.say(`${doing} ${id}: ${statusWords[session.status].short} …`);
      };
      const settled = await settleSession(operations, id, { signal: waiting.signal, onStatus });
      progress.end();
      if (settled) return arrived(call, settled);
      if (waiting.end() === 'deadline') throw overdue(last, timeout);
      output.result(last, () => `Not waited for any longer. ${id} goes on starting.\n`);
      return interruptedExit;
    } finally {
      progress.end();
    }
  });
}

function arrived({ output }: Call, session: SessionView): number {
  if (session.status === 'failed') throw sessionFailed(session, reasonWords(session.reason ?? 'unknown'));
  if (session.status === 'stopped') {
    throw new VigilError('session_refused', `Session "${session.id}" was stopped meanwhile.`, {
      subject: session.id,
    });
  }
  output.result(session, () =>
    session.status === 'ready'
      ? `${session.id} is online.\n`
      : `${session.id} needs pairing: type \`vigil pair ${session.id}\`.\n`,
  );
  return 0;
}

function overdue({ id, status, reason, remedy }: SessionView, timeout: number): VigilError {
  const why = reason === null ? '' : ` ${reasonWords(reason)}`;
  const stands = `it is ${statusWords[status].short}.${why}`;
  return new VigilError(
    'deadline_exceeded',
    `Session "${id}" is not online after ${formatDuration(timeout)}; ${stands}`,
    {
      subject: id,
      remedy: remedy ?? `It goes on by itself. See \`vigil logs ${id}\`.`,
    },
  );
}
