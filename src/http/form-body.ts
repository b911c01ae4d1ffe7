import type { FastifyInstance } from 'fastify';

/** For the plugins whose routes read forms, and for those alone; `request.body` is a URLSearchParams then. */
export function readForms(app: Pick<FastifyInstance, 'addContentTypeParser'>): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4 * 1024 },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
}

/** A field of the form; empty where there is none, and where what came was no form. */
export function field(body: unknown, name: string): string {
  return body instanceof URLSearchParams ? (body.get(name) ?? '') : '';
}
