import { Type } from 'typebox';
import type { App, RouteContext } from '../app.ts';
import { answers, success } from '../envelope.ts';

const Health = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: true });
const Ready = Type.Object({ ready: Type.Boolean() });

/** For platforms: no key, and no details to those who show none. */
export function healthRoutes(app: App, { clock, health, ready }: RouteContext): void {
  const config = { audience: 'public' as const };
  app.get('/health', { config, schema: { response: answers(Health) } }, async (request) =>
    success(request, clock, { ...(request.known ? health() : {}), status: 'ok' as const }),
  );
  app.get(
    '/ready',
    { config, schema: { response: { ...answers(Ready), 503: answers(Ready)[200] } } },
    async (request, reply) => {
      const isReady = ready();
      return reply.code(isReady ? 200 : 503).send(success(request, clock, { ready: isReady }));
    },
  );
}
