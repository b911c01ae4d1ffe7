import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { toVigilError, VigilError } from '../../errors.ts';
import type { KeyAccess } from '../access.ts';
import { sameKey } from '../api-key.ts';
import type { HttpLog } from '../app.ts';
import { field, readForms } from '../form-body.ts';
import { clearLoginCookie, loginCookie, setLoginCookie } from '../login-cookie.ts';
import { localPage } from '../next-page.ts';
import { originOf } from '../origin.ts';
import { type LoginTrouble, loginPage } from '../pages/login-page.ts';

/** A plugin of its own, so that only these two routes read forms. */
export function loginRoutes({ key, tokens, wrongKeys }: KeyAccess, log: HttpLog): FastifyPluginAsync {
  const config = { audience: 'public' as const };
  const show = (reply: FastifyReply, status: number, next: string, trouble: LoginTrouble | null) =>
    reply.code(status).type('text/html; charset=utf-8').send(loginPage(next, trouble).toString());

  return async (app) => {
    readForms(app);

    app.get('/login', { config }, async (request, reply) => {
      const { next } = request.query as { next?: unknown };
      const page = localPage(typeof next === 'string' ? next : undefined);
      return request.known ? reply.redirect(page, 303) : show(reply, 200, page, null);
    });

    app.post('/login', { config }, async (request, reply) => {
      // Else another site could log a person in to a daemon that is not theirs.
      if (originOf(request) === 'other')
        throw new VigilError('forbidden', 'The login form was sent by another site.');
      const next = localPage(field(request.body, 'next'));
      try {
        await wrongKeys.refuseIfExceeded(request, reply);
      } catch (thrown) {
        return show(reply, 429, next, { kind: 'limited', remedy: toVigilError(thrown).remedy });
      }
      if (!sameKey(field(request.body, 'key'), key)) {
        await wrongKeys.count(request);
        return show(reply, 401, next, { kind: 'wrong' });
      }
      setLoginCookie(request, reply, tokens.issue());
      return reply.redirect(next, 303);
    });

    app.post('/leave', { config: { audience: 'page' } }, async (request, reply) => {
      await tokens.revoke(request.cookies[loginCookie]).catch((error: unknown) => {
        // The browser forgets it either way; whoever copied it could use it again after a restart.
        log.warn({ err: error }, 'A login that was given back cannot be kept; a restart would forget it');
      });
      clearLoginCookie(request, reply);
      return reply.redirect('/login', 303);
    });
  };
}
