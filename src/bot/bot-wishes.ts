/** What a bot asks of its supervisor, bounded in number: each wish is a line in the log and work for its session. */
import { type BotWish, botWishes } from '../engine/engine.ts';
import type { Clock } from '../system/clock.ts';
import type { BotLink } from './bots.ts';
import { PerMinute } from './per-minute.ts';

/** Of each kind, so that a flood of one keeps no other back. Far more than anybody means. */
export const wishesPerMinute = 10;

export class BotWishes {
  readonly #link: Pick<BotLink, 'ask'>;
  readonly #admission: Readonly<Record<BotWish, PerMinute>>;

  constructor(link: Pick<BotLink, 'ask'>, clock: Clock) {
    this.#link = link;
    const perMinute = (wish: BotWish) => [wish, new PerMinute(clock, wishesPerMinute, () => {})] as const;
    this.#admission = Object.fromEntries(botWishes.map(perMinute)) as Record<BotWish, PerMinute>;
  }

  /** Resolves once the daemon has taken it; rejects, for the bot to hear of it, where there were too many. */
  async ask(wish: BotWish): Promise<void> {
    if (!this.#admission[wish].admit()) {
      throw new Error(`The bot asks for a ${wish} more than ${wishesPerMinute} times a minute: left out.`);
    }
    await this.#link.ask(wish);
  }

  end(): void {
    for (const one of Object.values(this.#admission)) one.flush();
  }
}
