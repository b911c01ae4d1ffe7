import type { FastifyReply, FastifyRequest } from 'fastify';
import { loginLasts } from './login-tokens.ts';

export const loginCookie = 'vigil_login';

const attributes = (request: FastifyRequest) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'strict' as const,
  secure: isHttps(request),
});

export function setLoginCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(loginCookie, token, { ...attributes(request), maxAge: loginLasts / 1_000 });
}

export function clearLoginCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(loginCookie, attributes(request));
}

/** Believes the proxy's header from anybody: whoever forges it only keeps a cookie from being sent in the clear. */
function isHttps(request: FastifyRequest): boolean {
  const forwarded = request.headers['x-forwarded-proto'];
  const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim();
  return request.protocol === 'https' || first === 'https';
}
