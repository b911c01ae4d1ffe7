import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { SettingsPatch } from '../../session/session-view.ts';
import { period } from '../../wording/period.ts';
import { phoneDigits } from '../../wording/phone.ts';
import type { App, RouteContext } from '../app.ts';
import { answers, success } from '../envelope.ts';
import { PairBody, SessionParams, SessionView, SettingsBody } from '../schemas.ts';

const deeds = ['start', 'stop', 'restart', 'logout'] as const;

export function sessionRoutes(app: App, { operations, clock, door }: RouteContext): void {
  const one = { params: SessionParams, response: answers(SessionView) };

  app.get('/api/sessions', { schema: { response: answers(Type.Array(SessionView)) } }, async (request) =>
    success(request, clock, [...(await operations.sessions())]),
  );

  app.get('/api/sessions/:id', { schema: one }, async (request) =>
    success(request, clock, await operations.session(sessionId(request.params.id))),
  );

  for (const deed of deeds) {
    app.post(`/api/sessions/:id/${deed}`, { schema: one }, async (request) =>
      success(request, clock, await operations[deed](sessionId(request.params.id))),
    );
  }

  const pair = {
    schema: { ...one, body: PairBody },
    // No body at all asks for a QR.
    preValidation: async (request: FastifyRequest) => {
      request.body ??= {};
    },
  };
  app.post('/api/sessions/:id/pair', pair, async (request) => {
    const id = sessionId(request.params.id);
    const { phone = null } = request.body;
    return success(
      request,
      clock,
      await operations.pair(id, { phone: phone === null ? null : phoneDigits(phone) }),
    );
  });

  app.patch('/api/sessions/:id/settings', { schema: { ...one, body: SettingsBody } }, async (request) => {
    const id = sessionId(request.params.id);
    const { heartbeat, watchdog, activity, presence, bot } = request.body;
    if (bot !== undefined && door !== 'control') throw botsAreLocal(id);
    const patch: SettingsPatch = {
      ...(heartbeat === undefined ? {} : { heartbeat: period('heartbeat', heartbeat) }),
      ...(watchdog === undefined ? {} : { watchdog: period('watchdog', watchdog) }),
      ...(activity === undefined ? {} : { activity: period('activity', activity) }),
      ...(presence === undefined ? {} : { presence }),
      ...(bot === undefined ? {} : { bot }),
    };
    return success(request, clock, await operations.configure(id, patch));
  });
}

/** Whoever names a module to be loaded runs code on the machine; a key for the API is not worth that much. */
function botsAreLocal(id: SessionId): VigilError {
  return new VigilError(
    'forbidden',
    'The bot of a session cannot be set over HTTP: it names code that is run.',
    {
      subject: id,
      remedy: `Set it on the machine itself: \`vigil config ${id} --set bot=<path>\`.`,
    },
  );
}
