/**
 * Something long, watched over the control socket. It ends early when the signal aborts, and then what changes
 * something goes on in the daemon; only what merely looks ends with its watcher.
 */
import { VigilError } from '../errors.ts';
import type { Step } from '../supervisor/backup-operations.ts';
import { type Line, open, raised, type ToldFailure } from './exchange.ts';
import { jsonLines } from './json-lines.ts';

export interface AskedWork {
  readonly path: string;
  readonly body?: unknown;
  /** `the backup of session "main"`, for errors. */
  readonly subject: string;
  readonly signal: AbortSignal;
}

/** Milliseconds until the answer begins, which it does at once. */
const deadline = 30_000;

/** Throws what the daemon raised, and `daemon_unavailable` when it ended or went away before there was a result. */
export async function* workOver<Result>(line: Line, asked: AskedWork): AsyncGenerator<Step<Result>> {
  const { path, body, signal } = asked;
  if (signal.aborted) return;
  try {
    await using answer = await open(line, {
      method: 'POST',
      path,
      deadline,
      signal,
      ...(body === undefined ? {} : { body }),
    });
    const { response } = answer;
    // It has not begun; this throws why.
    if (response.statusCode !== 200) await answer.read();
    answer.stream();
    for await (const told of jsonLines(response, line.clock) as AsyncGenerator<Told<Result>>) {
      if ('error' in told) throw raised(told.error, `The daemon failed at ${asked.subject}.`);
      yield told;
      if ('result' in told) return;
    }
    if (!signal.aborted) throw gone(asked);
  } catch (thrown) {
    if (signal.aborted) return;
    throw thrown instanceof VigilError ? thrown : gone(asked, thrown);
  }
}

type Told<Result> = Step<Result> | { readonly error: ToldFailure };

function gone({ subject }: AskedWork, cause?: unknown): VigilError {
  return new VigilError('daemon_unavailable', `The daemon ended before it said what came of ${subject}.`, {
    remedy: 'Start the daemon; `vigil sessions` and `vigil backups` show what was done.',
    ...(cause === undefined ? {} : { cause }),
  });
}
