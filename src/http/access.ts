/**
 * Who may ask. One hook, before any body is read, on every route and on addresses that do not exist.
 *
 * - `control`: the private Unix socket; whoever can open it owns the volume.
 * - `open-loopback`: no key is configured and only this machine can connect. Then browsers are the danger: a page
 *   that re-binds its name to 127.0.0.1, and one that posts to us from elsewhere. Both are refused.
 * - `key`: the key in a header, or the login cookie. A cookie is sent by the browser without being asked, so with
 *   it a change must come from our own page. Wrong keys are counted by address.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { VigilError } from '../errors.ts';
import { presentedKey, sameKey } from './api-key.ts';
import type { FailureLimit } from './failure-limit.ts';
import { loginCookie } from './login-cookie.ts';
import type { LoginTokens } from './login-tokens.ts';
import { loginAddress } from './next-page.ts';
import { changesState, hostIsLoopback, originOf } from './origin.ts';
import { nothingThere } from './problems.ts';

export type Access =
  | { readonly kind: 'open-loopback' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'control' };

export interface KeyAccess {
  readonly key: string;
  readonly tokens: LoginTokens;
  readonly wrongKeys: FailureLimit;
}

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export const controlGuard: Guard = async (request) => {
  request.known = true;
};

/** After the guard of a door that others can reach: whoever is let in still sees nothing of the private one. */
export const publicDoorGuard: Guard = async (request) => {
  if (request.routeOptions.config.audience === 'control') throw nothingThere(request);
};

export const loopbackGuard: Guard = async (request) => {
  const host = hostIsLoopback(request);
  request.known = host;
  if (request.routeOptions.config.audience === 'public') return;
  if (!host) {
    throw new VigilError('forbidden', 'Without VIGIL_API_KEY only requests to localhost are answered.', {
      remedy: 'Use http://localhost or http://127.0.0.1, or set VIGIL_API_KEY.',
    });
  }
  if (changesState(request) && originOf(request) === 'other') throw foreignPage();
};

export function keyGuard({ key, tokens, wrongKeys }: KeyAccess): Guard {
  return async (request, reply) => {
    const { audience = 'api' } = request.routeOptions.config;
    const presented = presentedKey(request);
    if (presented !== null) {
      // Refused before it is compared, or the answer would still tell whether a guess was right.
      await wrongKeys.refuseIfExceeded(request, reply);
      request.known = sameKey(presented, key);
      if (request.known || audience === 'public') {
        if (!request.known) await wrongKeys.count(request);
        return undefined;
      }
      await wrongKeys.count(request);
      throw new VigilError('unauthorized', 'The API key is not the one that is configured.');
    }
    request.known = tokens.valid(request.cookies[loginCookie]);
    if (audience === 'public') return undefined;
    if (!request.known) {
      if (audience === 'page') return reply.redirect(loginAddress(request.url), 302);
      throw new VigilError('unauthorized', 'The request carries no API key.');
    }
    if (changesState(request) && originOf(request) !== 'same') throw foreignPage();
    return undefined;
  };
}

function foreignPage(): VigilError {
  return new VigilError('forbidden', 'The request to change something comes from a page of another site.', {
    remedy: 'Open the page of this daemon itself and try there.',
  });
}
