/**
 * The HTTP surface over `Operations`: an API, and pages for people who have no terminal. The same server serves the
 * private control socket. It does not listen; whoever builds it does.
 */
import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { BackupOperations } from '../supervisor/backup-operations.ts';
import type { Operations } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import { type Access, controlGuard, keyGuard, loopbackGuard, publicDoorGuard } from './access.ts';
import { logAnswers } from './access-log.ts';
import type { App, HttpLog, RouteContext } from './app.ts';
import { failureLimit } from './failure-limit.ts';
import { readJsonLeniently } from './json-body.ts';
import { LoginTokens } from './login-tokens.ts';
import { forgetful, type Logouts } from './logouts.ts';
import { answerProblems, sendProblem } from './problems.ts';
import { assetRoutes } from './routes/assets.ts';
import { backupRoutes } from './routes/backups.ts';
import { followRoute } from './routes/follow.ts';
import { healthRoutes } from './routes/health.ts';
import { loginRoutes } from './routes/login.ts';
import { pageFormRoutes } from './routes/page-forms.ts';
import { pageRoutes } from './routes/pages.ts';
import { qrRoute } from './routes/qr.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { settingsRoute } from './routes/settings.ts';
import type { SettingRow } from './schemas.ts';
import { securityHeaders } from './security-headers.ts';

export interface ServerOptions {
  readonly operations: Operations;
  /** For the private socket alone. */
  readonly backups: BackupOperations;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: HttpLog;
  /** Facts about the daemon, shown at `/health` to those who may see details. Never a secret. */
  readonly health: () => Readonly<Record<string, unknown>>;
  /** Whether the boot pass has decided on every session. */
  readonly ready: () => boolean;
  /** The settings in force, masked; for the private socket alone. */
  readonly settings?: () => readonly SettingRow[];
  /** How many proxies in front of us are ours, so that their word about the caller's address counts. */
  readonly trustedProxies?: number;
  /** Where logins that were given back are kept; without it until this server ends. */
  readonly logouts?: Logouts;
}

const wrongKeysPerMinute = 10;

export async function buildServer(options: ServerOptions): Promise<App> {
  const { access, backups, clock, log, operations, health, ready, settings = () => [] } = options;
  const { logouts = forgetful, trustedProxies = 0 } = options;
  const app: App = fastify({
    logger: false,
    trustProxy: (_address, hop) => hop < trustedProxies,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: 16 * 1024,
    requestTimeout: 30_000,
    keepAliveTimeout: 30_000,
    // Longer ones cannot arrive; an overlong id is then refused as an id, not as an unknown address.
    routerOptions: { maxParamLength: 16 * 1024 },
    // Nothing is silently converted or dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    frameworkErrors: (error, request, reply) =>
      void sendProblem(request, reply as FastifyReply, clock, error),
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.decorateRequest('known', false);
  readJsonLeniently(app);
  answerProblems(app, clock, log);
  logAnswers(app, clock, log);
  await app.register(cookie);
  await app.register(helmet, securityHeaders);
  await app.register(rateLimit, { global: false });
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('cache-control', 'no-store').header('x-request-id', request.id);
  });

  const door = access.kind === 'control' ? 'control' : 'public';
  const context: RouteContext = { door, operations, clock, health, ready, settings };
  if (access.kind === 'key') {
    if (access.key === '') throw new Error('An empty API key would let everybody in.');
    const tokens = new LoginTokens(access.key, clock, logouts);
    await tokens.recall();
    const wrongKeys = failureLimit(app, wrongKeysPerMinute);
    app.addHook('onRequest', keyGuard({ key: access.key, tokens, wrongKeys }));
    await app.register(loginRoutes({ key: access.key, tokens, wrongKeys }, log));
  } else {
    app.addHook('onRequest', access.kind === 'control' ? controlGuard : loopbackGuard);
  }
  if (access.kind !== 'control') app.addHook('onRequest', publicDoorGuard);
  healthRoutes(app, context);
  sessionRoutes(app, context);
  qrRoute(app, context);
  followRoute(app, context);
  settingsRoute(app, context);
  if (access.kind === 'control') backupRoutes(app, { backups, clock, log });
  else {
    assetRoutes(app);
    pageRoutes(app, context, access.kind === 'key');
    await app.register(pageFormRoutes(context));
  }
  return app;
}
