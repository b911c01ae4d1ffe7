/**
 * Notices as lines of text, with an empty line now and then so that both ends see that the other one lives.
 * A consumer that does not read is cut off once this much waits for it: it can ask again and is told at once
 * where the session stands, while an unbounded queue would take the daemon down for it.
 */
import { Readable } from 'node:stream';
import type { SessionNotice } from '../supervisor/operations.ts';
import type { Clock, Timer } from '../system/clock.ts';

const beat = 15_000;
const mostWaiting = 256 * 1024;

export interface NoticeLines {
  readonly first: IteratorResult<SessionNotice>;
  readonly notices: AsyncIterator<SessionNotice>;
  readonly clock: Clock;
  /** Called once when nobody reads any more. */
  readonly end: () => void;
}

export function noticeLines({ first, notices, clock, end }: NoticeLines): Readable {
  let timer: Timer | null = null;
  const lines = new Readable({
    read() {},
    destroy(error, done) {
      timer?.cancel();
      end();
      done(error);
    },
  });
  const push = (text: string) => {
    if (lines.destroyed) return;
    lines.push(text);
    if (lines.readableLength > mostWaiting) lines.destroy(new Error('The follower does not read.'));
  };
  const armBeat = () => {
    timer = clock.setTimer(beat, () => {
      push('\n');
      if (!lines.destroyed) armBeat();
    });
  };
  const pump = async () => {
    for (let next = first; !next.done && !lines.destroyed; next = await notices.next()) {
      push(`${JSON.stringify(next.value)}\n`);
    }
    timer?.cancel();
    if (!lines.destroyed) lines.push(null);
  };
  armBeat();
  pump().catch((error: unknown) => lines.destroy(error instanceof Error ? error : new Error(String(error))));
  return lines;
}
