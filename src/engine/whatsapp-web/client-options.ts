/** The options of a library's client for one launch. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LaunchSpec } from '../engine.ts';
import { browserEnvironment } from './browser-environment.ts';
import type { ClientOptions, LocalAuthStrategy, WhatsAppClient, WhatsAppLibrary } from './library-types.ts';
import { type AuthHooks, keepingLocalAuth } from './local-auth.ts';

/** Where the community keeps WhatsApp's pages by version; the library's own documentation names it. */
const communityArchive =
  'https://raw.githubusercontent.com/wppconnect-team/wa-version/main/html/{version}.html';

interface LaunchOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The unmodified client of one launch; nothing of it runs yet. */
export function newClient(
  library: WhatsAppLibrary,
  spec: LaunchSpec,
  hooks: AuthHooks,
  launch: LaunchOptions,
): WhatsAppClient {
  const named = spec.profile === 'session' ? {} : { clientId: spec.session };
  const auth = keepingLocalAuth(library, { ...named, dataPath: spec.sessionsRoot }, hooks);
  const client = new library.Client(clientOptions(spec, auth, launch));
  if (spec.webVersion === null) withoutWebVersionCache(client);
  return client;
}

function clientOptions(
  spec: LaunchSpec,
  authStrategy: LocalAuthStrategy,
  launch: LaunchOptions,
): ClientOptions {
  return {
    authStrategy,
    puppeteer: {
      headless: true,
      executablePath: spec.executable,
      args: [...launch.args],
      env: browserEnvironment(launch.env, spec.botVariables),
      // Chromium ends when its pipe closes, so a killed host leaves no browser behind.
      pipe: true,
      // Puppeteer's own handlers kill the browser at once, ahead of the close that flushes the login.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      timeout: spec.deadlines.browser,
      protocolTimeout: spec.deadlines.protocol,
      signal: launch.signal,
    },
    ...webVersion(spec),
    authTimeoutMs: spec.deadlines.boot,
    // An unscanned QR is the daemon's matter: it bounds pairing and ends the browser itself.
    qrMaxRetries: 0,
    // Two owners that take over from each other would ping-pong for ever.
    takeoverOnConflict: false,
    ...(spec.deviceName === null ? {} : { deviceName: spec.deviceName }),
  };
}

/**
 * Without a pinned version there is nothing to cache. Left alone, the library reads WhatsApp's page into
 * memory at every load all the same, and rejects unheard when the page is gone before it has.
 */
function withoutWebVersionCache(client: WhatsAppClient): void {
  client.initWebVersionCache = async () => {};
}

function webVersion(spec: LaunchSpec): Pick<ClientOptions, 'webVersion' | 'webVersionCache'> {
  // The library's default cache writes into the working directory.
  if (spec.webVersion === null) return { webVersionCache: { type: 'none' } };
  const local = existsSync(join(spec.webVersionsRoot, `${spec.webVersion}.html`));
  return {
    webVersion: spec.webVersion,
    webVersionCache: local
      ? { type: 'local', path: spec.webVersionsRoot, strict: true }
      : { type: 'remote', remotePath: communityArchive, strict: true },
  };
}
