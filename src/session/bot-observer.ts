/** What a host tells of its bot: into the log as the bot's, and what it asks for to the machine. */
import type { BotWish } from '../engine/engine.ts';
import type { HostEvent } from '../host/host.ts';
import type { Logger } from '../log.ts';
import type { EffectsOwner } from './effects-ports.ts';

export type BotEvent = Extract<HostEvent, { type: `bot_${string}` }>;

export function isBotEvent(event: HostEvent): event is BotEvent {
  return event.type === 'bot_line' || event.type === 'bot_fault' || event.type === 'bot_asked';
}

const by = 'bot';

const asked: Readonly<Record<BotWish, string>> = {
  start: 'The bot asks for a start (`client.initialize()`)',
  stop: 'The bot asks for a stop (`client.destroy()`)',
  logout: 'The bot asks for an unlinking (`client.logout()`)',
};

/** `current`: whether what a bot asks for still counts, once it comes to it. */
export function observeBot(
  event: BotEvent,
  log: Logger,
  owner: Pick<EffectsOwner, 'post' | 'botFailed'>,
  current: () => boolean,
): void {
  switch (event.type) {
    case 'bot_line': {
      const { level, fields, message } = event;
      // In a field of their own: a bot's `session` or `level` is not the line's.
      log[level]({ by, ...(fields === null ? {} : { fields }) }, message);
      return;
    }
    case 'bot_fault': {
      const { where, detail, count } = event;
      const fields = { by, reason: 'bot_error', where, ...(detail === null ? { count } : { detail }) };
      log.warn(fields, detail === null ? 'The bot failed more often' : 'The bot failed; the session goes on');
      owner.botFailed(count);
      return;
    }
    case 'bot_asked':
      log.info({ by }, asked[event.wish]);
      owner.post({ type: 'bot_asked', wish: event.wish }, current);
      return;
  }
}
