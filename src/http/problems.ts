/**
 * Whatever went wrong, as an answer. What this program has no name for is told as `internal` and nothing more:
 * its message may quote what it stumbled over. The log has the rest.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import type { App, HttpLog } from './app.ts';
import { failure } from './envelope.ts';
import { problemPage } from './pages/problem-page.ts';

export interface Problem {
  readonly error: VigilError;
  readonly status: number;
}

export function problem(thrown: unknown): Problem {
  if (thrown instanceof VigilError) return { error: thrown, status: thrown.http };
  const { validation, statusCode, validationContext } = (thrown ?? {}) as Partial<FastifyError>;
  if (validation) {
    const details = validation.map((fault) => ({
      at: `${validationContext ?? 'body'}${fault.instancePath}`,
      expected: fault.message ?? 'another form',
    }));
    const first = details[0];
    const message = first
      ? `The request is not as expected: ${first.at} ${first.expected}.`
      : 'The request is not as expected.';
    return {
      error: new VigilError('usage', message, { details, remedy: 'Correct the request.' }),
      status: 400,
    };
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const message = refusals[statusCode] ?? 'The request cannot be understood.';
    return {
      error: new VigilError('usage', message, { remedy: 'Correct the request.' }),
      status: statusCode,
    };
  }
  const error = new VigilError('internal', 'The daemon failed to answer this request.', { cause: thrown });
  return { error, status: 500 };
}

const refusals: Readonly<Record<number, string>> = {
  400: 'The request is not well-formed.',
  413: 'The body of the request is too large.',
  415: 'The body of the request is not JSON.',
};

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  clock: Clock,
  thrown: unknown,
): FastifyReply {
  const { error, status } = problem(thrown);
  reply.code(status).header('cache-control', 'no-store');
  if (request.routeOptions.config.audience === 'page') {
    return reply.type('text/html; charset=utf-8').send(problemPage(error).toString());
  }
  return reply.type('application/json; charset=utf-8').send(failure(request, clock, error));
}

export function answerProblems(app: App, clock: Clock, log: HttpLog): void {
  app.setErrorHandler((thrown, request, reply) => {
    const { error, status } = problem(thrown);
    if (status >= 500 && error.code === 'internal') {
      log.error(
        { err: error.cause ?? error, requestId: request.id, route: request.routeOptions.url },
        'request failed',
      );
    }
    return sendProblem(request, reply, clock, thrown);
  });
  app.setNotFoundHandler((request, reply) => {
    return sendProblem(request, reply, clock, nothingThere(request));
  });
}

export function nothingThere({ method }: FastifyRequest): VigilError {
  return new VigilError('not_found', `There is no ${method} at this address.`);
}
