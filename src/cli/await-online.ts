/** Waiting until a session that is being started is online, or shows what only a person can do. */
import { VigilError } from '../errors.ts';
import type { Progress as WorkProgress } from '../session/ports.ts';
import type { SessionView } from '../session/session-view.ts';
import type { Operations } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import { formatDuration } from '../wording/duration.ts';
import { reasonWords, statusWords } from '../wording/words.ts';
import { sayProgress } from './carry-out.ts';
import { waitUntil } from './deadline.ts';
import type { Progress } from './progress.ts';
import { sessionFailed, settleSession } from './settle-session.ts';

/** How long a command waits when it is not told, in milliseconds. */
export const usualWait = 120_000;

export interface AwaitOptions {
  /** `Starting`, as it is shown meanwhile. */
  readonly doing: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly interrupted: AbortSignal;
  readonly progress: Progress;
}

export interface Awaited {
  readonly session: SessionView;
  /** Online, or showing a QR; false where Ctrl-C ended the waiting. */
  readonly arrived: boolean;
}

/** Throws `session_failed`, `session_refused` when it was stopped meanwhile, and `deadline_exceeded`. */
export async function awaitOnline(
  operations: Operations,
  first: SessionView,
  { doing, timeout, clock, interrupted, progress }: AwaitOptions,
): Promise<Awaited> {
  const { id } = first;
  let last = first;
  using waiting = waitUntil(clock, timeout, interrupted);
  const onStatus = (session: SessionView) => {
    last = session;
    progress.say(`${doing} ${id}: ${statusWords[session.status].short} …`);
  };
  // A start may have to fetch a backup first.
  const onProgress = (news: WorkProgress) => sayProgress(progress, `${doing} ${id}`, news);
  try {
    const settled = await settleSession(operations, id, { signal: waiting.signal, onStatus, onProgress });
    if (settled) return { session: arrived(settled), arrived: true };
    if (waiting.end() === 'deadline') throw overdue(last, timeout);
    return { session: last, arrived: false };
  } finally {
    progress.end();
  }
}

/** For people, of a session that arrived. */
export function arrivedWords({ id, status }: SessionView): string {
  return status === 'ready' ? `${id} is online.\n` : `${id} needs pairing: type \`vigil pair ${id}\`.\n`;
}

function arrived(session: SessionView): SessionView {
  if (session.status === 'failed') throw sessionFailed(session, reasonWords(session.reason ?? 'unknown'));
  if (session.status === 'stopped') {
    throw new VigilError('session_refused', `Session "${session.id}" was stopped meanwhile.`, {
      subject: session.id,
    });
  }
  return session;
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
