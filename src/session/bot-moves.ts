/**
 * What a session does about its bot's wishes. A bot is no person: what it asks for ends no failure, cuts no rest
 * short, and is forgotten once a person has said something else.
 */
import { restBeforeBotRestart } from './bot-policy.ts';
import { type Context, go, type In, type On, type Outcome, stop } from './moves.ts';
import type { Next, State } from './state.ts';

/** While its client runs. That it is to start says nothing new then. */
export function botAsked(context: Context, state: State, { wish }: On<'bot_asked'>): Outcome {
  if (wish === 'stop') return stopForBot(context);
  const linked = state.name === 'online' || state.name === 'sealing';
  return go(context, state, wish === 'logout' && linked ? [{ type: 'unlink' }] : []);
}

/** On the disk it stays wanted until the browser is gone: the bot may be about to ask for a start. */
function stopForBot(context: Context): Outcome {
  const { effects } = stop(context);
  return go(context, { name: 'stopping', next: { to: 'stopped', by: 'bot' } }, effects);
}

/** `destroy()` and then `initialize()`: a restart. What somebody else is closing stays closed. */
export function botAskedWhileStopping(
  context: Context,
  state: In<'stopping'>,
  { wish }: On<'bot_asked'>,
): Outcome {
  const { next } = state;
  if (wish !== 'start' || next.to !== 'stopped' || next.by !== 'bot') return go(context, state);
  const { record, now, random } = context;
  const delay = restBeforeBotRestart(record.starts, now, random);
  const then: Next =
    delay === 0 ? { to: 'claiming', cause: null } : { to: 'resting', cause: 'bot_restart', delay };
  return go(context, { name: 'stopping', next: then });
}
