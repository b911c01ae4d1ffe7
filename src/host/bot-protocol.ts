/** What a host says of its bot over the channel, and what of it the daemon believes. */
import { type BotFault, type BotLine, botLevels } from '../bot/bots.ts';
import type { BotWish } from '../engine/engine.ts';

/** Request of the host: the bot is about to be called; from now on `pulseRequest` is asked of the host. */
export const botWatchRequest = 'bot_watch';
/** Request of the host: what its bot asks for. */
export const botAskRequest = 'bot_ask';
export interface BotAskParams {
  readonly wish: BotWish;
}
/** Events of the host. Foreign text: scrub it before it goes anywhere. */
export const botLineEvent = 'bot_line';
export const botFaultEvent = 'bot_fault';

/** Request of the daemon, which a host answers unless its bot keeps it from everything. */
export const pulseRequest = 'pulse';

const wishes: readonly unknown[] = ['start', 'stop', 'logout'] satisfies BotWish[];

export function isBotAskParams(data: unknown): data is BotAskParams {
  return wishes.includes((data as { readonly wish?: unknown } | null)?.wish);
}

export function isBotLine(data: unknown): data is BotLine {
  const { level, message, fields } = (data ?? {}) as Partial<Record<keyof BotLine, unknown>>;
  return (
    (botLevels as readonly unknown[]).includes(level) &&
    typeof message === 'string' &&
    typeof fields === 'object'
  );
}

export function isBotFault(data: unknown): data is BotFault {
  const { where, detail, count } = (data ?? {}) as Partial<Record<keyof BotFault, unknown>>;
  return (
    typeof where === 'string' &&
    (detail === null || typeof detail === 'string') &&
    Number.isSafeInteger(count) &&
    (count as number) > 0
  );
}
