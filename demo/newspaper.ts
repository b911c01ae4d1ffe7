/** What has happened, as it is told beside each side. */
import { bySide, type Side, sides } from './cast.ts';
import type { Tone } from './line.ts';
import type { News } from './view.ts';

/** Nobody reads more, and the demo may be left running. */
const kept = 200;

export class Newspaper {
  readonly #news: Record<Side, News[]> = bySide(() => []);
  readonly #told: (news: News, on: readonly Side[]) => void;

  constructor(told: (news: News, on: readonly Side[]) => void) {
    this.#told = told;
  }

  tell(news: News, on: readonly Side[] = sides): void {
    for (const side of on) {
      this.#news[side].push(news);
      if (this.#news[side].length > kept) this.#news[side].shift();
    }
    this.#told(news, on);
  }

  of(side: Side): readonly News[] {
    return this.#news[side];
  }
}

export type Tell = (text: string, tone?: Tone, on?: readonly Side[]) => void;
