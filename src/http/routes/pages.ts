import type { FastifyReply, FastifyRequest } from 'fastify';
import { VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { App, RouteContext } from '../app.ts';
import type { Markup } from '../pages/html.ts';
import { listPage, listPanel } from '../pages/list-page.ts';
import { qrSvg } from '../pages/qr-svg.ts';
import { sessionPage, unknownSessionPage } from '../pages/session-page.ts';
import { type SessionPanel, sessionPanel } from '../pages/session-panel.ts';
import { SessionParams } from '../schemas.ts';

/** Pages for people without a terminal. The `panel` addresses answer the part that the page's script exchanges. */
export function pageRoutes(app: App, { operations, clock }: RouteContext, canLeave: boolean): void {
  const config = { audience: 'page' as const };
  const page = (reply: FastifyReply, markup: Markup, status = 200) =>
    reply.code(status).type('text/html; charset=utf-8').send(markup.toString());

  const panelOf = async (id: SessionId): Promise<SessionPanel> => {
    const session = await operations.session(id);
    const material = session.status === 'qr_ready' ? await operations.pairing(id) : null;
    const qr = material?.qr ?? null;
    return { session, material, svg: qr === null ? null : await qrSvg(qr), now: clock.now() };
  };

  const still = (request: FastifyRequest) => (request.query as { still?: unknown }).still !== undefined;

  app.get('/', { config }, async (request, reply) =>
    page(reply, listPage(await operations.sessions(), clock.now(), canLeave, still(request))),
  );

  app.get('/sessions/:id', { config, schema: { params: SessionParams } }, async (request, reply) => {
    const id = sessionId(request.params.id);
    try {
      return page(reply, sessionPage(await panelOf(id), canLeave, still(request)));
    } catch (thrown) {
      if (!(thrown instanceof VigilError) || thrown.code !== 'session_not_found') throw thrown;
      return page(reply, unknownSessionPage(id, canLeave), 404);
    }
  });

  // To a script a redirect to the login form is of no use: these answer 401 like the API.
  app.get('/panel', async (_request, reply) =>
    page(reply, listPanel(await operations.sessions(), clock.now())),
  );

  app.get('/sessions/:id/panel', { schema: { params: SessionParams } }, async (request, reply) =>
    page(reply, sessionPanel(await panelOf(sessionId(request.params.id)))),
  );
}
