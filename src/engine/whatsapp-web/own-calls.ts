/**
 * What the engine calls of its client, taken before a bot gets that: whatever a bot puts in the place of these methods,
 * a browser is started and closed by the library, and an unlinking is one. A bot's own calls become requests elsewhere.
 */
import type { WhatsAppClient } from './library-types.ts';

export type OwnCalls = Pick<WhatsAppClient, 'initialize' | 'destroy' | 'logout'>;

export function ownCalls(client: WhatsAppClient): OwnCalls {
  return {
    initialize: client.initialize.bind(client),
    destroy: client.destroy.bind(client),
    logout: client.logout.bind(client),
  };
}
