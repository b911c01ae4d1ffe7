/**
 * Lines of text for as long as somebody reads them, with an empty one now and then so that both ends see that the
 * other one lives.
 */
import { Readable } from 'node:stream';
import type { Clock, Timer } from '../system/clock.ts';

const beat = 15_000;

export interface LineStream {
  readonly readable: Readable;
  /** Bytes that wait for the reader. */
  readonly waiting: number;
  /** Nothing where nobody reads any more. */
  write(line: string): void;
  /** Ends in order, after what was written. */
  end(): void;
}

/** `left` is called once, when nobody reads any more, whoever ended it. */
export function lineStream(clock: Clock, left: () => void): LineStream {
  let timer: Timer | null = null;
  const readable = new Readable({
    read() {},
    destroy(error, done) {
      timer?.cancel();
      left();
      done(error);
    },
  });
  const push = (text: string | null) => {
    if (!readable.destroyed) readable.push(text);
  };
  const armBeat = () => {
    timer = clock.setTimer(beat, () => {
      push('\n');
      if (!readable.destroyed) armBeat();
    });
  };
  armBeat();
  return {
    readable,
    get waiting() {
      return readable.readableLength;
    },
    write: (line) => push(`${line}\n`),
    end() {
      timer?.cancel();
      push(null);
    },
  };
}
