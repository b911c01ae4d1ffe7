import type { FastifyPluginAsync } from 'fastify';
import { type SessionId, sessionId } from '../../session/id.ts';
import { phoneDigits } from '../../wording/phone.ts';
import type { RouteContext } from '../app.ts';
import { field, readForms } from '../form-body.ts';

/**
 * What the pages' forms ask for where their script does not run, or has not been loaded yet: a form without an
 * address would send the phone number as a part of one.
 */
export function pageFormRoutes({ operations }: Pick<RouteContext, 'operations'>): FastifyPluginAsync {
  const config = { audience: 'page' as const };
  const pageOf = (id: SessionId) => `/sessions/${id}`;

  return async (app) => {
    readForms(app);

    app.post('/sessions', { config }, async (request, reply) => {
      const id = sessionId(field(request.body, 'id'));
      await operations.pair(id, { phone: null });
      return reply.redirect(pageOf(id), 303);
    });

    app.post<{ Params: { id: string } }>('/sessions/:id/pair', { config }, async (request, reply) => {
      const id = sessionId(request.params.id);
      const phone = field(request.body, 'phone');
      await operations.pair(id, { phone: phone === '' ? null : phoneDigits(phone) });
      return reply.redirect(pageOf(id), 303);
    });

    app.post<{ Params: { id: string } }>('/sessions/:id/start', { config }, async (request, reply) => {
      const id = sessionId(request.params.id);
      await operations.start(id);
      return reply.redirect(pageOf(id), 303);
    });
  };
}
