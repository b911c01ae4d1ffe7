/**
 * A client whose `initialize`, `destroy` and `logout` are requests to the supervisor when the bot calls them. The
 * library's own calls of the same methods, and the engine's, are what they always were.
 */
import type { BotWish } from '../engine/engine.ts';
import type { BotClient } from './bots.ts';
import { replace } from './guarded-listeners.ts';

const wishes: readonly (readonly [method: keyof BotClient, wish: BotWish])[] = [
  ['initialize', 'start'],
  ['destroy', 'stop'],
  ['logout', 'logout'],
];

export function guardClient(
  client: BotClient,
  isInside: () => boolean,
  ask: (wish: BotWish) => Promise<void>,
): void {
  for (const [method, wish] of wishes) {
    const original = client[method];
    replace(client, method, (...args: unknown[]) =>
      isInside() ? ask(wish) : Reflect.apply(original, client, args),
    );
  }
}
