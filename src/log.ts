/**
 * The log: one JSON object a line with `time` (ISO), `level` (a word) and `msg`, as the log viewers of the
 * platforms expect; the same for people on a terminal. Lines that carry a `session` go to that session's own
 * log on the volume as well.
 *
 * Nothing reaches any of these but through `mask` below, which sees the finished line: neither a field bound to
 * a child, nor a serializer, nor a library that logs by itself can go around it.
 */
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogLevel } from './log/levels.ts';
import { type Json, maskLine } from './log/mask.ts';
import { plain } from './log/plain.ts';
import { scrub } from './log/redact.ts';
import type { SessionLogs } from './log/session-logs.ts';
import { isSessionId } from './session/id.ts';
import type { Clock } from './system/clock.ts';

export type { Logger };

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Where lines go: standard output in production. `level` is the word in the line. */
  readonly write: (line: string, level: string) => void;
  /** For people on a terminal instead of JSON. */
  readonly pretty?: boolean;
  readonly sessionLogs?: SessionLogs | null;
}

export function createLogger(options: LoggerOptions): Logger {
  // In this process and synchronous: a worker would lose the last lines of a crash, which are the ones wanted.
  const show = options.pretty
    ? prettyFactory({ colorize: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
    : null;
  const write = (raw: string) => {
    const fields = mask(raw);
    const line = `${JSON.stringify(fields)}\n`;
    options.write(show ? show(fields) : line, String(fields['level']));
    const session = fields['session'];
    if (isSessionId(session)) options.sessionLogs?.append(session, line);
  };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        bindings: (bindings) => plainFields(bindings, {}),
      },
      serializers: { err: plain },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args as unknown as unknown[];
          const known = (this as unknown as Record<symbol, object>)[pino.symbols.serializersSym] ?? {};
          const called = method as (...values: unknown[]) => void;
          if (first instanceof Error) {
            called.call(this, { err: plain(first) }, ...(rest.length > 0 ? rest : [first.message]));
          } else if (typeof first === 'object' && first !== null) {
            called.call(this, plainFields(first, known), ...rest.map(flat));
          } else called.call(this, first, ...rest.map(flat));
        },
      },
    },
    { write },
  );
}

/** Fields with a serializer of their own (a web server's `req`, `res`) are left to it. */
function plainFields(fields: object, serializers: object): Record<string, unknown> {
  const own = Object.keys(fields).filter((name) => Object.hasOwn(serializers, name) && name !== 'err');
  if (own.length === 0) return asFields(plain(fields));
  const left = fields as Record<string, unknown>;
  const others = Object.fromEntries(Object.entries(left).filter(([name]) => !own.includes(name)));
  return { ...asFields(plain(others)), ...Object.fromEntries(own.map((name) => [name, left[name]])) };
}

function asFields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : { value };
}

/** What is put into a message by `%s` and `%o`. */
function flat(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'object' || typeof value === 'symbol' ? plain(value) : value;
}

function mask(raw: string): { readonly [key: string]: Json } {
  try {
    return maskLine(JSON.parse(raw) as { readonly [key: string]: Json });
  } catch {
    return { level: 'error', msg: scrub(raw) };
  }
}
