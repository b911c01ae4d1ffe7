import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Clock } from '../system/clock.ts';
import { forEachLine } from './lines.ts';

/** What V8 says before it aborts the process, which shows as nothing but SIGABRT from outside. */
const fullHeap = /^FATAL ERROR: .*JavaScript heap out of memory/;
/** Milliseconds for what the process has said to come through; whatever it started may hold the pipe open. */
const patience = 1_000;

/** Standard error of a process, with an ear for why it ended. */
export class LastWords {
  readonly #ended: Promise<unknown>;
  #fullHeap = false;

  constructor(stderr: Readable, observe: (line: string) => void) {
    forEachLine(stderr, (line) => {
      if (fullHeap.test(line)) this.#fullHeap = true;
      observe(line);
    });
    this.#ended = once(stderr, 'end').catch(() => {});
  }

  /** Whether they were that its heap is full. To be asked once it is gone. */
  async nameTheHeap(clock: Clock): Promise<boolean> {
    const timeout = new AbortController();
    await Promise.race([this.#ended, clock.sleep(patience, timeout.signal).catch(() => {})]);
    timeout.abort();
    return this.#fullHeap;
  }
}
