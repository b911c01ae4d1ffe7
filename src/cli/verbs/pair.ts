import { VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import { formatDuration } from '../../wording/duration.ts';
import { phoneDigits } from '../../wording/phone.ts';
import { reasonWords } from '../../wording/words.ts';
import type { Connection } from '../context.ts';
import { waitUntil } from '../deadline.ts';
import { durationOption } from '../duration-option.ts';
import { interruptedExit } from '../exit-codes.ts';
import { errorDocument } from '../output.ts';
import { type PairView, pairViewFor } from '../pair-view.ts';
import { sessionFailed } from '../settle-session.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type Call, callOf, type Register, reportFailure, withOperations } from '../verb.ts';

interface PairOptions {
  readonly phone?: string;
  readonly timeout?: number;
}

export const registerPair: Register = (program, context, done) => {
  program
    .command('pair')
    .argument('<session>', 'created when it does not exist')
    .description('link a phone: shows a QR, or a code to type, until the session is online')
    .option('--phone <number>', 'get a code for this number instead of a QR')
    .option('--timeout <duration>', 'give up after this long', durationOption)
    .addHelpText(
      'after',
      '\nWith --json it prints one object a line: {"event":"qr"|"code"|"authenticated"|"progress"|"status"|"ready"|"error", …}.',
    )
    .action(async (session: string, options: PairOptions, command) => {
      const call = callOf(command, context);
      try {
        done(await pair(call, sessionId(session), options));
      } catch (thrown) {
        if (!call.output.json) throw thrown;
        const line = (error: VigilError) => JSON.stringify({ event: 'error', error: errorDocument(error) });
        done(reportFailure(thrown, (error) => call.output.line(line(error))));
      }
    });
};

async function pair(call: Call, id: SessionId, { phone, timeout }: PairOptions): Promise<number> {
  const digits = phone === undefined ? null : phoneDigits(phone);
  const { context } = call;
  // From now on, since without a daemon a browser of ours must not outlive the command.
  using waiting = waitUntil(context.clock, timeout ?? null, context.interrupted());
  // Awaited here, or the deadline would be disposed of at once.
  return await withOperations(call, async (connection) => {
    const page = connection.url === null ? null : `${connection.url}sessions/${id}`;
    const view = pairViewFor(call.output, {
      terminal: context.io.stdout,
      page,
      id,
      now: () => context.clock.now(),
    });
    view.waiting();
    const accepted = await unlessAborted(connection.operations.pair(id, { phone: digits }), waiting.signal);
    if (accepted && (await linked(connection, id, waiting.signal, view))) return 0;
    if (waiting.end() === 'interrupted') {
      view.left(connection.mode);
      return interruptedExit;
    }
    if (waiting.end() === 'deadline') {
      throw new VigilError(
        'deadline_exceeded',
        `Nobody linked "${id}" within ${formatDuration(timeout ?? 0)}.`,
        {
          subject: id,
          remedy: `The session still waits for it: \`vigil pair ${id}\` shows the code again.`,
        },
      );
    }
    throw new VigilError('daemon_unavailable', `The daemon shut down while "${id}" was being linked.`, {
      subject: id,
    });
  });
}

/** True once it is online, false when the following ended before. */
async function linked(
  { operations }: Connection,
  id: SessionId,
  signal: AbortSignal,
  view: PairView,
): Promise<boolean> {
  for await (const notice of operations.follow(id, signal)) {
    if (notice.event !== 'status' && notice.event !== 'ready') {
      view.show(notice);
      continue;
    }
    // By level as well as by event: whoever begins to follow late sees only the status.
    if (notice.event === 'ready' || notice.session.status === 'ready') {
      view.ready();
      return true;
    }
    const { session } = notice;
    if (session.status === 'failed') throw sessionFailed(session, reasonWords(session.reason ?? 'unknown'));
    if (session.wanted === 'stopped') {
      throw new VigilError('session_refused', `Session "${id}" was stopped meanwhile.`, { subject: id });
    }
    // Else the next notice says what happens.
    if (session.reason !== null && session.status !== 'qr_ready') view.hindered(session);
  }
  return false;
}
