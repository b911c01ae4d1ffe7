/** What a bot says: its log lines, and the failures that its session goes on after. Bounded in size and in number. */
import { plain } from '../log/plain.ts';
import type { Clock } from '../system/clock.ts';
import type { BotLog, BotLogMethod } from './bot.ts';
import { type BotLevel, type BotLink, botLevels } from './bots.ts';
import { PerMinute } from './per-minute.ts';

const linesPerMinute = 600;
const faultsPerMinute = 10;
/** Characters. */
const longestMessage = 4_000;
const longestFields = 16_000;
const longestDetail = 6_000;

export class BotSpeech {
  readonly log: BotLog;
  readonly #link: BotLink;
  readonly #lines: PerMinute;
  readonly #faults: PerMinute;

  constructor(link: BotLink, clock: Clock) {
    this.#link = link;
    this.#lines = new PerMinute(clock, linesPerMinute, (count) => {
      const message = `The bot logs more than ${linesPerMinute} lines a minute; ${count} were left out`;
      link.line({ level: 'warn', message, fields: null });
    });
    this.#faults = new PerMinute(clock, faultsPerMinute, (count) =>
      link.fault({ where: 'the same minute', detail: null, count }),
    );
    const methods = botLevels.map((level) => [level, this.#method(level)] as const);
    this.log = Object.freeze(Object.fromEntries(methods)) as unknown as BotLog;
  }

  fault(where: string, reason: unknown): void {
    if (this.#faults.admit()) this.#link.fault({ where, detail: describeFault(reason), count: 1 });
  }

  /** Tells what was held back: nothing comes after this. */
  end(): void {
    this.#lines.flush();
    this.#faults.flush();
  }

  /** Takes whatever it is given: a line is not worth a failure. */
  #method(level: BotLevel): BotLogMethod {
    return (first: unknown, second?: unknown) => {
      if (!this.#lines.admit()) return;
      const isMessage = typeof first !== 'object' || first === null;
      const text = isMessage ? first : (second ?? (first instanceof Error ? first.message : ''));
      const fields = isMessage ? null : fieldsOf(first);
      this.#link.line({ level, message: cut(textOf(text), longestMessage), fields });
    };
  }
}

/** An error with its stack and its causes, anything else as text. */
export function describeFault(reason: unknown): string {
  const words: string[] = [];
  let left: unknown = reason;
  for (let depth = 0; depth < 4; depth++) {
    const error = left instanceof Error ? left : null;
    words.push(textOf(error?.stack || left));
    if (error?.cause === undefined) break;
    left = error.cause;
  }
  return cut(words.join('\ncaused by: '), longestDetail);
}

function fieldsOf(given: object): Readonly<Record<string, unknown>> {
  const fields = given instanceof Error ? { err: plain(given) } : plain(given);
  const size = JSON.stringify(fields)?.length ?? 0;
  if (size > longestFields) return { left_out: `${size} characters of fields` };
  return (Array.isArray(fields) ? { values: fields } : fields) as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string {
  try {
    return typeof value === 'object' && value !== null && !(value instanceof Error)
      ? (JSON.stringify(plain(value)) ?? '')
      : String(value);
  } catch {
    return 'something that cannot be shown';
  }
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
