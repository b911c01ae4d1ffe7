import { VigilError } from '../errors.ts';
import { formatDuration, parseDuration } from './duration.ts';

const shortest = 1_000;
const longest = 86_400_000;
const off = 0;

/** Without the watchdog a silent death would go unnoticed; the others may be switched off. */
const always: ReadonlySet<string> = new Set(['watchdog']);

/** Milliseconds from a number of them or from a text such as `2m`; `off` is 0; null stays null. */
export function period(name: string, value: number | string | null): number | null {
  if (value === null) return null;
  const ms = value === 'off' ? off : typeof value === 'number' ? value : parseDuration(value);
  if (ms === off && always.has(name)) {
    throw new VigilError('usage', `The ${name} cannot be switched off.`, {
      remedy: `Choose a longer one, up to ${formatDuration(longest)}.`,
    });
  }
  if (ms !== null && (ms === off || (ms >= shortest && ms <= longest))) return ms;
  const range = `${formatDuration(shortest)} to ${formatDuration(longest)}`;
  throw new VigilError('usage', `The ${name} is not a duration from ${range}.`, {
    remedy: 'Write it like `30s`, `2m` or `1h30m`.',
  });
}
