/** How often one address may be wrong. What is right is never counted. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { VigilError } from '../errors.ts';
import type { App } from './app.ts';

export interface FailureLimit {
  /** Throws `too_many_requests`, having set `Retry-After`. */
  refuseIfExceeded(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  count(request: FastifyRequest): Promise<void>;
}

/** `max` failures a minute. Needs @fastify/rate-limit to be registered. */
export function failureLimit(app: App, max: number): FailureLimit {
  // The plugin refuses above `max`, and a failure is counted after it was answered.
  const limit = app.createRateLimit({ max: max - 1, timeWindow: 60_000 });
  return {
    async refuseIfExceeded(request, reply) {
      const state = await limit(request, { increment: false });
      if (state.isAllowed || !state.isExceeded) return;
      reply.header('retry-after', String(Math.max(1, state.ttlInSeconds)));
      throw new VigilError('too_many_requests', 'Too many wrong API keys came from this address.', {
        remedy: `Wait ${Math.max(1, state.ttlInSeconds)} s and try again with the right key.`,
      });
    },
    async count(request) {
      await limit(request);
    },
  };
}
