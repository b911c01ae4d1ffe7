import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { App } from '../app.ts';

const assets = [
  ['vigil.css', 'text/css; charset=utf-8'],
  ['vigil.js', 'text/javascript; charset=utf-8'],
  ['vigil.svg', 'image/svg+xml'],
] as const;

/** The pages' own script, style and icon: the same for everybody, so that the login form can use them. */
export function assetRoutes(app: App): void {
  for (const [name, type] of assets) {
    const body = readFileSync(new URL(`../assets/${name}`, import.meta.url));
    const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
    app.get(`/assets/${name}`, { config: { audience: 'public' } }, async (request, reply) => {
      // Asked for again each time and answered with 304: after an update no page runs with the old script.
      reply.header('cache-control', 'no-cache').header('etag', tag);
      if (request.headers['if-none-match'] === tag) return reply.code(304).send();
      return reply.type(type).send(body);
    });
  }
}
