/**
 * Notices as lines of text. A consumer that does not read is cut off once this much waits for it: it can ask again
 * and is told at once where the session stands, while an unbounded queue would take the daemon down for it.
 */
import type { Readable } from 'node:stream';
import type { SessionNotice } from '../session/session-view.ts';
import type { Clock } from '../system/clock.ts';
import { lineStream } from './line-stream.ts';

const mostWaiting = 256 * 1024;

export interface NoticeLines {
  readonly first: IteratorResult<SessionNotice>;
  readonly notices: AsyncIterator<SessionNotice>;
  readonly clock: Clock;
  /** Called once when nobody reads any more. */
  readonly end: () => void;
}

export function noticeLines({ first, notices, clock, end }: NoticeLines): Readable {
  const lines = lineStream(clock, end);
  const { readable } = lines;
  const pump = async () => {
    for (let next = first; !next.done && !readable.destroyed; next = await notices.next()) {
      lines.write(JSON.stringify(next.value));
      if (lines.waiting > mostWaiting) readable.destroy(new Error('The follower does not read.'));
    }
    lines.end();
  };
  pump().catch((error: unknown) =>
    readable.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return readable;
}
