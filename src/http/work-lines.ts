/**
 * Something long as lines of text: any number of `{"progress":…}`, then one `{"result":…}` or `{"error":…}`; neither
 * where the daemon ended first. The work is never slowed by whoever watches: for a reader that does not keep up,
 * progress is left out. Nor does it need a watcher; who left is told by `left`, and what that means decides the caller.
 */
import type { Readable } from 'node:stream';
import type { Work } from '../supervisor/backup-operations.ts';
import type { Clock } from '../system/clock.ts';
import { lineStream } from './line-stream.ts';

const mostWaiting = 64 * 1024;

export interface WorkLines {
  readonly work: Work<unknown>;
  /** The one that the work was given. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What is told of a failure. */
  readonly failure: (thrown: unknown) => unknown;
  /** Called once when nobody reads any more, at the end too. */
  readonly left: () => void;
  /** Called once when the work has ended, however it did. */
  readonly over: () => void;
}

export function workLines({ work, signal, clock, failure, left, over }: WorkLines): Readable {
  const lines = lineStream(clock, left);
  // The head of an answer travels with its first line, and the first step may take a while.
  lines.write('');
  const pump = async () => {
    try {
      for await (const news of work) {
        if ('result' in news || lines.waiting < mostWaiting) lines.write(JSON.stringify(news));
      }
    } catch (thrown) {
      // What breaks off may say so by throwing; that is no failure.
      if (!signal.aborted) lines.write(JSON.stringify({ error: failure(thrown) }));
    } finally {
      over();
      lines.end();
    }
  };
  void pump();
  return lines.readable;
}
