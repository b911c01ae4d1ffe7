import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionId } from '../../session/id.ts';
import type { App, RouteContext } from '../app.ts';
import { noticeLines } from '../notice-lines.ts';
import { SessionParams } from '../schemas.ts';

/** A session's notices, one JSON object a line. Ends in order when the daemon shuts down. */
export function followRoute(app: App, { operations, clock }: RouteContext): void {
  const followers = new Set<AbortController>();
  // Before the server waits for its connections: these would never end by themselves.
  app.addHook('preClose', async () => {
    for (const follower of followers) follower.abort();
  });

  app.get(
    '/api/sessions/:id/follow',
    { schema: { params: SessionParams } },
    async (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) => {
      const id = sessionId(request.params.id);
      const follower = new AbortController();
      followers.add(follower);
      const end = () => {
        followers.delete(follower);
        follower.abort();
      };
      reply.raw.once('close', end);
      try {
        const notices = operations.follow(id, follower.signal)[Symbol.asyncIterator]();
        // The first notice comes at once; waiting for it lets an unknown session be an error and not a stream.
        const first = await notices.next();
        const lines = noticeLines({ first, notices, clock, end });
        return reply
          .type('application/x-ndjson; charset=utf-8')
          .header('x-accel-buffering', 'no')
          .send(lines);
      } catch (thrown) {
        end();
        throw thrown;
      }
    },
  );
}
