import type { Writable } from 'node:stream';

/**
 * `vigil logs sales | head` is no failure: what is written after the reader has gone is dropped. The signal aborts
 * then, so that a verb that would print for ever ends.
 */
export function readerGone(stdout: Writable): AbortSignal {
  const gone = new AbortController();
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone.abort();
  });
  return gone.signal;
}
