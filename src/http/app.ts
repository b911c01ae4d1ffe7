/** The types that the routes share with the server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Operations } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import type { SettingRow } from './schemas.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What the server writes to the log. Fields only ever hold a method, a route's pattern, a session id, figures. */
export interface HttpLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RouteContext {
  /** Which door the routes are behind: the private socket, or one that others can reach. */
  readonly door: 'control' | 'public';
  readonly operations: Operations;
  readonly clock: Clock;
  /** Facts about the daemon for those who may see them; never a secret. */
  readonly health: () => Readonly<Record<string, unknown>>;
  /** Whether the boot pass has decided on every session. */
  readonly ready: () => boolean;
  /** The settings in force, masked. */
  readonly settings: () => readonly SettingRow[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Who may call a route. `public`: anybody. `page`: as `api`, but a browser that is not logged in is sent to
     * the login form. `control`: the private socket alone; elsewhere there is no such address. Absent is `api`, so
     * that a route that forgets to say so is closed.
     */
    readonly audience?: 'public' | 'page' | 'api' | 'control';
  }

  interface FastifyRequest {
    /** Whether whoever asks has shown that they may see details; decided before any handler runs. */
    known: boolean;
  }
}
