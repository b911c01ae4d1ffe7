/** The settings of bots: a person's own code beside the clients. */
import { path, variableNames } from './parsers.ts';
import { optional } from './setting.ts';

export const botSettings = {
  bot: optional({
    env: 'VIGIL_BOT',
    flag: '--bot <path>',
    parser: path,
    absent: null,
    section: 'bot',
    description:
      "Module of your own code: `export default (client, { session, log, signal }) => …`. It is called in each session's process with the unmodified whatsapp-web.js client, before the client starts; `.mjs`, `.js`, `.cjs`, and `.mts`, `.ts` as Node strips types. See docs/bots.md. A session may have another one or none: `vigil config <session> --set bot=<path>`, `bot=off`.",
  }),
  botEnvironment: optional({
    env: 'VIGIL_BOT_ENV',
    parser: variableNames,
    absent: [],
    section: 'bot',
    description:
      "Names of variables of the daemon's environment that bots get, separated by commas. Without it a bot sees none of the daemon's keys, its own among them. Values whose names sound like a secret (KEY, TOKEN, PASS, URL and the like) are masked in the log, and browsers get none of them.",
  }),
} as const;
