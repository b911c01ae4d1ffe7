/** Which page a browser makes a request from, and by which name it thinks to reach us. */
import type { FastifyRequest } from 'fastify';

const changeless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function changesState(request: FastifyRequest): boolean {
  return !changeless.has(request.method);
}

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether the Host header names this machine. A page whose own name was re-bound to 127.0.0.1 reaches us with
 * that name in it.
 */
export function hostIsLoopback(request: FastifyRequest): boolean {
  const host = request.headers.host;
  return host !== undefined && loopbackNames.has(host.replace(/:[0-9]{1,5}$/, '').toLowerCase());
}

export type Origin = 'same' | 'other' | 'unknown';

/**
 * `unknown` is what a program sends that is no browser. `Sec-Fetch-Site` comes first: it stays true behind a proxy
 * that rewrites the Host header, and pages cannot forge it.
 */
export function originOf(request: FastifyRequest): Origin {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'same' : 'other';
  const { origin, host } = request.headers;
  if (origin === undefined) return 'unknown';
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
    ? 'same'
    : 'other';
}
