import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../wording/duration.ts';

/** Milliseconds. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('Write a duration like 30s, 2m or 1h30m.');
  return ms;
}
