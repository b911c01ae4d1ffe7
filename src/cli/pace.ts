/** How fast something goes, and how long it will go on: what a person who waits for it wants to know. */
import { roundDuration } from '../wording/duration.ts';

/** How much of something is done. */
export interface Amount {
  readonly done: number;
  /** Null while nobody knows it. */
  readonly total: number | null;
  readonly format: (amount: number) => string;
}

/** Milliseconds that are looked back: long enough for a burst to even out, short enough for a standstill to show. */
const window = 10_000;
/** Milliseconds before anything is said: a rate of the first moments is a guess. */
const settles = 1_000;

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** The samples of the last moments; the one before them is kept, so that the window is never shorter than it says. */
export class Pace {
  #samples: Sample[] = [];

  /** `now` in milliseconds of a clock that never goes back. What went back is another piece of work: it begins anew. */
  note(now: number, done: number): void {
    const last = this.#samples.at(-1);
    if (last && done < last.done) this.#samples = [];
    this.#samples.push({ at: now, done });
    const firstNeeded = this.#samples.findLastIndex(({ at }) => at <= now - window);
    if (firstNeeded > 0) this.#samples.splice(0, firstNeeded);
  }

  forget(): void {
    this.#samples = [];
  }

  /** `12 MB/s, 8 s left`; empty while nobody can say. */
  words(now: number, { done, total, format }: Amount): string {
    const first = this.#samples[0];
    const took = first ? now - first.at : 0;
    if (!first || took < settles) return '';
    const rate = ((done - first.done) / took) * 1_000;
    if (rate <= 0) return 'standing still';
    const left = total === null ? null : Math.max(0, total - done) / rate;
    return `${format(Math.round(rate))}/s${left === null ? '' : `, ${roundDuration(left * 1_000)} left`}`;
  }
}
