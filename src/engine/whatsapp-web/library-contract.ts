/**
 * Loads whatsapp-web.js, ours or the one that VIGIL_WWEBJS names, and checks that it has what the engine
 * calls. WhatsApp breaks the library every few weeks, so people run forks and patched copies: one that lacks
 * something is refused before a browser starts, and told exactly what it lacks.
 */
import { createRequire } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { VigilError } from '../../errors.ts';
import type { WhatsAppLibrary } from './library-types.ts';

const clientMethods = [
  'initialize',
  'inject',
  'destroy',
  'logout',
  'getState',
  'requestPairingCode',
  'sendPresenceAvailable',
  'on',
] as const;

const strategyMethods = [
  'setup',
  'beforeBrowserInitialized',
  'afterBrowserInitialized',
  'getAuthEventPayload',
  'afterAuthReady',
  'logout',
] as const;

/** What a loaded module lacks, in words; empty when it can be used. */
export function missingFrom(library: unknown): string[] {
  return [
    ...missingMethods(library, 'Client', clientMethods),
    ...missingMethods(library, 'LocalAuth', strategyMethods),
  ];
}

function missingMethods(library: unknown, name: string, methods: readonly string[]): string[] {
  const exported = property(library, name);
  if (typeof exported !== 'function') return [name];
  const prototype = property(exported, 'prototype');
  return methods
    .filter((method) => typeof property(prototype, method) !== 'function')
    .map((method) => `${name}.${method}()`);
}

function property(owner: unknown, name: string): unknown {
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return undefined;
  return (owner as Record<string, unknown>)[name];
}

const require = createRequire(import.meta.url);

const nameOf = (path: string | null): string =>
  path === null ? 'whatsapp-web.js' : isAbsolute(path) ? path : resolve(path);

/** The file that `loadLibrary` loads. */
export function libraryFile(path: string | null): string {
  return require.resolve(nameOf(path));
}

/**
 * `path` names another library: a package's directory or a file. It brings its own Puppeteer, since a module
 * resolves what it requires from where it lies. Throws `engine_unusable`.
 */
export function loadLibrary(path: string | null): WhatsAppLibrary {
  const name = nameOf(path);
  let library: unknown;
  try {
    library = require(name);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new VigilError('engine_unusable', `The library ${name} does not load: ${why}`, {
      subject: name,
      cause,
    });
  }
  const missing = missingFrom(library);
  if (missing.length > 0) {
    throw new VigilError('engine_unusable', `The library ${name} lacks ${missing.join(', ')}.`, {
      subject: name,
      details: { missing },
    });
  }
  return library as WhatsAppLibrary;
}

/** What the library says of itself; null when it says nothing. */
export function versionOf({ version }: WhatsAppLibrary): string | null {
  return typeof version === 'string' ? version : null;
}
