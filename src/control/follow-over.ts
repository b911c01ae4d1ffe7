/**
 * A session followed over the control socket. Three ends can be told apart: the signal has aborted; the daemon shut
 * down in order (the iteration ends and the signal has not aborted); the daemon is gone (`daemon_unavailable`).
 */
import type { IncomingMessage } from 'node:http';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionNotice } from '../supervisor/operations.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { type Line, open } from './exchange.ts';

/** The daemon sends a line every 15 s at least. */
const longestSilence = 45_000;

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
    yield* notices(response, line.clock);
    if (!response.complete && !signal.aborted) throw gone(id);
  } catch (thrown) {
    if (signal.aborted) return;
    throw thrown instanceof VigilError ? thrown : gone(id, thrown);
  }
}

async function* notices(response: IncomingMessage, clock: Clock): AsyncGenerator<SessionNotice> {
  const listen = (): Timer => clock.setTimer(longestSilence, () => response.destroy());
  let silence = listen();
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const text of response as AsyncIterable<string>) {
      silence.cancel();
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as SessionNotice;
      silence = listen();
    }
  } finally {
    silence.cancel();
  }
}

function gone(id: SessionId, cause?: unknown): VigilError {
  return new VigilError('daemon_unavailable', `The daemon went away while session "${id}" was followed.`, {
    subject: id,
    ...(cause === undefined ? {} : { cause }),
  });
}
