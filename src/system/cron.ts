/**
 * Times that come again, as cron expressions. The library reads the fields; when they come is computed in cron-runs.ts
 * from a time that is given: its own timers ask the runtime for the time, and would fire twice or not at all in a night
 * whose hour is doubled or skipped (docs/decisions/0033-schedule-by-looking.md).
 */
import { parse } from 'node-cron';

export interface CronTimes {
  /** As it was written. */
  readonly text: string;
  /** Each in rising order. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly daysOfWeek: readonly number[];
}

const everyDayOfMonth = 31;
const everyDayOfWeek = 7;

/**
 * Null for what is not five fields of numbers, names, ranges and steps, and for what comes more often than hourly. Days
 * of the month and of the week at once mean "both" to some programs and "either" to others: null as well.
 */
export function parseCron(text: string): CronTimes | null {
  if (text.length > 100 || text.trim() !== text || text.split(' ').length !== 5) return null;
  try {
    const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(text);
    const daysOfMonth = dayOfMonth.filter((day) => typeof day === 'number');
    const daysOfWeek = dayOfWeek.filter((day) => typeof day === 'number');
    if (daysOfMonth.length !== dayOfMonth.length || daysOfWeek.length !== dayOfWeek.length) return null;
    if (daysOfMonth.length < everyDayOfMonth && daysOfWeek.length < everyDayOfWeek) return null;
    const fields = [minute, hour, daysOfMonth, month, daysOfWeek];
    if (minute.length !== 1 || fields.some((field) => field.length === 0)) return null;
    const [minutes = [], hours = [], days = [], months = [], weekdays = []] = fields.map((field) =>
      [...new Set(field)].sort((a, b) => a - b),
    );
    return { text, minutes, hours, daysOfMonth: days, months, daysOfWeek: weekdays };
  } catch {
    return null;
  }
}
