import type { App } from './app.ts';

/** Many clients name JSON as the type of a POST that has no body; that is no mistake worth refusing. */
export function readJsonLeniently(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
}
