/** Where the login form leads. Only to pages that exist here, never to an address that somebody else made up. */
import { isSessionId } from '../session/id.ts';

export function localPage(address: string | undefined): string {
  const session = /^\/sessions\/([^/?#]+)$/.exec(address ?? '')?.[1];
  return session !== undefined && isSessionId(session) ? `/sessions/${session}` : '/';
}

export function loginAddress(from: string): string {
  const page = localPage(from.split('?')[0]);
  return page === '/' ? '/login' : `/login?next=${encodeURIComponent(page)}`;
}
