/** The host's end of what its bot says to the daemon. */
import type { BotLink } from '../bot/bots.ts';
import type { Channel } from '../ipc/channel.ts';
import {
  type BotAskParams,
  botAskRequest,
  botFaultEvent,
  botLineEvent,
  botWatchRequest,
} from './bot-protocol.ts';

/** A daemon that takes longer to answer is in trouble of its own. */
const answerDeadline = 30_000;

/** @param wire the channel, which is there before a bot is */
export function botLinkOver(wire: () => Channel, ended: (detail: string) => void): BotLink {
  return {
    async watched() {
      await wire().request(botWatchRequest, null, { timeoutMs: answerDeadline });
    },
    async ask(wish) {
      const params: BotAskParams = { wish };
      await wire().request(botAskRequest, params, { timeoutMs: answerDeadline });
    },
    // What a peer that does not read has no room for is lost, and nobody waits for it.
    line: (line) => void wire().emit(botLineEvent, line, { droppable: true }),
    fault: (fault) => void wire().emit(botFaultEvent, fault, { droppable: true }),
    ended,
  };
}
