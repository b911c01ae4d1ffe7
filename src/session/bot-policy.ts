/**
 * The budget of a session's bot: a person's own code, which the engine's budget has nothing to do with. Pure, and in
 * the record like the other, so that a restart of the daemon launders nothing.
 */
import { within } from './policy.ts';
import type { StartEntry } from './record.ts';

const seconds = 1_000;
const minutes = 60 * seconds;

/** A bot that fails this often within the window is left to a person. */
export const botLimit = 5;
export const botWindow = 15 * minutes;

/** The first rest; each further one is three times as long: 80 s in all, in which a database may come back. */
const restBase = 2 * seconds;
const restFactor = 3;

/** The faults that count, the one of now with them. */
export function botFailed(faults: readonly number[], now: number): readonly number[] {
  return [...faults.filter((at) => within(at, botWindow, now)), now].slice(-botLimit);
}

/**
 * Milliseconds before the next start, after the last of `faults`; null when only a person helps.
 *
 * @param random in [0, 1)
 */
export function restAfterBotFault(faults: readonly number[], random: number): number | null {
  if (faults.length >= botLimit) return null;
  return Math.floor(restBase * restFactor ** (faults.length - 1) * (0.75 + random / 4));
}

/** Starts within the window that a bot may cause without a rest. */
const freeStarts = 3;
const startWindow = 10 * minutes;
const longestRest = 5 * minutes;

/** Milliseconds before a restart that the bot itself asks for: none, unless it has asked again and again. */
export function restBeforeBotRestart(starts: readonly StartEntry[], now: number, random: number): number {
  const recent = starts.filter(({ at }) => within(at, startWindow, now)).length;
  if (recent <= freeStarts) return 0;
  const bound = Math.min(longestRest, restBase * 2 ** (recent - freeStarts));
  return Math.floor(bound * (0.75 + random / 4));
}
