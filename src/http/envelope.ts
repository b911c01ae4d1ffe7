/** The form of every JSON answer. */
import type { FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';

export const Meta = Type.Object({ timestamp: Type.String(), requestId: Type.String() });
export type Meta = Type.Static<typeof Meta>;

export const Success = <Data extends TSchema>(data: Data) =>
  Type.Object({ success: Type.Literal(true), data, meta: Meta });

export const Failure = Type.Object({
  success: Type.Literal(false),
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    details: Type.Unknown(),
    remedy: Type.String(),
  }),
  meta: Meta,
});
export type Failure = Type.Static<typeof Failure>;

/** The schemas of a route that answers `data`. */
export const answers = <Data extends TSchema>(data: Data) => ({
  200: Success(data),
  '4xx': Failure,
  '5xx': Failure,
});

export function meta(request: FastifyRequest, clock: Clock): Meta {
  return { timestamp: new Date(clock.now()).toISOString(), requestId: request.id };
}

export function success<Data>(request: FastifyRequest, clock: Clock, data: Data) {
  return { success: true as const, data, meta: meta(request, clock) };
}

export function failure(request: FastifyRequest, clock: Clock, error: VigilError): Failure {
  const { code, message, remedy } = error;
  return {
    success: false,
    error: { code, message, details: error.details ?? null, remedy },
    meta: meta(request, clock),
  };
}
