/**
 * A session followed over the control socket. Three ends can be told apart: the signal has aborted; the daemon shut
 * down in order (the iteration ends and the signal has not aborted); the daemon is gone (`daemon_unavailable`).
 */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionNotice } from '../session/session-view.ts';
import { type Line, open } from './exchange.ts';
import { jsonLines } from './json-lines.ts';

export async function* followOver(
  line: Line,
  id: SessionId,
  signal: AbortSignal,
): AsyncGenerator<SessionNotice> {
  if (signal.aborted) return;
  try {
    await using answer = await open(line, {
      method: 'GET',
      path: `/api/sessions/${id}/follow`,
      deadline: 15_000,
      signal,
    });
    const { response } = answer;
    if (response.statusCode !== 200) {
      await answer.read();
      return;
    }
    answer.stream();
    yield* jsonLines(response, line.clock) as AsyncGenerator<SessionNotice>;
    if (!response.complete && !signal.aborted) throw gone(id);
  } catch (thrown) {
    if (signal.aborted) return;
    throw thrown instanceof VigilError ? thrown : gone(id, thrown);
  }
}

function gone(id: SessionId, cause?: unknown): VigilError {
  return new VigilError('daemon_unavailable', `The daemon went away while session "${id}" was followed.`, {
    subject: id,
    ...(cause === undefined ? {} : { cause }),
  });
}
