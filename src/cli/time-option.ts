import { InvalidArgumentError } from 'commander';

const pattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * A moment as ISO time in UTC. It must say its zone and be one that exists: what would silently be moved into the
 * next month would choose another backup than was meant.
 */
export function timeOption(text: string): string {
  const [, minute = ''] = pattern.exec(text) ?? [];
  const onCalendar = new Date(`${minute}Z`);
  const moment = new Date(text);
  if (isValid(onCalendar) && onCalendar.toISOString().startsWith(minute) && isValid(moment))
    return moment.toISOString();
  throw new InvalidArgumentError(
    'Write a time with its zone, like 2026-11-22T02:00Z or 2026-11-22T02:00:00+01:00.',
  );
}

const isValid = (date: Date): boolean => !Number.isNaN(date.getTime());
