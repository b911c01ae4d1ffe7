/**
 * A bot that imports `whatsapp-web.js` gets the very library that made its client, wherever the bot lies: another copy
 * would have other classes, whose media the client does not take for media, and cost its memory once more.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const name = 'whatsapp-web.js';

/** @param file the library's entry */
export function shareLibrary(file: string): void {
  const { href } = pathToFileURL(file);
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url: href, shortCircuit: true } : next(specifier, context),
  });
}
