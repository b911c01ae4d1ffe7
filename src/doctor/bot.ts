import { toVigilError } from '../errors.ts';
import { bad, good } from '../wording/finding.ts';
import type { Check } from './context.ts';

/** The file of the daemon's bot. It is not run: what it does when it is called is its sessions' log to tell. */
export const botCheck: Check = {
  name: 'bot',
  async run({ settings, requireBot }) {
    if (settings.bot === null) return [];
    const unusable = await requireBot().then(() => null, toVigilError);
    return [unusable ? bad('bot', unusable.message, unusable.remedy) : good('bot', settings.bot)];
  },
};
