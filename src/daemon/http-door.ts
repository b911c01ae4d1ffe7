/** The daemon's public door: the HTTP server on its address, and what to call it in a browser. */
import type { Settings } from '../config/settings.ts';
import { VigilError } from '../errors.ts';
import type { Access } from '../http/access.ts';
import type { App } from '../http/app.ts';
import { buildServer, type ServerOptions } from '../http/server.ts';

export interface HttpDoor {
  /** As a person on this machine types it. */
  readonly url: string;
  close(): Promise<void>;
}

/** Throws `invalid_config` when the address cannot be listened on. */
export async function openHttpDoor(
  settings: Pick<Settings, 'host' | 'port' | 'apiKey'>,
  options: Omit<ServerOptions, 'access'>,
): Promise<HttpDoor> {
  const access: Access =
    settings.apiKey === null ? { kind: 'open-loopback' } : { kind: 'key', key: settings.apiKey };
  const app: App = await buildServer({ ...options, access });
  try {
    await app.listen({ host: settings.host, port: settings.port });
  } catch (thrown) {
    await app.close();
    throw new VigilError(
      'invalid_config',
      `HTTP cannot listen on ${settings.host} port ${settings.port}: ${why(thrown)}.`,
      {
        cause: thrown,
        remedy: 'Set PORT or VIGIL_HOST to an address that is free; PORT=0 takes any.',
      },
    );
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  return { url: `http://${shown(settings.host)}:${port}/`, close: () => app.close() };
}

function why(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'another program listens there';
  if (code === 'EACCES') return 'this user may not';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** An address that means "all of them" is no place to go to. */
function shown(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
