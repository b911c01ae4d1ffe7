import { isSessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import type { App, HttpLog } from './app.ts';

/**
 * One line an answer: the route's pattern and the session, never the address as it came (it may hold anything), a
 * header or a body. Reading is told at `debug`, since pages and health checks ask every few seconds.
 */
export function logAnswers(app: App, clock: Clock, log: HttpLog): void {
  const began = new WeakMap<object, number>();
  app.addHook('onRequest', async (request) => void began.set(request, clock.monotonic()));
  app.addHook('onResponse', async (request, reply) => {
    const { id } = (request.params ?? {}) as { id?: unknown };
    const fields = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      ...(isSessionId(id) ? { session: id } : {}),
      status: reply.statusCode,
      ms: Math.round(clock.monotonic() - (began.get(request) ?? clock.monotonic())),
    };
    if (reply.statusCode >= 500 && reply.statusCode !== 503) log.warn(fields, 'answered');
    else if (request.method === 'GET' || request.method === 'HEAD') log.debug(fields, 'answered');
    else log.info(fields, 'answered');
  });
}
